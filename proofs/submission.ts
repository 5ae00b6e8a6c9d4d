import { std64, unstd64 } from './base64.ts'
import { ProofError } from './error.ts'
import { HASH_BYTES } from './hash.ts'

/** What a log sends to a witness: `add-checkpoint` of C2SP tlog-witness. */
export interface Submission {
  /** The size that the witness is thought to have cosigned last; zero for none. */
  old: number
  /** The consistency proof from there (RFC 6962 section 2.1.2); empty from zero. */
  path: Uint8Array[]
  /** The checkpoint, signed by the log. */
  note: string
}

/** The most hashes of a proof: a tree of 2^63 leaves asks for no more. */
const MOST_HASHES = 63
const OLD = /^old (0|[1-9][0-9]{0,15})$/

/** Writes the body of a submission. */
export const formatSubmission = ({ old, path, note }: Submission) =>
  `old ${old}\n${path.map((hash) => `${std64(hash)}\n`).join('')}\n${note}`

/**
 * Reads the body of a submission; the note is handed back unread.
 *
 * @throws {ProofError} `PROOF_SUBMISSION`
 */
export function parseSubmission(text: string): Submission {
  const border = text.indexOf('\n\n')
  if (border < 0) throw malformed('no empty line before the checkpoint')
  const [first = '', ...hashes] = text.slice(0, border).split('\n')
  const old = Number(OLD.exec(first)?.[1] ?? Number.NaN)
  if (!Number.isSafeInteger(old)) throw malformed('its first line is not «old <size>»')
  if (hashes.length > MOST_HASHES) throw malformed(`over ${MOST_HASHES} hashes`)
  return { old, path: hashes.map(hashIn), note: text.slice(border + 2) }
}

function hashIn(line: string) {
  try {
    const hash = unstd64(line)
    if (hash.length === HASH_BYTES) return hash
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause
  }
  throw malformed('a line of the proof is no hash')
}

const malformed = (what: string) => new ProofError('PROOF_SUBMISSION', `not a submission: ${what}`)
