import { ProofError } from './error.ts'

/** SHA-256 of the parts in order: `crypto.hash` in Node, noble in the browser, so that no tree is async. */
export type Sha256 = (...parts: Uint8Array[]) => Uint8Array

/** The length of every hash, key and root here, in bytes. */
export const HASH_BYTES = 32

/** RFC 6962 section 2.1: a leaf and a node are hashed under different prefixes, so neither can pose as the other. */
const LEAF = Uint8Array.of(0x00)
const NODE = 0x01

/** What an inner node is hashed from, written anew each time: joining three parts costs more than hashing them. */
const pair = new Uint8Array(1 + 2 * HASH_BYTES)
pair[0] = NODE

/** SHA-256 works on blocks of this many bytes, to which HMAC pads its key (RFC 2104). */
const BLOCK_BYTES = 64

/** Gives the RFC 6962 hash of a leaf: `H(0x00 ‖ entry)`. */
export const leafHash = (sha256: Sha256, entry: Uint8Array) => sha256(LEAF, entry)

/** Gives the RFC 6962 hash of an inner node: `H(0x01 ‖ left ‖ right)`. */
export function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array) {
  // Of another length they would leave something of the last pair standing.
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) assertHashes([left, right])
  pair.set(left, 1)
  pair.set(right, 1 + HASH_BYTES)
  return sha256(pair)
}

/** Gives the root of the tree without leaves: `H("")`, which is also the root of a body without fields. */
export const emptyHash = (sha256: Sha256) => sha256()

/** Compares public hashes; no secret is involved, so it need not run in constant time. */
export function equal(a: Uint8Array, b: Uint8Array) {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/**
 * Refuses hashes of another length: joined with its neighbour, one that is too long could make up for
 * one that is too short.
 *
 * @throws {ProofError} `PROOF_HASH_LENGTH`
 */
export function assertHashes(hashes: readonly Uint8Array[]) {
  for (const { length } of hashes) {
    if (length !== HASH_BYTES)
      throw new ProofError('PROOF_HASH_LENGTH', `a hash of ${length} bytes`)
  }
}

/** Gives HMAC-SHA-256 (RFC 2104); a key longer than a block is hashed first. */
export function hmac(sha256: Sha256, key: Uint8Array, message: Uint8Array) {
  const short = key.length > BLOCK_BYTES ? sha256(key) : key
  const inner = new Uint8Array(BLOCK_BYTES).fill(0x36)
  const outer = new Uint8Array(BLOCK_BYTES).fill(0x5c)
  short.forEach((byte, i) => {
    inner[i]! ^= byte
    outer[i]! ^= byte
  })
  return sha256(outer, sha256(inner, message))
}
