import { defineBody, inOrder } from './body.ts'
import { choice, date, matching, parts, several, term, text } from './parts.ts'

/** The declared rule by which some of the terms of what goes in do not hold for what comes out. */
export const TRANSFORMATION = defineBody({
  says: 'A rule by which a job or a dataset does away with some terms of what it is made of, and why that is so.',
  fields: {
    rule: choice('TransformationRule', 'What is done to the data.', {
      aggregation: 'What comes out are figures about many.',
      anonymisation: 'What comes out is about nobody who could be identified.',
      pseudonymisation: 'Identifiers are replaced, and kept apart.',
      synthesis: 'What comes out is made up, and only like what went in.',
      extraction: 'Only facts or parts come out that the terms do not reach.',
      agreement: 'An agreement with whoever gave it lifts the terms.',
    }),
    lifts: several(
      parts('LiftedTerm', 'One sort of term that it lifts.', {
        type: choice('LiftedType', 'What is lifted.', {
          permission: 'That a permission of this action is needed.',
          prohibition: 'Prohibitions of this action.',
          duty: 'Duties to do this.',
        }),
        action: term(
          'The action of those terms, just as they have it; of a permission one that includes what is asked.',
          'distribute',
        ),
        from: matching(
          /^urn:selvedge:(?:license|clause):[\w:.-]+$/,
          'The id of the one licence or clause that it is lifted from; from all, where none is said.',
          'urn:selvedge:license:h:AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG',
        ).optional(),
      }),
      100,
      'Everything that it lifts. What is not listed holds on.',
    ),
    appliesTo: several(
      matching(
        /^urn:selvedge:(?:job|dataset):[\w:.-]+$/,
        'The id of a job or a dataset.',
        'urn:selvedge:job:h:AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG',
      ),
      100,
      'What it was approved for: where it says so, it lifts nothing of what is linked with it besides.',
    ).optional(),
    justification: text(20_000, 'Why the terms do not reach what comes out.'),
    approvedBy: text(1_000, 'Who has approved of it.'),
    validFrom: date('The first day on which it holds.').optional(),
    validUntil: date('The last day on which it holds.').optional(),
  },
  rules: ({ validFrom, validUntil }) => [
    inOrder([validFrom, validUntil], ['validUntil'], 'validFrom'),
  ],
})
