import { sha256 as noble } from '@noble/hashes/sha2.js'

/**
 * SHA-256 of the parts in order, by noble: the one for browsers and workers, where the platform's own
 * is asynchronous. In Node `crypto.hash` is faster.
 */
export function nobleSha256(...parts: Uint8Array[]): Uint8Array {
  return noble(parts.length === 1 ? parts[0]! : joined(parts))
}

/** What a tree hashes is short, and one call for the whole is quicker than one for each part. */
function joined(parts: readonly Uint8Array[]) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
