import { ProofError } from './error.ts'
import { formatProofLines, numberLine, parseProofLines } from './hash-lines.ts'

/**
 * A checkpoint and what leads to it from an earlier size: the body that a witness takes (C2SP
 * tlog-witness, add-checkpoint), and the form in which we hand on a consistency proof.
 */
export interface AddCheckpoint {
  /** The size of the earlier checkpoint. */
  old: number
  /** The consistency path (RFC 6962 section 2.1.2); empty from size 0, and where nothing was added. */
  path: readonly Uint8Array[]
  /** The later checkpoint: a signed note, byte for byte. */
  checkpoint: string
}

/** Writes the text. */
export const formatAddCheckpoint = ({ old, path, checkpoint }: AddCheckpoint) =>
  formatProofLines({ head: [`old ${old}`], path: [...path], checkpoint })

/**
 * Reads the text, in the one form that `formatAddCheckpoint` writes; nothing is verified yet.
 *
 * @throws {ProofError} `PROOF_TLOG_PROOF`
 */
export function parseAddCheckpoint(text: string): AddCheckpoint {
  const { head, path, checkpoint } = parseProofLines(text, 1)
  const old = numberLine(head[0], 'old')
  if (old === 0 && path.length > 0) {
    throw new ProofError(
      'PROOF_TLOG_PROOF',
      'a proof from nothing, where there is nothing to prove',
    )
  }
  return { old, path, checkpoint }
}
