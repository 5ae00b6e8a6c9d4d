import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { ProofError } from '../../proofs/error.ts'
import { sparseRoot } from '../../proofs/sparse.ts'
import type { KeyChange } from '../../proofs/sparse-change.ts'
import {
  proveKeys,
  readSparseProof,
  type SparseClaim,
  type SparseProof,
  sparseProofJson,
  verifySparse,
} from '../../proofs/sparse-proof.ts'
import {
  changedPages,
  changeKeys,
  emptyTree,
  loadPages,
  missingPages,
  treeOfPages,
  treeRoot,
  valueAt,
} from '../../proofs/sparse-tree.ts'
import { type InEdge, inEntry, inRoot } from '../../proofs/state.ts'
import { numbersFrom } from '../make/numbers.ts'
import { changeBatches, crowdedKey, keyOf, NaiveTree, valueOfNumber } from '../make/sparse-model.ts'
import { expectCode } from './support.ts'

const treeOf = (numbers: readonly number[], key = keyOf) =>
  changeKeys(
    sha256,
    emptyTree,
    numbers.map((number) => ({ key: key(number), value: valueOfNumber(number) })),
  )
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)
const claim = (number: number, value: number | null, key = keyOf): SparseClaim => ({
  key: key(number),
  value: value === null ? null : valueOfNumber(value),
})
const accepts = (proof: SparseProof, claims: readonly SparseClaim[], root: Uint8Array) => {
  try {
    verifySparse(sha256, proof, claims, root)
    return true
  } catch (error) {
    if (error instanceof ProofError) return false
    throw error
  }
}

/** Every proof that differs in one sign, in one of `bytes` bytes of a hash, or by one part more or fewer. */
function* mutations(proof: SparseProof, bytes: number): Generator<SparseProof> {
  const { shape, hashes } = proof
  for (let i = 0; i <= shape.length; i++) {
    for (const sign of ['i', 'e', 'l', 'o', 'x', '']) {
      if (sign !== shape[i]) yield { shape: shape.slice(0, i) + sign + shape.slice(i + 1), hashes }
      if (sign) yield { shape: shape.slice(0, i) + sign + shape.slice(i), hashes }
    }
  }
  for (const [i, hash] of hashes.entries()) {
    for (let at = i % (33 - bytes); at < 32; at += 33 - bytes) {
      yield { shape, hashes: hashes.with(i, hash.with(at, hash[at]! ^ (1 << (at & 7)))) }
    }
    yield { shape, hashes: hashes.toSpliced(i, 1) }
    yield { shape, hashes: hashes.toSpliced(i, 0, hash) }
    yield { shape, hashes: hashes.with(i, new Uint8Array(32)) }
    if (i > 0) yield { shape, hashes: hashes.with(i, hashes[i - 1]!).with(i - 1, hash) }
  }
}

const sameProof = (a: SparseProof, b: SparseProof) =>
  JSON.stringify(sparseProofJson(a)) === JSON.stringify(sparseProofJson(b))

describe('a proof over random changes', () => {
  const worlds = fc.tuple(
    changeBatches(6, 15, 40),
    fc.uniqueArray(fc.nat(39), { minLength: 1, maxLength: 12 }),
  )

  it('shows what is there and what is not, for any set of keys, and nothing else', () => {
    fc.assert(
      fc.property(worlds, fc.nat(), ([{ key, batches }, asked], pick) => {
        const naive = new NaiveTree()
        for (const batch of batches) naive.change(batch)
        const tree = changeKeys(sha256, emptyTree, [...naive.entries.values()])
        const claims = asked.map((number) => ({
          key: key(number),
          value: naive.value(key(number)),
        }))
        const proof = proveKeys(
          tree,
          claims.map(({ key }) => key),
        )
        verifySparse(sha256, proof, claims, naive.root())
        verifySparse(sha256, proof, claims.toReversed(), naive.root())
        // One claim changed: another value, gone, or there.
        const at = pick % claims.length
        const { value } = claims[at]!
        for (const other of [value === null ? valueOfNumber(0) : null, valueOfNumber(1_000)]) {
          const lie = claims.with(at, { ...claims[at]!, value: other })
          expect(accepts(proof, lie, naive.root())).toBe(false)
        }
        // One claim more or fewer.
        const extra = { key: key(77), value: null }
        expect(accepts(proof, [...claims, extra], naive.root())).toBe(
          // An absence may be shown by the same places as the others, and then it is shown.
          sameProof(proof, proveKeys(tree, [...claims.map(({ key }) => key), extra.key])),
        )
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['in any byte', keyOf, 32, 20],
    // Ways of 250 places: one byte of each hash will do.
    ['of keys that part late', crowdedKey, 1, 2],
  ] as const)(
    'has no second form, whatever is changed, left out or added %s',
    (_what, key, bytes, numRuns) => {
      fc.assert(
        fc.property(worlds, ([{ batches }, asked]) => {
          const changes = batches.map((batch) =>
            batch.map((change, i) => ({ ...change, key: key(i) })),
          )
          const tree = changes.reduce((t, batch) => changeKeys(sha256, t, batch), emptyTree)
          const keys = asked.slice(0, 3).map(key)
          const claims = keys.map((key) => ({ key, value: valueAt(tree, key) ?? null }))
          const proof = proveKeys(tree, keys)
          for (const mutation of mutations(proof, bytes)) {
            if (!accepts(mutation, claims, treeRoot(tree))) continue
            expect(sparseProofJson(mutation)).toEqual(sparseProofJson(proof))
          }
        }),
        { numRuns },
      )
    },
  )

  it('holds for a history of 5,000 keys, from pages of which only those needed are loaded', () => {
    const dice = numbersFrom(4)
    const naive = new NaiveTree()
    let tree = emptyTree
    for (let batch = 0; batch < 20; batch++) {
      const numbers = new Set(upTo(400).map(() => dice(5_000)))
      const changes = [...numbers].map((number) =>
        claim(number, dice(4) === 0 ? null : dice(1_000)),
      )
      naive.change(changes)
      tree = changeKeys(sha256, tree, changes)
    }
    expect(treeRoot(tree)).toEqual(sparseRoot(sha256, [...naive.entries.values()]))
    const pages = new Map(changedPages(emptyTree, tree).map((page) => [page.prefix, page.bytes!]))
    const claims = upTo(200).map(() => {
      const key = keyOf(dice(8_000))
      return { key, value: naive.value(key) }
    })
    const unique = [...new Map(claims.map((one) => [one.key.join(), one])).values()]
    expect(unique.filter(({ value }) => value === null).length).toBeGreaterThan(30)
    const keys = unique.map(({ key }) => key)
    let opened = treeOfPages(sha256, pages.get('')!)
    for (let loads = 0; ; loads++) {
      const missing = missingPages(opened, keys)
      if (missing.length === 0) break
      expect(loads).toBeLessThan(8)
      opened = loadPages(sha256, opened, new Map(missing.map((at) => [at, pages.get(at)!])))
    }
    const proof = proveKeys(opened, keys)
    verifySparse(sha256, proof, unique, treeRoot(tree))
    expect(sameProof(proof, proveKeys(tree, keys))).toBe(true)
    expect(sameProof(proof, readSparseProof(sparseProofJson(proof), 'the proof'))).toBe(true)
    // However the same keys came in, the root is one, and no claim can be left out or put another way.
    const entries = [...naive.entries.values()].sort(() => dice(3) - 1)
    let again = emptyTree
    for (let at = 0; at < entries.length; ) {
      const next = at + 1 + dice(300)
      again = changeKeys(sha256, again, entries.slice(at, next))
      at = next
    }
    expect([treeRoot(again), naive.root()]).toEqual([treeRoot(tree), treeRoot(tree)])
    for (const [at, { key, value }] of unique.entries()) {
      const others = value === null ? [valueOfNumber(0)] : [null, valueOfNumber(1_000)]
      for (const other of others) {
        expect(accepts(proof, unique.with(at, { key, value: other }), treeRoot(tree))).toBe(false)
      }
      const fewer = unique.toSpliced(at, 1)
      // Absence may be shown by the same places as another's.
      const bare = proveKeys(
        tree,
        fewer.map(({ key }) => key),
      )
      expect(accepts(proof, fewer, treeRoot(tree))).toBe(sameProof(proof, bare))
    }
  }, 120_000)

  it('holds for a whole set of neighbours in a history of 5,000: none can be left out, added or changed', () => {
    const dice = numbersFrom(9)
    const ids = upTo(5_000).map((number) => `urn:selvedge:dataset:h:${b64(keyOf(number))}`)
    const edges = new Map<string, InEdge>()
    let tree = emptyTree
    for (let batch = 0; batch < 25; batch++) {
      const changes = new Map<string, KeyChange>()
      for (let i = 0; i < 400; i++) {
        const id = ids[dice(ids.length)]!
        const edge = { rel: 'WAS_DERIVED_FROM', id, leaf: b64(valueOfNumber(dice(1_000))) }
        const { key, value } = inEntry(sha256, edge)
        const isGone = dice(3) === 0
        if (isGone) edges.delete(id)
        else edges.set(id, edge)
        changes.set(id, { key, value: isGone ? null : value })
      }
      tree = changeKeys(sha256, tree, [...changes.values()])
    }
    const all = [...edges.values()]
    expect(all.length).toBeGreaterThan(2_000)
    const root = treeRoot(tree)
    expect(inRoot(sha256, all)).toEqual(root)
    const stray = ids.find((id) => !edges.has(id))!
    for (let i = 0; i < 40; i++) {
      const at = dice(all.length)
      const edge = all[at]!
      for (const wrong of [
        all.toSpliced(at, 1),
        all.with(at, { ...edge, leaf: b64(valueOfNumber(1_000)) }),
        all.with(at, { ...edge, rel: 'BASED_ON' }),
        all.with(at, { ...edge, id: stray }),
        [...all, { ...edge, id: stray }],
      ]) {
        expect(inRoot(sha256, wrong)).not.toEqual(root)
      }
    }
  }, 120_000)
})

describe('a proof of one tree is refused', () => {
  const tree = treeOf(upTo(20))
  const root = treeRoot(tree)
  const proof = proveKeys(tree, [keyOf(3), keyOf(50)])
  const claims = [claim(3, 3), claim(50, null)]

  it.each([
    ['under the root of another tree', claims, treeRoot(treeOf(upTo(21))), 'PROOF_ROOT_MISMATCH'],
    ['with another value', [claim(3, 4), claim(50, null)], root, 'PROOF_ROOT_MISMATCH'],
    ['as showing what is not there', [claim(3, 3), claim(50, 50)], root, 'PROOF_SPARSE_CLAIM'],
    ['as hiding what is there', [claim(3, null), claim(50, null)], root, 'PROOF_SPARSE_CLAIM'],
    ['for a key twice', [...claims, claim(3, 3)], root, 'PROOF_SPARSE_KEYS'],
    ['for no key', [], root, 'PROOF_SPARSE_KEYS'],
    ['with a short root', claims, root.slice(1), 'PROOF_HASH_LENGTH'],
  ] as const)('%s', (_what, claims, root, code) => {
    expectCode(() => verifySparse(sha256, proof, claims, root), code)
  })

  it('with a hash too many or too few', () => {
    const long = { ...proof, hashes: [...proof.hashes, root] }
    const short = { ...proof, hashes: proof.hashes.slice(0, -1) }
    for (const other of [long, short]) {
      expectCode(() => verifySparse(sha256, other, claims, root), 'PROOF_HASH_COUNT')
    }
  })

  it('with a shape that ends early or goes on', () => {
    const { shape, hashes } = proof
    for (const other of [`${shape}e`, shape.slice(0, -1), '']) {
      expectCode(
        () => verifySparse(sha256, { shape: other, hashes }, claims, root),
        'PROOF_SPARSE_SHAPE',
      )
    }
  })
})

describe('a root that no compact tree has', () => {
  const node = (left: Uint8Array, right: Uint8Array) => sha256(Uint8Array.of(3), left, right)
  const leaf = (key: Uint8Array, value: Uint8Array) => sha256(Uint8Array.of(2), key, value)
  const nothing = new Uint8Array(32)
  // Keys that differ in their last bit of the first byte.
  const [a, b] = [crowdedKey(0), crowdedKey(1)]
  const value = valueOfNumber(1)
  const present = [{ key: a, value }]
  const absent = [{ key: a, value: null }]

  it.each([
    [
      'a key with nothing beside it',
      { shape: 'il', hashes: [nothing] },
      present,
      node(nothing, leaf(a, value)),
    ],
    [
      'nothing beside a lone key',
      { shape: 'iel', hashes: [] },
      [
        { key: a.with(0, 0), value: null },
        { key: b, value },
      ],
      node(nothing, leaf(b, value)),
    ],
    [
      'two empty halves',
      { shape: 'iee', hashes: [] },
      [
        { key: a.with(0, 0), value: null },
        { key: a, value: null },
      ],
      node(nothing, nothing),
    ],
    [
      'nothing beside a node over nothing',
      { shape: 'ie', hashes: [nothing, nothing] },
      absent,
      node(node(nothing, nothing), nothing),
    ],
    [
      'a leaf where its key does not lead',
      { shape: 'io', hashes: [a.with(0, 0), value, value] },
      absent,
      node(value, leaf(a.with(0, 0), value)),
    ],
  ] as const)('is refused: %s', (_what, proof, claims, root) => {
    expectCode(() => verifySparse(sha256, proof, claims, root), 'PROOF_SPARSE_SHAPE')
  })

  it('is refused where it goes deeper than a key', () => {
    const proof = { shape: `${'i'.repeat(257)}e`, hashes: [] }
    expectCode(() => verifySparse(sha256, proof, absent, value), 'PROOF_SPARSE_SHAPE')
  })

  it('is refused where one leaf is to be two claimed keys, or another is a claimed one', () => {
    const both = [...present, { key: b, value }]
    const one = { shape: 'l', hashes: [] }
    expectCode(() => verifySparse(sha256, one, both, leaf(a, value)), 'PROOF_SPARSE_CLAIM')
    const other = { shape: 'o', hashes: [a, value] }
    expectCode(() => verifySparse(sha256, other, absent, leaf(a, value)), 'PROOF_SPARSE_CLAIM')
  })
})

describe('the empty tree and the tree of one key', () => {
  it('show absence without a hash, and presence by the leaf alone', () => {
    const none = proveKeys(emptyTree, [keyOf(1)])
    expect(none).toEqual({ shape: 'e', hashes: [] })
    verifySparse(sha256, none, [claim(1, null)], new Uint8Array(32))
    const one = treeOf([1])
    expect(proveKeys(one, [keyOf(1)])).toEqual({ shape: 'l', hashes: [] })
    const other = proveKeys(one, [keyOf(2)])
    expect(other).toEqual({ shape: 'o', hashes: [keyOf(1), valueOfNumber(1)] })
    verifySparse(sha256, other, [claim(2, null)], treeRoot(one))
  })
})

describe('in JSON', () => {
  it.each([
    ['another member', { shape: 'e', hashes: [], x: 1 }, 'PROOF_MEMBERS'],
    ['no shape', { shape: '', hashes: [] }, 'PROOF_VALUE'],
    ['a sign that is none', { shape: 'ix', hashes: [] }, 'PROOF_VALUE'],
    ['a hash with padding', { shape: 'e', hashes: ['AA=='] }, 'PROOF_VALUE'],
  ] as const)('a proof is refused with %s', (_what, json, code) => {
    expectCode(() => readSparseProof(json as never, 'the proof'), code)
  })
})

it('a proof needs the pages that missingPages names, and asks for no empty set', () => {
  const tree = treeOf(upTo(400))
  const [top] = changedPages(emptyTree, tree)
  const closed = treeOfPages(sha256, top!.bytes)
  expectCode(() => proveKeys(closed, [keyOf(5)]), 'PROOF_STATE_MISSING')
  expectCode(() => proveKeys(tree, []), 'PROOF_SPARSE_KEYS')
})
