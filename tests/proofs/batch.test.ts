import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { batchRanges, verifyBatch } from '../../proofs/batch.ts'
import { inclusionRanges } from '../../proofs/inclusion.ts'
import { expectCode, naiveTree, someLeaves } from './support.ts'

const leaves = someLeaves(600)
const tree = naiveTree(leaves)

function proven(size: number, seqs: readonly number[]) {
  const hashes = batchRanges(size, seqs).map(({ start, end }) => tree(start, end))
  return { size, seqs, hashes }
}
const at = (seqs: readonly number[]) => seqs.map((seq) => leaves[seq]!)

it('verifies batches at every size up to 600', () => {
  for (let size = 1; size <= 600; size++) {
    const seqs = [...new Set([0, size >> 2, (size >> 1) + 1, size - 1])]
      .filter((seq) => seq < size)
      .sort((a, b) => a - b)
    verifyBatch(sha256, proven(size, seqs), at(seqs), tree(0, size))
  }
})

const aBatch = fc.integer({ min: 1, max: 600 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    seqs: fc
      .uniqueArray(fc.integer({ min: 0, max: size - 1 }), { minLength: 1, maxLength: 40 })
      .map((seqs) => seqs.sort((a, b) => a - b)),
    pick: fc.nat(),
  }),
)

it('verifies any batch, and no batch with a leaf, a place or a hash changed', () => {
  fc.assert(
    fc.property(aBatch, ({ size, seqs, pick }) => {
      const batch = proven(size, seqs)
      const root = tree(0, size)
      verifyBatch(sha256, batch, at(seqs), root)
      const other = at(seqs).with(pick % seqs.length, sha256(leaves[pick % 600]!))
      expectCode(() => verifyBatch(sha256, batch, other, root), 'PROOF_ROOT_MISMATCH')
      const { hashes } = batch
      if (hashes.length > 0) {
        const spoilt = hashes.with(pick % hashes.length, sha256(hashes[pick % hashes.length]!))
        expectCode(
          () => verifyBatch(sha256, { ...batch, hashes: spoilt }, at(seqs), root),
          'PROOF_ROOT_MISMATCH',
        )
      }
      if (seqs.at(-1)! + 1 === size) return
      const elsewhere = seqs.map((seq) => seq + 1)
      expect(() => verifyBatch(sha256, { ...batch, seqs: elsewhere }, at(seqs), root)).toThrow(
        expect.objectContaining({ name: 'ProofError' }),
      )
    }),
    { numRuns: 300 },
  )
})

it('asks for the same hashes as an inclusion proof where one leaf is listed', () => {
  const byStart = (a: { start: number }, b: { start: number }) => a.start - b.start
  for (const size of [1, 2, 7, 255, 256, 257, 600]) {
    for (const index of [0, size >> 1, size - 1]) {
      expect(batchRanges(size, [index])).toEqual(inclusionRanges(index, size).sort(byStart))
    }
  }
})

it('needs no hash where every leaf is listed', () => {
  expect(batchRanges(5, [0, 1, 2, 3, 4])).toEqual([])
})

it('leaves it to the checkpoint to bind the size', () => {
  // In a tree of three the third leaf stands right under the root, as the second does in a tree of two.
  verifyBatch(sha256, { size: 2, seqs: [1], hashes: [tree(0, 2)] }, at([2]), tree(0, 3))
})

const sound = proven(11, [2, 3, 9])
const soundLeaves = at([2, 3, 9])

it.each([
  ['no place', { seqs: [] }, 'PROOF_SEQS'],
  ['a place twice', { seqs: [2, 2, 9] }, 'PROOF_SEQS'],
  ['places out of order', { seqs: [3, 2, 9] }, 'PROOF_SEQS'],
  ['a place beyond the end', { seqs: [2, 3, 11] }, 'PROOF_SEQS'],
  ['a place below zero', { seqs: [-1, 3, 9] }, 'PROOF_SEQS'],
  ['half a place', { seqs: [2, 3.5, 9] }, 'PROOF_SEQS'],
  ['no size', { size: Number.NaN }, 'PROOF_SIZES'],
  ['another size', { size: 40 }, 'PROOF_HASH_COUNT'],
  ['other places', { seqs: [2, 3, 8] }, 'PROOF_ROOT_MISMATCH'],
  ['more places than leaves', { seqs: [2, 3, 8, 9] }, 'PROOF_HASH_COUNT'],
  ['a hash too few', { hashes: sound.hashes.slice(1) }, 'PROOF_HASH_COUNT'],
  ['a hash too many', { hashes: [...sound.hashes, sound.hashes[0]!] }, 'PROOF_HASH_COUNT'],
  ['a short hash', { hashes: sound.hashes.with(0, new Uint8Array(31)) }, 'PROOF_HASH_LENGTH'],
  ['hashes in another order', { hashes: sound.hashes.toReversed() }, 'PROOF_ROOT_MISMATCH'],
] as const)('rejects %s', (_what, change, code) => {
  expectCode(() => verifyBatch(sha256, { ...sound, ...change }, soundLeaves, tree(0, 11)), code)
})
