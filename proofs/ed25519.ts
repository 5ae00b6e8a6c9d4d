import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'

const { Point } = ed25519
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64

/**
 * Tells whether an Ed25519 signature holds, with one verdict everywhere (log.md, "Signatures"): both
 * points in their canonical encoding and of no small order, `S` below the group's order, and
 * `[S]B = R + [k]A` without a cofactor, as ed25519-dalek's `verify_strict`.
 *
 * RFC 8032 leaves room here, and libraries fill it differently: a signature that one verifier takes
 * and another refuses would let two parties read two things in one bundle, and a key of small order
 * signs every message. Never throws: a key or signature of the wrong length is a wrong one.
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false
  const r = signature.subarray(0, KEY_BYTES)
  const s = littleEndian(signature.subarray(KEY_BYTES))
  const [A, R] = [pointOf(publicKey), pointOf(r)]
  if (!A || !R || s >= Point.Fn.ORDER) return false
  const k = littleEndian(hashOf(r, publicKey, message)) % Point.Fn.ORDER
  return Point.BASE.multiplyUnsafe(s).equals(R.add(A.multiplyUnsafe(k)))
}

/** Part by part: a manifest can be longer than a call may have arguments, so it cannot be spread into one. */
const hashOf = (...parts: Uint8Array[]) =>
  parts.reduce((hash, part) => hash.update(part), sha512.create()).digest()

/** Gives a point of large order, canonically encoded; anything else is `null`. */
function pointOf(bytes: Uint8Array) {
  try {
    const point = Point.fromBytes(bytes, false)
    return point.isSmallOrder() ? null : point
  } catch {
    return null
  }
}

function littleEndian(bytes: Uint8Array) {
  let value = 0n
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte)
  return value
}
