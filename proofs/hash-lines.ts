import { std64, unstd64 } from './base64.ts'
import { ProofError } from './error.ts'
import { HASH_BYTES } from './hash.ts'

/** A tree of 2^63 leaves has no longer path (C2SP tlog-witness names this limit). */
const MOST_HASHES = 63
const NUMBER = /^(?:0|[1-9][0-9]{0,15})$/

/** What C2SP's proof texts share: lines of words, hashes in std64 a line each, and behind an empty line a checkpoint. */
export interface ProofLines {
  /** The lines before the hashes, without their newlines. */
  head: string[]
  path: Uint8Array[]
  /** A signed note, byte for byte. */
  checkpoint: string
}

/** Writes the text. */
export const formatProofLines = ({ head, path, checkpoint }: ProofLines) =>
  `${[...head, ...path.map(std64)].map((line) => `${line}\n`).join('')}\n${checkpoint}`

/**
 * Reads the text, whose first `heads` lines are words.
 *
 * @throws {ProofError} `PROOF_TLOG_PROOF` without an empty line, with fewer lines than `heads`, with
 * more than 63 hashes, or with one that is none.
 */
export function parseProofLines(text: string, heads: number): ProofLines {
  const border = text.indexOf('\n\n')
  if (border < 0) throw malformed('no empty line before a checkpoint')
  const lines = text.slice(0, border).split('\n')
  const hashes = lines.slice(heads)
  if (lines.length < heads) throw malformed('a line is missing')
  if (hashes.length > MOST_HASHES) throw malformed(`more than ${MOST_HASHES} hashes`)
  return {
    head: lines.slice(0, heads),
    path: hashes.map(hashOf),
    checkpoint: text.slice(border + 2),
  }
}

/**
 * Reads a line that is a word and a number, the number in its one form.
 *
 * @throws {ProofError} `PROOF_TLOG_PROOF`
 */
export function numberLine(line: string | undefined, word: string): number {
  const [first, number = '', ...more] = (line ?? '').split(' ')
  const value = Number(number)
  if (first !== word || more.length > 0 || !NUMBER.test(number) || !Number.isSafeInteger(value)) {
    throw malformed(`no line «${word}» with a number`)
  }
  return value
}

function hashOf(line: string) {
  const bytes = bytesOf(line)
  if (bytes.length !== HASH_BYTES) throw malformed('a line that is no hash')
  return bytes
}

/** Reads std64; what is none gives no bytes, which every caller refuses. */
function bytesOf(line: string) {
  try {
    return unstd64(line)
  } catch {
    return new Uint8Array()
  }
}

const malformed = (message: string) => new ProofError('PROOF_TLOG_PROOF', message)
