import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { leafHash, nodeHash } from '../../proofs/hash.ts'
import { inclusionRanges, verifyInclusion, verifyLeafInclusion } from '../../proofs/inclusion.ts'
import { utf8 as bytes } from '../../proofs/utf8.ts'
import { expectCode, naiveTree, someLeaves, vectorFiles } from './support.ts'

const [a, b, c] = ['a', 'b', 'c'].map((text) => leafHash(sha256, bytes(text))) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
]
const ab = nodeHash(sha256, a, b)
const root = nodeHash(sha256, ab, c)

it('accepts every leaf of a tree whose right edge is ragged', () => {
  verifyInclusion(sha256, bytes('a'), { index: 0, size: 3, path: [b, c] }, root)
  verifyInclusion(sha256, bytes('c'), { index: 2, size: 3, path: [ab] }, root)
})

it.each([
  ['another entry', 'x', { index: 0, size: 3, path: [b, c] }, 'PROOF_ROOT_MISMATCH'],
  ['another place', 'a', { index: 1, size: 3, path: [b, c] }, 'PROOF_ROOT_MISMATCH'],
  ['a path cut short', 'a', { index: 0, size: 3, path: [b] }, 'PROOF_PATH_LENGTH'],
  ['a path that goes on', 'c', { index: 2, size: 3, path: [ab, ab] }, 'PROOF_PATH_LENGTH'],
  ['a leaf beyond the end', 'c', { index: 3, size: 3, path: [ab] }, 'PROOF_INDEX_OUT_OF_RANGE'],
  ['an index below zero', 'a', { index: -1, size: 3, path: [b, c] }, 'PROOF_INDEX_OUT_OF_RANGE'],
  ['half an index', 'a', { index: 0.5, size: 3, path: [b, c] }, 'PROOF_INDEX_OUT_OF_RANGE'],
  ['a leaf of an empty tree', 'a', { index: 0, size: 0, path: [] }, 'PROOF_INDEX_OUT_OF_RANGE'],
  ['a short hash', 'a', { index: 0, size: 3, path: [b.slice(1), c] }, 'PROOF_HASH_LENGTH'],
] as const)('rejects %s', (_what, entry, inclusion, code) => {
  expectCode(() => verifyInclusion(sha256, bytes(entry), inclusion, root), code)
})

it('takes a single leaf for its tree', () => {
  verifyInclusion(sha256, bytes('a'), { index: 0, size: 1, path: [] }, a)
})

it('verifies the paths of every tree up to 600 leaves, for leaves near every edge', () => {
  const leaves = someLeaves(600)
  const tree = naiveTree(leaves)
  for (let size = 1; size <= leaves.length; size++) {
    const all =
      size <= 70 ? Array.from({ length: size }, (_, i) => i) : [0, size >> 1, 255, 256, 511]
    for (const index of [...all, size - 1].filter((place) => place < size)) {
      const path = inclusionRanges(index, size).map(({ start, end }) => tree(start, end))
      verifyLeafInclusion(sha256, leaves[index]!, { index, size, path }, tree(0, size))
    }
  }
})

it('lists a path for an index that no 32-bit number holds', () => {
  const ranges = inclusionRanges(2 ** 40 + 1, 2 ** 41 + 7)
  expect(ranges[0]).toEqual({ start: 2 ** 40, end: 2 ** 40 + 1 })
  expect(ranges.at(-1)).toEqual({ start: 2 ** 41, end: 2 ** 41 + 7 })
})

interface Vector {
  leafIdx: number
  treeSize: number
  root: string
  leafHash: string
  proof: string[] | null
  wantErr: boolean
}

it.each(vectorFiles('transparency-dev-merkle/testdata/inclusion'))(
  'agrees on inclusion/$path',
  ({ text }) => {
    const vector: Vector = JSON.parse(text)
    const decode = (encoded: string) => new Uint8Array(Buffer.from(encoded, 'base64'))
    const inclusion = {
      index: vector.leafIdx,
      size: vector.treeSize,
      path: (vector.proof ?? []).map(decode),
    }
    const verify = () =>
      verifyLeafInclusion(sha256, decode(vector.leafHash), inclusion, decode(vector.root))
    if (vector.wantErr) expect(verify).toThrow(expect.objectContaining({ name: 'ProofError' }))
    else verify()
  },
)
