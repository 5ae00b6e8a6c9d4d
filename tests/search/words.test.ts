import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findableOf, MOST_WORDS, markOf, type Said } from '../../lineage/findable.ts'
import { queriesFor } from '../../lineage/search-query.ts'
import { LONGEST_WORD, wordsAsked, wordsIn } from '../../lineage/words.ts'

it.each([
  ['orders_daily', ['orders', 'daily']],
  ['public.orders/daily-v2', ['public', 'orders', 'daily', 'v2', 'v', '2']],
  ['ordersDaily', ['ordersdaily', 'orders', 'daily']],
  ['HTTPServerLog', ['httpserverlog', 'http', 'server', 'log']],
  ['orders2024', ['orders2024', 'orders', '2024']],
  ['Müller & Søn', ['muller', 'søn']],
  ['ﬁnance', ['finance']],
  ['ΟΔΟΣ', ['οδοσ']],
  ['ｗｉｄｅ', ['wide']],
  ['顧客データ', ['顧客データ'.normalize('NFKD')]],
  ['-_./ "*~?', []],
])('finds %s by %j', (text, words) => {
  expect(wordsIn(text)).toEqual(words)
})

it('asks for a number together with its letters', () => {
  expect(wordsAsked('orders2024 OrdersV2')).toEqual(['orders2024', 'orders', 'v2'])
})

it('keeps the opening of a long word, and never half of a character', () => {
  expect(wordsIn('𝓍'.repeat(3) + '𐐷'.repeat(100))).toEqual([
    'x'.repeat(3) + '𐐷'.repeat(LONGEST_WORD - 3),
  ])
  expect(wordsIn('𐐷'.repeat(LONGEST_WORD))).toEqual(wordsIn('𐐷'.repeat(LONGEST_WORD + 1)))
})

it('finds any text by itself, as it is or in capitals', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
      const [kept, asked] = [new Set(wordsIn(text)), wordsAsked(text)]
      expect(asked.filter((word) => !kept.has(word))).toEqual([])
      expect(wordsIn(text).every((word) => /^[\p{L}\p{N}\p{M}]+$/u.test(word))).toBe(true)
    }),
  )
})

const said = (fields: Said['fields'], more: Partial<Said> = {}): Said => ({
  ...{ id: 'urn:selvedge:dataset:h:x', kind: 'Dataset', action: 'assert', fields },
  ...more,
})

const wordsOf = (fields: Said['fields']) =>
  findableOf('acme', said(fields))
    .words!.split(' ')
    .map((token) => token.slice(markOf('acme').length))
    .filter((token) => token.startsWith('ww'))
    .map((token) => token.slice(2))

it('finds an entity by its names, title, keywords, columns and descriptions', () => {
  const schema = {
    fields: [{ name: 'address', fields: [{ name: 'postalCode' }] }, { name: 5 }, null],
  }
  const fields = {
    ...{ namespace: 'db', name: 'orders', title: 'Ours', keywords: ['trade', 7] },
    ...{ description: 'what was sold', 'facet:dataset:schema': schema },
    'facet:dataset:documentation': { description: 'more of it' },
    'facet:dataset:other': { description: 'hidden' },
  }
  expect(wordsOf(fields)).toEqual([
    ...['orders', 'db', 'ours', 'trade', 'address', 'postalcode', 'postal', 'code'],
    ...['what', 'was', 'sold', 'more', 'of', 'it'],
  ])
})

it('keeps so many words of one entity, its name first', () => {
  const description = Array.from(
    { length: MOST_WORDS + 10 },
    (_, i) => `word${'x'.repeat(i % 7)}${i}`,
  )
  const words = wordsOf({ name: 'last', description: description.join(' ') })
  expect([words.length, words[0]]).toEqual([MOST_WORDS, 'last'])
})

it('finds nothing that is retired, says nothing, or is a run', () => {
  const none = { words: null, owners: null, risk: null }
  expect(findableOf('acme', said({ name: 'x' }, { action: 'retire' }))).toEqual(none)
  expect(findableOf('acme', said({}))).toEqual(none)
  expect(findableOf('acme', said({ name: 'x' }, { kind: 'Run' }))).toEqual(none)
})

it('knows owners and the risk that is left', () => {
  const owners = [{ name: 'team:sales', type: 'OWNER' }, { name: 'ann' }, {}, 5]
  expect(findableOf('acme', said({ name: 'x', 'facet:job:ownership': { owners } })).owners).toEqual(
    ['ann', 'team:sales'],
  )
  const packet = said({ title: 'x', residualRisk: 'HIGH' }, { kind: 'DpiaPacket' })
  expect(findableOf('acme', packet).risk).toBe('HIGH')
  expect(findableOf('acme', { ...packet, kind: 'Source' }).risk).toBeNull()
})

it('never makes syntax of what is asked: only marks of the tenant, letters and digits, and our own signs', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const words = wordsAsked(text)
      fc.pre(words.length > 0)
      const mark = markOf('acme')
      for (const query of queriesFor('acme', { text, words, kinds: ['Dataset'] })) {
        const terms = query.match(/[^\s()+]+/g) ?? []
        const form = new RegExp(
          `^words:${mark}(ww|nn|ee|kk|bb)[\\p{L}\\p{N}\\p{M}_]+(\\*|~1)?$`,
          'u',
        )
        expect(terms.filter((term) => !form.test(term))).toEqual([])
      }
    }),
  )
})
