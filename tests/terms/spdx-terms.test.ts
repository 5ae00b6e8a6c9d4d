import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import parse, { type Info } from 'spdx-expression-parse'
import { expect, it } from 'vitest'
import { leavesOf, readExpression } from '../../proofs/terms/expression.ts'
import { rulesOfSpdx, SPDX_IDS } from '../../proofs/terms/spdx-licences.ts'

const PUBLISHED = 'docs/specs/spdx-terms.json'

it('is published as it is', () => {
  const table = Object.fromEntries(SPDX_IDS.toSorted().map((id) => [id, rulesOfSpdx(id)]))
  if (!existsSync(PUBLISHED)) writeFileSync(PUBLISHED, `${JSON.stringify(table, null, 1)}\n`)
  expect(JSON.parse(readFileSync(PUBLISHED, 'utf8'))).toEqual(table)
})

const single = fc.oneof(
  fc.constantFrom('MIT', 'Apache-2.0', 'GPL-2.0+', 'LicenseRef-own', 'CC0-1.0'),
  fc.constant('GPL-2.0-or-later WITH Bison-exception-2.2'),
  fc.constant('DocumentRef-a:LicenseRef-b'),
)
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    single,
    fc
      .tuple(tie('expression'), fc.constantFrom('AND', 'OR'), tie('expression'))
      .map((parts) => parts.join(' ')),
    tie('expression').map((inner) => `(${inner})`),
  ),
}))

/** The ids of what SPDX's own parser reads, each with whether `OR` joins it to something. */
function leaves(info: Info, isChoice = false): string[] {
  if ('license' in info) return [`${info.license} ${isChoice}`]
  const inner = isChoice || info.conjunction === 'or'
  return [...leaves(info.left, inner), ...leaves(info.right, inner)]
}

it('an expression has the ids, and leaves the choice, that another parser finds', () => {
  fc.assert(
    fc.property(expression, (text) => {
      const mine = leavesOf(readExpression(text)!).map(({ id, isChoice }) => `${id} ${isChoice}`)
      expect(mine).toEqual(leaves(parse(text)))
    }),
    { numRuns: 500 },
  )
})
