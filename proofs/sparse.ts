import { HASH_BYTES, type Sha256 } from './hash.ts'
import {
  badKeys,
  firstWithOne,
  inOrder,
  type SparseEntry,
  sparseLeafHash,
  sparseNodeHash,
} from './sparse-node.ts'

/** Gives the root of the sparse tree without keys: 32 zero bytes. */
export const emptySparse = () => new Uint8Array(HASH_BYTES)

/**
 * Gives the root of the compact sparse Merkle tree over the entries, in whatever order they come
 * (record.md, "Sparse tree"): no key, 32 zero bytes; one key, its leaf at whatever depth; else a node.
 *
 * @throws {ProofError} `PROOF_SPARSE_KEYS` for a key twice, or a key or value of another length.
 */
export function sparseRoot(sha256: Sha256, entries: readonly SparseEntry[]): Uint8Array {
  const sorted = inOrder(entries)
  if (sorted.some(({ value }) => value.length !== HASH_BYTES)) throw badKeys()
  return rootBetween(sha256, sorted, { from: 0, to: sorted.length, depth: 0 })
}

/** The entries `from` up to `to` share their first `depth` bits. */
interface Span {
  from: number
  to: number
  depth: number
}

function rootBetween(
  sha256: Sha256,
  sorted: readonly SparseEntry[],
  { from, to, depth }: Span,
): Uint8Array {
  if (from === to) return emptySparse()
  if (to - from === 1) return sparseLeafHash(sha256, sorted[from]!.key, sorted[from]!.value)
  const border = firstWithOne(sorted, depth, from, to)
  const left = rootBetween(sha256, sorted, { from, to: border, depth: depth + 1 })
  const right = rootBetween(sha256, sorted, { from: border, to, depth: depth + 1 })
  return sparseNodeHash(sha256, left, right)
}
