import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { canonicalBytes } from '../../proofs/canonical.ts'
import { compareLinks, outRoot } from '../../proofs/outset.ts'
import { emptySparse, sparseRoot } from '../../proofs/sparse.ts'
import type { SparseEntry } from '../../proofs/sparse-node.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { expectCode, toHex } from './support.ts'

/** The definition read aloud: split by the bit at `depth`, one key is a leaf wherever it stands alone. */
function naive(entries: readonly SparseEntry[], depth = 0): Uint8Array {
  if (entries.length === 0) return new Uint8Array(32)
  if (entries.length === 1) return sha256(Uint8Array.of(2), entries[0]!.key, entries[0]!.value)
  const bit = (key: Uint8Array) => toHexBits(key)[depth]
  const side = (wanted: string) => entries.filter(({ key }) => bit(key) === wanted)
  return sha256(Uint8Array.of(3), naive(side('0'), depth + 1), naive(side('1'), depth + 1))
}
const toHexBits = (key: Uint8Array) =>
  Array.from(key, (b) => b.toString(2).padStart(8, '0')).join('')

const aKey = fc.uint8Array({ minLength: 32, maxLength: 32 })
/** Keys that differ only at their end, to go deep. */
const aDeepKey = fc.nat(1_000).map((n) => {
  const key = new Uint8Array(32).fill(0xaa)
  key[30] = n >> 8
  key[31] = n & 255
  return key
})
const someEntries = (key: fc.Arbitrary<Uint8Array>) =>
  fc.uniqueArray(fc.record({ key, value: aKey }), {
    selector: ({ key }) => toHex(key),
    maxLength: 20,
  })

it.each([
  ['any keys', someEntries(aKey)],
  ['keys with a long common prefix', someEntries(aDeepKey)],
])('gives the root by definition, in whatever order, for %s', (_what, entries) => {
  fc.assert(
    fc.property(entries, (list) => {
      const root = naive(list)
      expect(sparseRoot(sha256, list)).toEqual(root)
      expect(sparseRoot(sha256, list.toReversed())).toEqual(root)
    }),
    { numRuns: 60 },
  )
})

it('gives 32 zero bytes without keys, and the leaf itself for one', () => {
  expect(sparseRoot(sha256, [])).toEqual(emptySparse())
  const entry = { key: sha256(utf8('key')), value: sha256(utf8('value')) }
  expect(sparseRoot(sha256, [entry])).toEqual(sha256(Uint8Array.of(2), entry.key, entry.value))
})

it.each([
  ['a key twice', [32, 32]],
  ['a short key', [31]],
  ['a long key', [33]],
])('rejects %s', (_what, lengths) => {
  const entries = lengths.map((n) => ({ key: new Uint8Array(n), value: new Uint8Array(32) }))
  expectCode(() => sparseRoot(sha256, entries), 'PROOF_SPARSE_KEYS')
})

it('rejects a value that is not a hash', () => {
  const entry = { key: new Uint8Array(32), value: new Uint8Array(31) }
  expectCode(() => sparseRoot(sha256, [entry]), 'PROOF_SPARSE_KEYS')
})

const link = (rel: string, id: string, leaf: string | null = b64(sha256(utf8(id)))) => ({
  rel,
  id,
  leaf,
})

it('roots an out-set over relation, neighbour and leaf', () => {
  const [a, b] = [link('USED', 'urn:a'), link('USED', 'urn:b', null)]
  const entries = [a, b].map(({ rel, id, leaf }) => ({
    key: sha256(canonicalBytes([rel, id])),
    value: sha256(canonicalBytes([rel, id, leaf])),
  }))
  expect(outRoot(sha256, [a, b])).toEqual(naive(entries))
  expect(outRoot(sha256, [b, a])).toEqual(outRoot(sha256, [a, b]))
})

it('gives another root for any other out-set', () => {
  const aSet = fc.uniqueArray(
    fc.record({ rel: fc.constantFrom('USED', 'PART_OF'), id: fc.string({ unit: 'grapheme' }) }),
    { selector: ({ rel, id }) => `${rel} ${id}`, minLength: 1, maxLength: 12 },
  )
  fc.assert(
    fc.property(aSet, fc.nat(), (set, pick) => {
      const links = set.map(({ rel, id }) => link(rel, id))
      const root = toHex(outRoot(sha256, links))
      const at = pick % links.length
      const others = [
        links.toSpliced(at, 1),
        links.with(at, { ...links[at]!, leaf: null }),
        links.with(at, { ...links[at]!, rel: 'BASED_ON' }),
      ]
      for (const other of others) expect(toHex(outRoot(sha256, other))).not.toBe(root)
    }),
    { numRuns: 60 },
  )
})

it('rejects an edge twice, even with two leaves', () => {
  expectCode(
    () => outRoot(sha256, [link('USED', 'urn:a'), link('USED', 'urn:a', null)]),
    'PROOF_SPARSE_KEYS',
  )
})

it('orders edges by relation, then neighbour, as UTF-16 code units', () => {
  const edges = [link('USED', 'a'), link('PART_OF', '\u{1F600}'), link('PART_OF', '\uFB33')]
  expect(edges.sort(compareLinks).map(({ id }) => id)).toEqual(['\u{1F600}', '\uFB33', 'a'])
})
