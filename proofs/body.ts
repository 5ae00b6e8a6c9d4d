import { b64, unb64 } from './base64.ts'
import { canonical, canonicalBytes } from './canonical.ts'
import { ProofError } from './error.ts'
import { HASH_BYTES, hmac, leafHash, type Sha256 } from './hash.ts'
import type { Json } from './json.ts'
import { rootOf } from './merkle.ts'
import { compareUtf16, utf8 } from './utf8.ts'

/** A field of a body as a bundle shows it: disclosed, with its salt, or withheld, as its commitment. */
export type Field = { name: string; salt: string; value: Json } | { name: string; c: string }

/**
 * How many arrays and objects a line of `records.ndjson` lays around a field's value. Counting them
 * in when a value is committed to keeps every body fit to be exported.
 */
const DEPTH_IN_LINE = 3

/** Gives a field's salt, base64url: HMAC of its name under the record's secret, so that one 32-byte secret salts them all. */
export const fieldSalt = (sha256: Sha256, secret: Uint8Array, name: string) =>
  b64(hmac(sha256, secret, utf8(name)))

/** Gives what stands for a field in the body's tree, base64url: `H(JCS([salt, value]))`. */
export const fieldCommitment = (sha256: Sha256, salt: string, value: Json) =>
  b64(sha256(utf8(`[${canonical(salt)},${canonical(value, DEPTH_IN_LINE)}]`)))

/**
 * Gives the fields with their salts, sorted by name: what a body's owner keeps and may disclose.
 *
 * @param secret 32 random bytes, new for each record: the same value under the same secret would show.
 */
export const sealFields = (
  sha256: Sha256,
  secret: Uint8Array,
  fields: Readonly<Record<string, Json>>,
): Field[] =>
  Object.keys(fields)
    .sort(compareUtf16)
    .map((name) => ({ name, salt: fieldSalt(sha256, secret, name), value: fields[name]! }))

/**
 * Gives the RFC 6962 root over a body's fields (record.md, "Body"); `H("")` for none.
 *
 * It takes every field, disclosed or withheld, by its name and never a ready hash: such a hash could
 * be an inner node that hides fields nobody hears of.
 *
 * @throws {ProofError} `PROOF_FIELD_ORDER` unless the names strictly ascend; `PROOF_ENCODING` or
 * `PROOF_HASH_LENGTH` unless salts and commitments are 32 bytes in base64url.
 */
export function bodyRoot(sha256: Sha256, fields: readonly Field[]): Uint8Array {
  const leaves = fields.map((field, i) => {
    if (i > 0 && compareUtf16(fields[i - 1]!.name, field.name) >= 0) {
      throw new ProofError('PROOF_FIELD_ORDER', `field ${field.name} is out of order`)
    }
    const c = 'c' in field ? field.c : fieldCommitment(sha256, requireHash(field.salt), field.value)
    const entry = ['selvedge/field/1', field.name, requireHash(c)]
    return leafHash(sha256, canonicalBytes(entry))
  })
  return rootOf(sha256, leaves)
}

function requireHash(text: string) {
  if (unb64(text).length !== HASH_BYTES) {
    throw new ProofError('PROOF_HASH_LENGTH', 'a salt or commitment is not 32 bytes')
  }
  return text
}
