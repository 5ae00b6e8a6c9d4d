import { sha256 as noble } from '@noble/hashes/sha2.js'

/**
 * SHA-256 of the parts in order, by noble: the one for browsers and workers, where the platform's own
 * is asynchronous. In Node `crypto.hash` is faster.
 */
export function nobleSha256(...parts: Uint8Array[]): Uint8Array {
  if (parts.length === 1) return noble(parts[0]!)
  const hash = noble.create()
  for (const part of parts) hash.update(part)
  return hash.digest()
}
