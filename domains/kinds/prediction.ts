import { defineBody } from './body.ts'
import { hash, instant, number, parts, text } from './parts.ts'

/** What a model said, once, of one thing. */
export const PREDICTION = defineBody({
  says: 'What a model said of one thing at one time.',
  fields: {
    target: text(1_000, 'What was predicted, such as `defaults within a year`.'),
    predictedAt: instant('When it was said.'),
    label: text(1_000, 'The class that it said.').optional(),
    value: number([-1e15, 1e15], 'The number that it said.').optional(),
    unit: text(100, 'What the number is counted in.').optional(),
    interval: parts('PredictionInterval', 'Between which numbers it is held to lie.', {
      lower: number([-1e15, 1e15], 'The least.'),
      upper: number([-1e15, 1e15], 'The most.'),
      coverage: number([0, 1], 'How likely it lies between them.'),
    }).optional(),
    confidence: number([0, 1], 'How sure the model is.').optional(),
    inputSha256: hash('The SHA-256 of what it was asked about.').optional(),
  },
  rules: ({ label, value, interval }) => [
    label === undefined && value === undefined
      ? { path: ['label'], says: 'it said a class, a number or both' }
      : undefined,
    interval && interval.upper < interval.lower
      ? { path: ['interval', 'upper'], says: 'it must not be less than lower' }
      : undefined,
  ],
})
