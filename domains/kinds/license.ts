import { defineBody, inOrder } from './body.ts'
import { checked, date, hash, jurisdictions, link, parts, text } from './parts.ts'
import { isSpdxExpression } from './spdx-expression.ts'

/** The terms that something is given under. What each term is, its clauses say. */
export const LICENSE = defineBody({
  says: 'The terms under which something may be used, by SPDX where it has them.',
  fields: {
    title: text(1_000, 'What it is called.'),
    spdx: checked(
      isSpdxExpression,
      'it must be an SPDX licence expression, such as MIT OR Apache-2.0',
      {
        says: 'The SPDX id or expression that says the same. Its form is checked, not whether SPDX lists its ids.',
        examples: ['MIT', 'Apache-2.0 WITH LLVM-exception', '(MIT OR GPL-2.0+) AND LicenseRef-own'],
      },
    ).optional(),
    version: text(100, 'Which version of it.').optional(),
    text: parts('LicenseText', 'Its text, by its hashes.', {
      sha256: hash('The SHA-256 of its bytes, as they were received.'),
      normalisedSha256: hash(
        'The SHA-256 of its text by the matching guidelines of SPDX: what differs in nothing but layout has the same.',
      ).optional(),
    }).optional(),
    jurisdictions: jurisdictions('Whose law it is under.').optional(),
    url: link('Where it is to be read.').optional(),
    validFrom: date('The first day on which it holds.').optional(),
    validUntil: date('The last day on which it holds.').optional(),
  },
  rules: ({ validFrom, validUntil }) => [
    inOrder([validFrom, validUntil], ['validUntil'], 'validFrom'),
  ],
})
