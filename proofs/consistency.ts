import { ProofError } from './error.ts'
import { assertHashes, emptyHash, equal, nodeHash, type Sha256 } from './hash.ts'
import { assertSize, type Range, splitPoint } from './range.ts'

/** Two states of one log, and the hashes that show the later to begin with the earlier. */
export interface Consistency {
  size1: number
  size2: number
  root1: Uint8Array
  root2: Uint8Array
  path: readonly Uint8Array[]
}

/**
 * Checks that the tree of `size2` leaves begins with the tree of `size1`.
 *
 * Follows RFC 9162 section 2.1.4.2 step by step: `node` and `last` are its `fn` and `sn`, `old` and
 * `now` its `fr` and `sr`. Two equal sizes have an empty path and equal roots. The empty tree begins
 * every tree, which says nothing, so it is refused as the start of any but itself.
 *
 * @throws {ProofError} `PROOF_SIZES`, `PROOF_HASH_LENGTH`, `PROOF_PATH_LENGTH`, `PROOF_ROOT_MISMATCH`
 */
export function verifyConsistency(
  sha256: Sha256,
  { size1, size2, root1, root2, path }: Consistency,
) {
  assertSizes(size1, size2)
  assertHashes([root1, root2, ...path])
  if (size1 === size2) {
    if (path.length > 0) throw new ProofError('PROOF_PATH_LENGTH', 'nothing is left to prove')
    requireRoot(size1 === 0 ? emptyHash(sha256) : root1, root1)
    requireRoot(root1, root2)
    return
  }
  let [node, last] = [BigInt(size1) - 1n, BigInt(size2) - 1n]
  while (node & 1n) [node, last] = [node >> 1n, last >> 1n]
  // Where the old tree is one complete subtree, its root is where the path starts.
  const [first, ...rest] = node === 0n ? [root1, ...path] : path
  if (first === undefined) throw new ProofError('PROOF_PATH_LENGTH', 'the path is empty')
  let [old, now] = [first, first]
  for (const hash of rest) {
    if (last === 0n) throw new ProofError('PROOF_PATH_LENGTH', 'the path goes on above the root')
    if (node & 1n || node === last) {
      old = nodeHash(sha256, hash, old)
      now = nodeHash(sha256, hash, now)
      while (!(node & 1n) && node !== 0n) [node, last] = [node >> 1n, last >> 1n]
    } else {
      now = nodeHash(sha256, now, hash)
    }
    ;[node, last] = [node >> 1n, last >> 1n]
  }
  if (last !== 0n) throw new ProofError('PROOF_PATH_LENGTH', 'the path ends below the root')
  requireRoot(old, root1)
  requireRoot(now, root2)
}

/**
 * Lists the subtrees whose hashes prove that the tree of `size2` leaves begins with that of `size1`,
 * in the order of RFC 6962 section 2.1.2; none where the sizes are equal.
 *
 * @throws {ProofError} `PROOF_SIZES`
 */
export function consistencyRanges(size1: number, size2: number): Range[] {
  assertSizes(size1, size2)
  if (size1 === size2) return []
  const ranges: Range[] = []
  let [start, end] = [0, size2]
  // Down to the subtree that ends where the old tree ends.
  while (end !== size1) {
    const middle = start + splitPoint(end - start)
    if (size1 <= middle) {
      ranges.push({ start: middle, end })
      end = middle
    } else {
      ranges.push({ start, end: middle })
      start = middle
    }
  }
  // Starting at zero it is the whole old tree, whose root the verifier has.
  if (start > 0) ranges.push({ start, end })
  return ranges.reverse()
}

function assertSizes(size1: number, size2: number) {
  assertSize(size1)
  assertSize(size2)
  if (size1 > size2) {
    throw new ProofError('PROOF_SIZES', `a tree of ${size2} cannot begin with one of ${size1}`)
  }
  if (size1 === 0 && size2 > 0) {
    throw new ProofError('PROOF_SIZES', 'that a log begins with nothing needs no proof')
  }
}

function requireRoot(computed: Uint8Array, root: Uint8Array) {
  if (!equal(computed, root)) {
    throw new ProofError('PROOF_ROOT_MISMATCH', 'the path leads to another root')
  }
}
