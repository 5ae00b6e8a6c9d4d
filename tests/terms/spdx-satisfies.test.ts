import fc from 'fast-check'
import satisfies from 'spdx-satisfies'
import { expect, it } from 'vitest'
import { mayUse } from '../../domains/terms/may-use.ts'
import type { Terms } from '../../proofs/terms/effective.ts'
import { type Expression, readExpression } from '../../proofs/terms/expression.ts'
import type { Rule } from '../../proofs/terms/rule.ts'

const USE: Rule = { type: 'permission', action: 'odrl:use' }

/** The expression where the accepted licences permit everything, and nobody knows what the others mean. */
const where = (accepted: ReadonlySet<string>, expression: Expression): Expression =>
  'id' in expression
    ? { id: expression.id, rules: accepted.has(expression.id) ? [USE] : undefined }
    : { ...expression, parts: expression.parts.map((part) => where(accepted, part)) }

/** Whether something may be used that is under an expression, by whoever accepts some licences. */
function isAllowed(text: string, accepted: readonly string[]) {
  const expression = where(new Set(accepted), readExpression(text)!)
  const one: Pick<Terms, 'bare' | 'licences' | 'reaches'> = {
    bare: [],
    licences: [{ place: 0, id: 'urn:selvedge:license:h:a', statement: { expression } }],
    reaches: () => () => [0],
  }
  const use = { action: 'use', purpose: 'dpv:ServiceProvision' }
  return mayUse(one as Terms, use).answer === 'ALLOW'
}

const PLAIN = ['MIT', 'Apache-2.0', 'ISC', 'BSD-3-Clause', 'CC0-1.0', 'MPL-1.1', 'CC-BY-4.0']
const OWN = ['LicenseRef-own', 'DocumentRef-a:LicenseRef-b']
const id = fc.constantFrom(...PLAIN, ...OWN)
const accepted = fc.uniqueArray(id, { minLength: 1, maxLength: 5 })

const expressionsOf = (single: fc.Arbitrary<string>) =>
  fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      single,
      fc
        .tuple(tie('expression'), fc.constantFrom('AND', 'OR'), tie('expression'))
        .map((parts) => parts.join(' ')),
      tie('expression').map((inner) => `(${inner})`),
    ),
  })).expression

it('an expression may be used where spdx-satisfies says that what is accepted satisfies it', () => {
  const answers = new Set<boolean>()
  fc.assert(
    fc.property(expressionsOf(id), accepted, (text, list) => {
      const theirs = satisfies(text, list)
      answers.add(theirs)
      expect(isAllowed(text, list)).toBe(theirs)
    }),
    { numRuns: 2_000 },
  )
  expect(answers.size).toBe(2)
})

it('an exception and a later version are left out, and nothing else of an expression', () => {
  const more = fc.constantFrom('', '+', ' WITH Classpath-exception-2.0', '+ WITH LLVM-exception')
  const single = fc.oneof(
    fc.constantFrom(...OWN),
    fc.tuple(fc.constantFrom(...PLAIN), more).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(expressionsOf(single), accepted, (text, list) => {
      const bare = text.replaceAll(/\+| WITH [\w.-]+/g, '')
      expect(isAllowed(text, list)).toBe(satisfies(bare, list))
    }),
    { numRuns: 1_000 },
  )
})

/** Where the two differ, and why ours stays as it is: docs/decisions/0043. */
it.each([
  ['a later version that is accepted', 'GPL-2.0+', ['GPL-3.0'], { theirs: true, ours: false }],
  ['another word for the same', 'GPL-2.0-or-later', ['GPL-3.0'], { theirs: true, ours: false }],
  ['the same with «only»', 'GPL-2.0-only', ['GPL-2.0'], { theirs: true, ours: false }],
  [
    'an exception from what is accepted',
    'GPL-2.0 WITH Classpath-exception-2.0',
    ['GPL-2.0'],
    { theirs: false, ours: true },
  ],
  // Theirs takes an id of eight letters for one that ends in «-or-later».
  ['an id of eight letters', 'LGPL-3.0', ['LGPL-2.1'], { theirs: true, ours: false }],
])('differs of %s', (_what, text, list, { theirs, ours }) => {
  expect({ theirs: satisfies(text, list), ours: isAllowed(text, list) }).toEqual({ theirs, ours })
})
