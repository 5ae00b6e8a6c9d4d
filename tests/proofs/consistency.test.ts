import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { consistencyRanges, verifyConsistency } from '../../proofs/consistency.ts'
import { expectCode, naiveTree, someLeaves, vectorFiles } from './support.ts'

const tree = naiveTree(someLeaves(600))

function proven(size1: number, size2: number) {
  const path = consistencyRanges(size1, size2).map(({ start, end }) => tree(start, end))
  return { size1, size2, root1: tree(0, size1), root2: tree(0, size2), path }
}

it('verifies the growth between all sizes up to 70', () => {
  for (let size2 = 1; size2 <= 70; size2++) {
    for (let size1 = 1; size1 <= size2; size1++) verifyConsistency(sha256, proven(size1, size2))
  }
})

it('verifies the growth to every size up to 600 from sizes near every edge', () => {
  for (let size2 = 71; size2 <= 600; size2++) {
    const starts = [1, 2, 64, 255, 256, 257, 512, size2 >> 1, size2 - 1, size2]
    for (const size1 of starts.filter((size) => size <= size2)) {
      verifyConsistency(sha256, proven(size1, size2))
    }
  }
})

const sound = proven(5, 12)
const flipped = (hash: Uint8Array) => hash.map((byte, i) => (i === 7 ? byte ^ 1 : byte))

it.each([
  ['a tree that shrank', { size1: 12, size2: 5 }, 'PROOF_SIZES'],
  ['a start from nothing', { size1: 0 }, 'PROOF_SIZES'],
  ['half a size', { size1: 4.5 }, 'PROOF_SIZES'],
  ['another earlier size', { size1: 6 }, 'PROOF_PATH_LENGTH'],
  ['another later root', { root2: flipped(sound.root2) }, 'PROOF_ROOT_MISMATCH'],
  ['another earlier root', { root1: flipped(sound.root1) }, 'PROOF_ROOT_MISMATCH'],
  ['a root of another length', { root1: new Uint8Array(12) }, 'PROOF_HASH_LENGTH'],
  ['an empty path', { path: [] }, 'PROOF_PATH_LENGTH'],
  ['a path cut short', { path: sound.path.slice(0, -1) }, 'PROOF_PATH_LENGTH'],
  ['a path that goes on', { path: [...sound.path, sound.root1] }, 'PROOF_PATH_LENGTH'],
  ['a path for equal sizes', { size2: 5, root2: sound.root1 }, 'PROOF_PATH_LENGTH'],
  ['other roots for equal sizes', { size2: 5, path: [] }, 'PROOF_ROOT_MISMATCH'],
  [
    'a changed hash',
    { path: sound.path.map((h, i) => (i === 1 ? flipped(h) : h)) },
    'PROOF_ROOT_MISMATCH',
  ],
] as const)('rejects %s', (_what, change, code) => {
  expectCode(() => verifyConsistency(sha256, { ...sound, ...change }), code)
})

interface Vector {
  size1: number
  size2: number
  root1: string
  root2: string
  proof: string[] | null
  wantErr: boolean
}

/** It calls roots of twelve bytes valid; ours have 32. */
const SHORT_ROOTS = 'additional/sizes-are-equal-one-and-proof-is-empty.json'

it.each(vectorFiles('transparency-dev-merkle/testdata/consistency'))(
  'agrees on consistency/$path',
  ({ path, text }) => {
    const vector: Vector = JSON.parse(text)
    const decode = (encoded: string) => new Uint8Array(Buffer.from(encoded, 'base64'))
    const verify = () =>
      verifyConsistency(sha256, {
        size1: vector.size1,
        size2: vector.size2,
        root1: decode(vector.root1),
        root2: decode(vector.root2),
        path: (vector.proof ?? []).map(decode),
      })
    if (vector.wantErr) expect(verify).toThrow(expect.objectContaining({ name: 'ProofError' }))
    else if (path === SHORT_ROOTS) expectCode(verify, 'PROOF_HASH_LENGTH')
    else verify()
  },
)
