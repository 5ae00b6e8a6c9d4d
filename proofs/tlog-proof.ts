import { std64, unstd64 } from './base64.ts'
import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts'
import { ProofError } from './error.ts'
import { HASH_BYTES, type Sha256 } from './hash.ts'
import { verifyInclusion } from './inclusion.ts'

const TITLE = 'c2sp.org/tlog-proof@v1'
const EXTRA = 'extra '
const INDEX = /^index (0|[1-9][0-9]{0,15})$/

/** The most hashes of a path: a tree of 2^63 leaves asks for no more. */
const MOST_HASHES = 63

/** One entry's proof with its checkpoint, a text of its own (C2SP tlog-proof). */
export interface TlogProof {
  /** Whatever the log's own application adds. Nobody signs it; ours adds nothing. */
  extra: Uint8Array | null
  index: number
  /** The sibling hashes from the leaf's neighbour up to the root's child. */
  path: readonly Uint8Array[]
  /** The signed note, byte for byte, cosignatures included. */
  checkpoint: string
}

/** Writes a `.tlog-proof`. */
export function formatTlogProof({ extra, index, path, checkpoint }: TlogProof) {
  const added = extra ? [`${EXTRA}${std64(extra)}`] : []
  const lines = [TITLE, ...added, `index ${index}`, ...path.map((hash) => std64(hash))]
  return `${lines.map((line) => `${line}\n`).join('')}\n${checkpoint}`
}

/**
 * Reads a `.tlog-proof`, in the one form that `formatTlogProof` writes; nothing is verified yet.
 *
 * @throws {ProofError} `PROOF_TLOG_PROOF`
 */
export function parseTlogProof(text: string): TlogProof {
  const border = text.indexOf('\n\n')
  if (border < 0) throw malformed('no empty line before the checkpoint')
  const [title, ...lines] = text.slice(0, border).split('\n')
  if (title !== TITLE) throw malformed(`its first line is not ${TITLE}`)
  const extra = lines[0]?.startsWith(EXTRA) ? bytesOf(lines.shift()!.slice(EXTRA.length)) : null
  const index = Number(INDEX.exec(lines.shift() ?? '')?.[1] ?? Number.NaN)
  if (!Number.isSafeInteger(index)) throw malformed('it lacks its line «index <number>»')
  if (lines.length > MOST_HASHES) throw malformed(`over ${MOST_HASHES} hashes`)
  const path = lines.map(bytesOf)
  if (path.some(({ length }) => length !== HASH_BYTES)) throw malformed('a line is no hash')
  return { extra, index, path, checkpoint: text.slice(border + 2) }
}

/**
 * Verifies that an entry is in a log, by a proof and the log's key (C2SP tlog-proof, "Verifying").
 *
 * @param entry The entry's bytes, not yet hashed.
 * @returns The checkpoint that covers it, and where the entry stands.
 * @throws {ProofError} `PROOF_TLOG_PROOF`; as `verifyCheckpoint` and `verifyInclusion`.
 */
export function verifyTlogProof(
  sha256: Sha256,
  text: string,
  { entry, key }: { entry: Uint8Array; key: { origin: string; x: string } },
): Checkpoint & { index: number } {
  const { index, path, checkpoint: note } = parseTlogProof(text)
  const checkpoint = verifyCheckpoint(sha256, note, key)
  verifyInclusion(sha256, entry, { index, size: checkpoint.size, path }, checkpoint.root)
  return { ...checkpoint, index }
}

function bytesOf(encoded: string) {
  try {
    return unstd64(encoded)
  } catch (cause) {
    throw new ProofError('PROOF_TLOG_PROOF', 'not a tlog-proof: base64 in another form', { cause })
  }
}

const malformed = (what: string) => new ProofError('PROOF_TLOG_PROOF', `not a tlog-proof: ${what}`)
