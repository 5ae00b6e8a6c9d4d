import { sha256 } from './sha256.ts'

/** The longest key that a command may have, in characters. */
const LONGEST = 255
const KEY = /^[\x21-\x7e]{1,255}$/

/**
 * The key of one part of a request that carries out several commands under one Idempotency-Key. What
 * is no key, being empty, too long or not printable, stays as it is, so that it is refused as such.
 *
 * @param part Tells the parts of one request apart, with what joins it to the key.
 */
export function partKey(key: string, part: string): string {
  if (!KEY.test(key)) return key
  const whole = `${key}${part}`
  return whole.length > LONGEST
    ? Buffer.from(sha256(Buffer.from(whole))).toString('base64url')
    : whole
}
