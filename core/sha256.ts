import { hash } from 'node:crypto'

/** SHA-256 gives this many bytes. */
const BYTES = 32

/**
 * SHA-256 of the parts in order, by Node's one-shot `crypto.hash`: for the short inputs that a tree
 * hashes this costs a fraction of what a `Hash` object does.
 *
 * The digest comes as text of one character a byte and is copied: handing on a buffer of the native
 * side costs three times as much as the hash itself, and a collector that has to free it.
 *
 * It fits the `Sha256` parameter of `proofs/` by its shape; no parts give the hash of nothing.
 */
export function sha256(...parts: Uint8Array[]): Uint8Array {
  const digest = hash('sha256', parts.length === 1 ? parts[0]! : concat(parts), 'binary')
  const bytes = new Uint8Array(BYTES)
  for (let i = 0; i < BYTES; i++) bytes[i] = digest.charCodeAt(i)
  return bytes
}

function concat(parts: readonly Uint8Array[]) {
  let length = 0
  for (const part of parts) length += part.length
  // Filled to the last byte below, so the pool's old content never reaches the hash.
  const whole = Buffer.allocUnsafe(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
