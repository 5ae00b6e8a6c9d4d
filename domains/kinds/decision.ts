import { defineBody, inOrder } from './body.ts'
import { choice, instant, several, text } from './parts.ts'
import { conditionsOf, needsConditions } from './verdict.ts'

/** Something that was decided: by whom, when and above all why. */
export const DECISION = defineBody({
  says: 'What was decided of something, by whom and why.',
  fields: {
    title: text(1_000, 'What was to be decided.'),
    outcome: choice('DecisionOutcome', 'What was decided.', {
      approved: 'It is done, or goes on.',
      rejected: 'It is not done, or ends.',
      conditional: 'It is done under the conditions.',
      deferred: 'It is decided later.',
    }),
    conditions: conditionsOf('Under which conditions it is done.'),
    reasons: several(text(5_000, 'A reason.'), 100, 'Why so.'),
    alternatives: several(
      text(5_000, 'Something else that could have been done.'),
      100,
      'What else was weighed.',
    ).optional(),
    decidedBy: text(1_000, 'Who decided.'),
    decidedAt: instant('When that was.'),
    systemRole: text(
      20_000,
      'What part software had in deciding (Article 86 of the AI Act).',
    ).optional(),
    reviewAt: instant('When it is to be looked at again.').optional(),
  },
  rules: ({ outcome, conditions, decidedAt, reviewAt }) => [
    needsConditions(outcome, conditions),
    inOrder([decidedAt, reviewAt], ['reviewAt'], 'decidedAt'),
  ],
})
