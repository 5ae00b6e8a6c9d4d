import { boundedText } from './bounded-text.ts'
import { canonicalBytes } from './canonical.ts'
import { type ProofCode, ProofError } from './error.ts'
import type { Json } from './json.ts'

const NEWLINE = 0x0a

/** Gives one line of JCS a value, each ended by a newline. */
export function ndjsonBytes(values: readonly Json[]): Uint8Array {
  const lines = values.map((value) => canonicalBytes(value))
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, 0))
  let at = 0
  for (const line of lines) {
    bytes.set(line, at)
    bytes[at + line.length] = NEWLINE
    at += line.length + 1
  }
  return bytes
}

/**
 * Gives the lines of such a file, one after another, so that no more than one is held as text.
 *
 * @throws {ProofError} With `code` for a file that does not end with a newline; `PROOF_TEXT_TOO_LARGE`
 */
export function* ndjsonLines(bytes: Uint8Array, code: ProofCode): Generator<string> {
  if (bytes.at(-1) !== NEWLINE) throw new ProofError(code, 'the lines do not end with a newline')
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, at)
    yield boundedText(bytes.subarray(at, end))
    at = end + 1
  }
}
