import { hash } from 'node:crypto'

/**
 * SHA-256 of the parts in order, by Node's one-shot `crypto.hash`: for the short inputs that a tree
 * hashes this costs a fraction of what a `Hash` object does.
 *
 * It fits the `Sha256` parameter of `proofs/` by its shape; no parts give the hash of nothing.
 */
export function sha256(...parts: Uint8Array[]): Uint8Array {
  const digest = hash('sha256', parts.length === 1 ? parts[0]! : concat(parts), 'buffer')
  // A plain view: a Buffer's `slice` and `toJSON` are not those of the type promised.
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength)
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
