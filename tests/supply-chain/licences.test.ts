import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkLicences } from '../../supply-chain/licences.ts'
import { type Package, readTree } from '../../supply-chain/packages.ts'
import { isAllowed, parseExpression } from '../../supply-chain/spdx.ts'

const { packages } = readTree('.')

const made = (name: string, licence: string | null, development = false): Package => ({
  name,
  version: '1.0.0',
  path: `node_modules/${name}`,
  licence,
  development,
  optional: false,
  integrity: null,
  needs: [],
})

describe('the licences of what we depend on', () => {
  it('are all allowed', () => {
    const judged = checkLicences(packages)
    expect(judged.length).toBeGreaterThan(400)
    expect(judged.filter(({ allowed }) => !allowed)).toEqual([])
  })

  it('are all known from the lockfile too, where an option is not installed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'selvedge-licences-'))
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(file, join(folder, file))
    const judged = checkLicences(readTree(folder).packages)
    rmSync(folder, { recursive: true })
    expect(judged.filter(({ allowed }) => !allowed)).toEqual([])
  })

  it('are listed for every package that the lockfile names, shipped or not', () => {
    const names = new Set(packages.map(({ name, version }) => `${name}@${version}`))
    expect(checkLicences(packages).map(({ name, version }) => `${name}@${version}`)).toEqual(
      [...names].sort(),
    )
    expect(new Set(packages.map(({ development }) => development))).toEqual(new Set([true, false]))
  })

  it.each<[string, string | null, boolean, string]>([
    ['unknown', null, false, 'NO_LICENCE_STATED'],
    ['a sentence', 'SEE LICENSE IN LICENSE.md', false, 'NO_SPDX_EXPRESSION'],
    ['cut short', 'MIT OR', false, 'NO_SPDX_EXPRESSION'],
    ['copyleft', 'GPL-3.0-only', false, 'LICENCE_NOT_ALLOWED'],
    ['copyleft, in a tool', 'AGPL-3.0-only', true, 'LICENCE_NOT_ALLOWED'],
    ['for tools, and is shipped', 'MPL-2.0', false, 'LICENCE_NOT_ALLOWED'],
    ['a pair, and one is not allowed', 'MIT AND GPL-2.0-only', false, 'LICENCE_NOT_ALLOWED'],
    ['with an exception', 'Apache-2.0 WITH LLVM-exception', false, 'LICENCE_NOT_ALLOWED'],
  ])('are refused where one is %s', (_what, licence, development, because) => {
    const judged = checkLicences([...packages, made('newcomer', licence, development)])
    expect(judged.filter(({ allowed }) => !allowed)).toEqual([
      { name: 'newcomer', version: '1.0.0', licence, development, allowed: false, because },
    ])
  })

  it('are held to what is shipped where a tool brings the same package', () => {
    const both = [made('both', 'MPL-2.0', true), made('both', 'MPL-2.0')]
    for (const order of [both, both.toReversed()]) {
      expect(checkLicences(order)).toMatchObject([{ development: false, allowed: false }])
    }
  })
})

/** An expression, and what it comes to where `MIT` alone is allowed. */
const expressions = fc.letrec<{ one: [string, boolean] }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<[string, boolean]>(['MIT', true], ['GPL-2.0-only', false]),
    fc
      .tuple(tie('one'), fc.constantFrom('AND', 'OR'), tie('one'))
      .map(([[a, left], word, [b, right]]): [string, boolean] => [
        `(${a} ${word} ${b})`,
        word === 'AND' ? left && right : left || right,
      ]),
  ),
})).one

describe('an SPDX expression', () => {
  it('allows what its «and» and «or» come to', () => {
    fc.assert(
      fc.property(expressions, ([text, allowed]) => {
        expect(isAllowed(parseExpression(text)!, new Set(['MIT']))).toBe(allowed)
      }),
    )
  })

  it('binds «and» closer than «or»', () => {
    const mit = new Set(['MIT'])
    expect(isAllowed(parseExpression('MIT OR ISC AND GPL-2.0-only')!, mit)).toBe(true)
    expect(isAllowed(parseExpression('(MIT OR ISC) AND GPL-2.0-only')!, mit)).toBe(false)
  })

  it.each(['', ' ', '()', '(MIT', 'MIT)', 'MIT ISC', 'OR MIT', 'MIT WITH', 'MIT, ISC', 'MIT/X11'])(
    'is none: «%s»',
    (text) => expect(parseExpression(text)).toBeNull(),
  )
})
