import { ProofError } from './error.ts'
import { assertHashes, equal, leafHash, nodeHash, type Sha256 } from './hash.ts'
import { type Range, splitPoint } from './range.ts'

/**
 * Where a leaf stands, and the sibling hashes from its neighbour up to the root's child.
 *
 * The path alone does not bind `size`, which must be that of the signed checkpoint whose root is used.
 */
export interface Inclusion {
  index: number
  size: number
  path: readonly Uint8Array[]
}

/**
 * Checks that `entry` stands at `index` in the tree of `size` leaves whose root is `root`.
 *
 * Follows RFC 9162 section 2.1.3.2 step by step: `node` and `last` are its `fn` and `sn`.
 *
 * @param entry The canonical bytes of the entry, not yet hashed.
 * @throws {ProofError} With the code of the first step that failed; returns nothing on success.
 */
export const verifyInclusion = (
  sha256: Sha256,
  entry: Uint8Array,
  inclusion: Inclusion,
  root: Uint8Array,
) => verifyLeafInclusion(sha256, leafHash(sha256, entry), inclusion, root)

/**
 * Checks inclusion as `verifyInclusion` does, for a leaf that is hashed already.
 *
 * Only for a hash that the caller computed himself: one taken from the prover could be that of an
 * inner node.
 *
 * @throws {ProofError} `PROOF_INDEX_OUT_OF_RANGE`, `PROOF_HASH_LENGTH`, `PROOF_PATH_LENGTH`,
 * `PROOF_ROOT_MISMATCH`
 */
export function verifyLeafInclusion(
  sha256: Sha256,
  leaf: Uint8Array,
  { index, size, path }: Inclusion,
  root: Uint8Array,
) {
  assertIndex(index, size)
  assertHashes([leaf, root, ...path])
  let [node, last, hash] = [BigInt(index), BigInt(size) - 1n, leaf]
  for (const sibling of path) {
    if (last === 0n) throw new ProofError('PROOF_PATH_LENGTH', 'the path goes on above the root')
    if (node & 1n || node === last) {
      hash = nodeHash(sha256, sibling, hash)
      while (!(node & 1n) && node !== 0n) [node, last] = [node >> 1n, last >> 1n]
    } else {
      hash = nodeHash(sha256, hash, sibling)
    }
    ;[node, last] = [node >> 1n, last >> 1n]
  }
  if (last !== 0n) throw new ProofError('PROOF_PATH_LENGTH', 'the path ends below the root')
  if (!equal(hash, root)) {
    throw new ProofError('PROOF_ROOT_MISMATCH', 'the path leads to another root')
  }
}

/**
 * Lists the subtrees whose hashes are the inclusion path of a leaf, from its neighbour up
 * (RFC 6962 section 2.1.1).
 *
 * @throws {ProofError} `PROOF_INDEX_OUT_OF_RANGE`
 */
export function inclusionRanges(index: number, size: number): Range[] {
  assertIndex(index, size)
  const ranges: Range[] = []
  let [start, end] = [0, size]
  while (end - start > 1) {
    const middle = start + splitPoint(end - start)
    if (index < middle) {
      ranges.push({ start: middle, end })
      end = middle
    } else {
      ranges.push({ start, end: middle })
      start = middle
    }
  }
  return ranges.reverse()
}

function assertIndex(index: number, size: number) {
  const within = Number.isSafeInteger(index) && Number.isSafeInteger(size) && 0 <= index
  if (!(within && index < size)) {
    throw new ProofError('PROOF_INDEX_OUT_OF_RANGE', `no leaf ${index} in a tree of ${size}`)
  }
}
