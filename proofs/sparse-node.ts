import { ProofError } from './error.ts'
import { equal, HASH_BYTES, type Sha256 } from './hash.ts'

/** One key of a sparse tree and its value, 32 bytes each. */
export interface SparseEntry {
  key: Uint8Array
  value: Uint8Array
}

/** How many bits of a key one page of a sparse tree covers. */
export const PAGE_BITS = 4

/** A key that stands alone below its place. */
export interface SparseLeaf {
  kind: 'leaf'
  /** The key, then the value: one array, because a large tree is read from memory that is far away. */
  entry: Uint8Array
  hash: Uint8Array
}

/** A place with two or more keys below it. */
export interface SparseInner {
  kind: 'inner'
  left: SparseNode
  right: SparseNode
  hash: Uint8Array
}

/** The inner node at the head of a page that is not loaded: known by its hash only. */
export interface SparseStub {
  kind: 'stub'
  hash: Uint8Array
}

/** A part of a sparse tree, never changed once made; `null` is a place without keys. */
export type SparseNode = SparseLeaf | SparseInner | SparseStub | null

/** Prefixes other than RFC 6962's, so that nothing in a log can pose as a part of a sparse tree (record.md). */
const LEAF = 0x02
const NODE = 0x03

/** The root of the tree without keys. Whoever is handed it must not write to it. */
export const EMPTY_ROOT = new Uint8Array(HASH_BYTES)

/** Written anew before every hash: joining three parts costs more than hashing them. */
const scratch = new Uint8Array(1 + 2 * HASH_BYTES)

/** Gives the hash of a leaf: `H(0x02 ‖ key ‖ value)`. */
export function sparseLeafHash(sha256: Sha256, key: Uint8Array, value: Uint8Array) {
  scratch[0] = LEAF
  scratch.set(key, 1)
  scratch.set(value, 1 + HASH_BYTES)
  return sha256(scratch)
}

/** Gives the hash of an inner node: `H(0x03 ‖ left ‖ right)`. */
export function sparseNodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array) {
  scratch[0] = NODE
  scratch.set(left, 1)
  scratch.set(right, 1 + HASH_BYTES)
  return sha256(scratch)
}

/** Gives the hash that a place is known by. */
export const hashOf = (node: SparseNode) => (node === null ? EMPTY_ROOT : node.hash)

/** Gives the bit of a key at a depth, counting from the most significant one of the first byte. */
export const bitAt = (key: Uint8Array, depth: number) =>
  (key[depth >>> 3]! >> (7 - (depth & 7))) & 1

/** Makes a leaf. */
export function leafNode(sha256: Sha256, { key, value }: SparseEntry): SparseLeaf {
  const entry = new Uint8Array(2 * HASH_BYTES)
  entry.set(key)
  entry.set(value, HASH_BYTES)
  return { kind: 'leaf', entry, hash: sparseLeafHash(sha256, key, value) }
}

/** Gives a leaf's key and value. */
export const entryOf = ({ entry }: SparseLeaf): SparseEntry => ({
  key: entry.subarray(0, HASH_BYTES),
  value: entry.subarray(HASH_BYTES),
})

/** Says whether this is the leaf of a key. */
export const isOf = ({ entry }: SparseLeaf, key: Uint8Array) => compareKeys(entry, key) === 0

/** Joins two places into the one above them; a key left alone moves up, as the compact form has it. */
export function joinNodes(sha256: Sha256, left: SparseNode, right: SparseNode): SparseNode {
  if (left === null && (right === null || right.kind === 'leaf')) return right
  if (right === null && left?.kind === 'leaf') return left
  return { kind: 'inner', left, right, hash: sparseNodeHash(sha256, hashOf(left), hashOf(right)) }
}

/** Orders keys by their bytes; what follows the key in an array does not count. */
export function compareKeys(a: Uint8Array, b: Uint8Array) {
  for (let i = 0; i < HASH_BYTES; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!
  }
  return 0
}

/** Finds where, in sorted keys of which those from `from` to `to` agree up to `depth`, the bit there turns to one. */
export function firstWithOne(
  sorted: readonly { key: Uint8Array }[],
  depth: number,
  from: number,
  to: number,
) {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (bitAt(sorted[middle]!.key, depth)) high = middle
    else low = middle + 1
  }
  return low
}

/**
 * Gives the keys in order.
 *
 * @throws {ProofError} `PROOF_SPARSE_KEYS` for a key twice, or one that is not 32 bytes long.
 */
export function inOrder<Keyed extends { key: Uint8Array }>(items: readonly Keyed[]): Keyed[] {
  const sorted = [...items].sort((a, b) => compareKeys(a.key, b.key))
  sorted.forEach(({ key }, i) => {
    const before = sorted[i - 1]
    if (key.length !== HASH_BYTES || (before && equal(before.key, key))) throw badKeys()
  })
  return sorted
}

/** The one complaint about keys and values of a sparse tree. */
export const badKeys = () =>
  new ProofError('PROOF_SPARSE_KEYS', 'a key twice, or a key or value that is not 32 bytes long')

/** Says whether two keys agree in their first `bits` bits. */
export function sharesPrefix(a: Uint8Array, b: Uint8Array, bits: number) {
  const whole = bits >>> 3
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false
  const rest = bits & 7
  return rest === 0 || (a[whole]! ^ b[whole]!) >> (8 - rest) === 0
}
