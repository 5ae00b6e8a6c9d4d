import { ProofError } from './error.ts'
import { text } from './utf8.ts'

/** The most bytes of anything that a verifier reads as one text: an entry, or a line of `records.ndjson`. */
export const TEXT_BYTES = 2 ** 26

/**
 * Reads UTF-8 of a size that every platform can hold as one text: beyond it a runtime throws an error
 * of its own, and a hostile file could choose which.
 *
 * @throws {ProofError} `PROOF_TEXT_TOO_LARGE`, `PROOF_ENCODING`
 */
export function boundedText(bytes: Uint8Array) {
  if (bytes.length > TEXT_BYTES) {
    throw new ProofError('PROOF_TEXT_TOO_LARGE', `${bytes.length} bytes; ${TEXT_BYTES} are allowed`)
  }
  return text(bytes)
}
