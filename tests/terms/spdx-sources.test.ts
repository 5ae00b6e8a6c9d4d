import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Rule } from '../../proofs/terms/rule.ts'
import { rulesOfSpdx, SPDX_IDS } from '../../proofs/terms/spdx-licences.ts'

/** What others say that licences mean: tests/fixtures/licences/README.md says who, and under which licence. */
const fixture = <Of>(name: string) =>
  JSON.parse(readFileSync(`tests/fixtures/licences/${name}.json`, 'utf8')) as Record<string, Of>

interface Chosen {
  permissions: string[]
  conditions: string[]
  limitations: string[]
}
interface Common {
  permits: string[]
  requires: string[]
  prohibits: string[]
}
interface Read {
  word: string
  section: string
  says: string
}
const chosen = fixture<Chosen>('choosealicense')
const common = fixture<Common>('cc-licenserdf')
const read = fixture<Read[]>('from-texts')

/** Theirs is one licence by either name. */
const chosenOf = (id: string) => chosen[id.replace(/-(only|or-later)$/, '')]

const rulesFor = (id: string) => rulesOfSpdx(id)!
const duties = (id: string) => rulesFor(id).filter(({ type }) => type === 'duty')
const dutyTo = (id: string, action: string): Rule | undefined =>
  duties(id).find((rule) => rule.action === `cc:${action}`)
const wordsOf = (rules: readonly Rule[]) =>
  rules.map(({ action }) => action.replace('cc:', '')).sort()

/** What of their words has no word here, and why that is well. */
const LEFT_OUT = {
  'document-changes': 'Neither ODRL nor Creative Commons have a word for it.',
  distribution: 'Part of use.',
  modifications: 'Part of use; what forbids them is said by Creative Commons.',
  'private-use': 'Part of use.',
  'patent-use': 'Patents have no place in the table.',
  'trademark-use': 'Trade marks have no place in it.',
  liability: 'It is about who answers, not about use.',
  warranty: 'It is about who answers, not about use.',
}
const READ = [
  ...['commercial-use', 'include-copyright', 'include-copyright--source', 'disclose-source'],
  ...['network-use-disclose', 'same-license', 'same-license--file', 'same-license--library'],
]

describe('by choosealicense.com', () => {
  const ids = SPDX_IDS.filter(chosenOf)

  it('is held against 30 ids and more, and every word that they use is read or left out for a reason', () => {
    expect(ids.length).toBeGreaterThan(30)
    const words = ids.flatMap((id) => Object.values(chosenOf(id)!).flat())
    expect(
      [...new Set(words)].filter((word) => !(word in LEFT_OUT || READ.includes(word))),
    ).toEqual([])
  })

  it.each(ids)('%s permits and demands what they say', (id) => {
    const { permissions, conditions } = chosenOf(id)!
    const has = (word: string) => conditions.some((one) => one.split('--')[0] === word)
    expect({
      commercial: rulesFor(id).some(({ type, purposes }) => type === 'permission' && !purposes),
      notice: dutyTo(id, 'Notice') !== undefined,
      source: dutyTo(id, 'SourceCode') !== undefined,
      network: [dutyTo(id, 'SourceCode')].some((rule) => rule && !rule.upon),
      alike: dutyTo(id, 'ShareAlike') !== undefined,
    }).toEqual({
      commercial: permissions.includes('commercial-use'),
      notice: has('include-copyright'),
      source: has('disclose-source'),
      network: has('network-use-disclose'),
      alike: has('same-license'),
    })
  })
})

describe('by Creative Commons', () => {
  const ids = SPDX_IDS.filter((id) => common[id])

  it('is held against all of their licences', () => {
    expect(ids.sort()).toEqual(SPDX_IDS.filter((id) => id.startsWith('CC')).sort())
    expect(Object.keys(common).sort()).toEqual(ids)
  })

  it.each(ids)('%s requires and prohibits just what they say', (id) => {
    const { permits, requires, prohibits } = common[id]!
    const forbidden = wordsOf(rulesFor(id).filter(({ type }) => type === 'prohibition'))
    expect(wordsOf(duties(id))).toEqual(requires)
    expect(forbidden.includes('CommercialUse')).toBe(prohibits.includes('CommercialUse'))
    expect(forbidden.includes('DerivativeWorks')).toBe(!permits.includes('DerivativeWorks'))
  })
})

describe('by their own words', () => {
  it.each(Object.entries(read))('%s demands what its text does', (id, all) => {
    expect(wordsOf(duties(id))).toEqual(all.map(({ word }) => word).sort())
    expect(rulesFor(id).some(({ type }) => type === 'prohibition')).toBe(false)
  })
})

it('is held against something, whichever id it is', () => {
  expect(SPDX_IDS.filter((id) => !(chosenOf(id) || common[id] || read[id]))).toEqual([])
})
