import { std64, unstd64 } from './base64.ts'
import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import { formatProofLines, numberLine, parseProofLines } from './hash-lines.ts'
import { verifyInclusion } from './inclusion.ts'

const TITLE = 'c2sp.org/tlog-proof@v1'

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
export const formatTlogProof = ({ extra, index, path, checkpoint }: TlogProof) =>
  formatProofLines({
    head: [TITLE, ...(extra ? [`extra ${std64(extra)}`] : []), `index ${index}`],
    path: [...path],
    checkpoint,
  })

/**
 * Reads a `.tlog-proof`, in the one form that `formatTlogProof` writes; nothing is verified yet.
 *
 * @throws {ProofError} `PROOF_TLOG_PROOF`
 */
export function parseTlogProof(text: string): TlogProof {
  const hasExtra = text.startsWith(`${TITLE}\nextra `)
  const { head, path, checkpoint } = parseProofLines(text, hasExtra ? 3 : 2)
  if (head[0] !== TITLE) throw new ProofError('PROOF_TLOG_PROOF', `the first line is not ${TITLE}`)
  const extra = hasExtra ? extraOf(head[1]!) : null
  return { extra, index: numberLine(head.at(-1), 'index'), path, checkpoint }
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

function extraOf(line: string) {
  try {
    return unstd64(line.slice('extra '.length))
  } catch (cause) {
    throw new ProofError('PROOF_TLOG_PROOF', 'the extra line is no base64', { cause })
  }
}
