import { builder } from './builder.ts'

/** The moment that a question is about. */
export const AsOfRef = builder.inputType('AsOf', {
  isOneOf: true,
  description:
    'A moment of the past: exactly one of the three. The answer is what was there then, but for what was erased since.',
  fields: (t) => ({
    position: t.string({
      description:
        'A position of the log, as every answer carries it: `0:42` sees the first 42 leaves.',
    }),
    checkpoint: t.string({
      description:
        'The signed note of a checkpoint of this log, byte for byte: what is asked of the first leaves that it covers.',
    }),
    instant: t.field({
      type: 'DateTime',
      description:
        'All that was recorded at this instant or before, by record time. To ask for just the same again, give the position of the answer.',
    }),
  }),
})

/** The argument by which a question is asked of another moment than now. */
export const asOfArgs = builder.args((t) => ({
  asOf: t.field({
    type: AsOfRef,
    description: 'The moment to read at; now, where it is left out.',
  }),
}))
