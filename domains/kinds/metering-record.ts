import { z } from 'zod'
import { defineBody, inOrder } from './body.ts'
import { instant, matching, text } from './parts.ts'

const events = (says: string) =>
  z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .describe(says)

const decimal = (says: string) =>
  matching(/^-?(?:0|[1-9][0-9]*)(?:\.[0-9]{1,12})?$/, says, '1234.5')

/** What a sealed window of usage comes to, and the root of the tree over its events (docs/specs/usage.md). */
export const METERING_RECORD = defineBody({
  says: 'What was used in a window of time that is closed, with the root of the tree over the events of it.',
  fields: {
    meter: text(2_048, 'What is metered: the type of the events.'),
    subject: text(2_048, 'Whose usage it is, or of what, as the events say.').optional(),
    unit: text(100, 'What it is counted in.').optional(),
    from: instant('When the window begins.'),
    until: instant('When it ends; that moment is the first of the next.'),
    count: events('How many events there are.'),
    late: events('How many of them are of an earlier time, and came when its window was sealed.'),
    total: decimal('What all of them come to.'),
    least: decimal('The least that one of them counts.'),
    greatest: decimal('The most that one of them counts.'),
    root: matching(
      /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/,
      'The RFC 6962 root of the tree over the events in the order of their keys, base64url.',
      '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
    ),
  },
  rules: ({ from, until }) => [inOrder([from, until], ['until'], 'from')],
})
