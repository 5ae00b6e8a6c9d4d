import { ProofError } from './error.ts'
import { HASH_BYTES, type Sha256 } from './hash.ts'

/** One key of a sparse tree and its value, 32 bytes each. */
export interface SparseEntry {
  key: Uint8Array
  value: Uint8Array
}

/** Prefixes other than RFC 6962's, so that nothing in a log can pose as a part of a sparse tree. */
const LEAF = Uint8Array.of(0x02)
const NODE = Uint8Array.of(0x03)

/** Gives the root of the sparse tree without keys: 32 zero bytes. */
export const emptySparse = () => new Uint8Array(HASH_BYTES)

/**
 * Gives the root of the compact sparse Merkle tree over the entries, in whatever order they come
 * (record.md, "Sparse tree"): no key, 32 zero bytes; one key, its leaf at whatever depth; else a node.
 *
 * @throws {ProofError} `PROOF_SPARSE_KEYS` for a key twice, or a key or value of another length.
 */
export function sparseRoot(sha256: Sha256, entries: readonly SparseEntry[]): Uint8Array {
  const sorted = [...entries].sort((a, b) => compare(a.key, b.key))
  sorted.forEach(({ key, value }, i) => {
    const before = sorted[i - 1]
    const sound = key.length === HASH_BYTES && value.length === HASH_BYTES
    if (!sound || (before && compare(before.key, key) === 0)) {
      throw new ProofError('PROOF_SPARSE_KEYS', 'a key twice, or not 32 bytes long')
    }
  })
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
  if (to - from === 1) return sha256(LEAF, sorted[from]!.key, sorted[from]!.value)
  const border = firstWithOne(sorted, { from, to, depth })
  const left = rootBetween(sha256, sorted, { from, to: border, depth: depth + 1 })
  const right = rootBetween(sha256, sorted, { from: border, to, depth: depth + 1 })
  return sha256(NODE, left, right)
}

/** Finds where, in sorted keys that agree up to `depth`, the bit at `depth` turns to one. */
function firstWithOne(sorted: readonly SparseEntry[], { from, to, depth }: Span) {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (bitOf(sorted[middle]!.key, depth)) high = middle
    else low = middle + 1
  }
  return low
}

/** Counts bits from the most significant one of the first byte. */
const bitOf = (key: Uint8Array, depth: number) => (key[depth >>> 3]! >> (7 - (depth & 7))) & 1

function compare(a: Uint8Array, b: Uint8Array) {
  for (let i = 0; i < HASH_BYTES; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!
  }
  return 0
}
