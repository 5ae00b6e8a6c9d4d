import { describe, expect, it } from 'vitest'
import { DICE_EXAMPLE, isDiceJson } from '../../domains/kinds/dice-json.ts'
import { isSpdxExpression } from '../../domains/kinds/spdx-expression.ts'
import { MOST_BRACKETS } from '../../proofs/terms/expression.ts'

describe('an SPDX expression', () => {
  it.each([
    'MIT',
    'GPL-2.0+',
    '0BSD',
    'MIT OR Apache-2.0',
    'MIT AND (LGPL-2.1-or-later OR BSD-3-Clause)',
    'GPL-2.0-or-later WITH Bison-exception-2.2',
    'LicenseRef-own',
    'DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2',
    ' ( MIT ) ',
    `${'('.repeat(MOST_BRACKETS)}MIT${')'.repeat(MOST_BRACKETS)}`,
  ])('is %s', (text) => expect(isSpdxExpression(text)).toBe(true))

  it.each([
    '',
    'MIT OR',
    'OR MIT',
    'MIT Apache-2.0',
    'MIT or Apache-2.0',
    '(MIT',
    'MIT)',
    '()',
    'MIT WITH',
    'MIT WITH GPL-2.0+',
    '(MIT) WITH x',
    'MIT++',
    'M_T',
    'DocumentRef-a:MIT',
    'LicenseRef-',
    'MIT AND AND MIT',
    'WITH',
    `${'('.repeat(MOST_BRACKETS + 1)}MIT${')'.repeat(MOST_BRACKETS + 1)}`,
  ])('is not «%s»', (text) => expect(isSpdxExpression(text)).toBe(false))
})

describe('JSON of DiCE, version 2', () => {
  const changed = (change: object) => JSON.stringify({ ...JSON.parse(DICE_EXAMPLE), ...change })

  it('is what DiCE writes', () => expect(isDiceJson(DICE_EXAMPLE)).toBe(true))

  it.each([
    ['what is no JSON', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['version 1', changed({ metadata: { version: '1.0' } })],
    ['no counterfactuals', changed({ cfs_list: undefined })],
    ['counterfactuals that are no lists', changed({ cfs_list: [1] })],
    ['names that are no list', changed({ feature_names: 'age' })],
    ['no metadata', changed({ metadata: null })],
  ])('is not %s', (_what, text) => expect(isDiceJson(text)).toBe(false))
})
