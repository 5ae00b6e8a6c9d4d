import { defineBody } from './body.ts'
import { choice, hash, instant, parts, text } from './parts.ts'
import { conditionsOf, needsConditions } from './verdict.ts'

/** That somebody vouches for something, in words of in-toto where it is a file. */
export const SIGN_OFF = defineBody({
  says: 'That somebody, in a capacity of theirs, has looked at something and vouches for it or does not.',
  fields: {
    statement: text(20_000, 'What they vouch for, in words.'),
    verdict: choice('SignOffVerdict', 'What they say of it.', {
      approved: 'It is so.',
      rejected: 'It is not so.',
      conditional: 'It is so under the conditions.',
    }),
    conditions: conditionsOf('Under which conditions it is so.'),
    signedBy: text(1_000, 'Who they are.'),
    capacity: text(1_000, 'In which capacity, such as head of finance.').optional(),
    signedAt: instant('When they said so.'),
    subject: parts('SignOffSubject', 'A file that they looked at.', {
      name: text(2_048, 'What it is called.'),
      sha256: hash('Its SHA-256.'),
    })
      .describe('The file that they looked at, as the subject of an in-toto statement.')
      .optional(),
    comment: text(20_000, 'What they add.').optional(),
  },
  rules: ({ verdict, conditions }) => [needsConditions(verdict, conditions)],
})
