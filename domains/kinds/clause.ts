import { defineBody, inOrder } from './body.ts'
import { choice, date, jurisdictions, term, terms, text } from './parts.ts'

/** One rule of a licence, as ODRL 2.2 has them. */
export const CLAUSE = defineBody({
  says: 'One rule of a licence: what it permits, forbids or demands (ODRL 2.2).',
  fields: {
    type: choice('ClauseType', 'Whether it permits, forbids or demands.', {
      permission: 'It may be done.',
      prohibition: 'It must not be done.',
      duty: 'It must be done by whoever makes use of a permission.',
    }),
    action: term(
      'What may, must not or must be done: an action of ODRL, or of another vocabulary by its address.',
      'reproduce',
    ),
    purposes: terms(
      'For which purposes it holds; for all, where none is said.',
      'dpv:ResearchAndDevelopment',
    ).optional(),
    recipients: terms(
      'For whom it holds; for all, where nobody is named.',
      'https://example.org/partners/1',
    ).optional(),
    jurisdictions: jurisdictions('Where it holds; everywhere, where no place is said.').optional(),
    validFrom: date('The first day on which it holds.').optional(),
    validUntil: date('The last day on which it holds.').optional(),
    text: text(20_000, 'Its words, as the licence has them.').optional(),
  },
  rules: ({ validFrom, validUntil }) => [
    inOrder([validFrom, validUntil], ['validUntil'], 'validFrom'),
  ],
})
