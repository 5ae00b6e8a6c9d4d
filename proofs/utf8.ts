import { ProofError } from './error.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Writes text as UTF-8.
 *
 * @throws {ProofError} `PROOF_ENCODING` at a lone surrogate: the platform would replace it silently,
 * and two different texts would get the same bytes.
 */
export function utf8(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new ProofError('PROOF_ENCODING', 'a lone surrogate has no UTF-8')
  return encoder.encode(text)
}

/**
 * Reads UTF-8; a byte order mark is kept as the character it is.
 *
 * @throws {ProofError} `PROOF_ENCODING` at the first ill-formed sequence.
 */
export function text(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new ProofError('PROOF_ENCODING', 'not well-formed UTF-8', { cause })
  }
}

/** Orders texts by UTF-16 code units, as RFC 8785 sorts members; negative, zero or positive. */
export const compareUtf16 = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
