import { b64, unb64 } from './base64.ts'
import type { Batch } from './batch.ts'
import { boundedText } from './bounded-text.ts'
import { canonicalBytes } from './canonical.ts'
import { ProofError } from './error.ts'
import type { Json } from './json.ts'
import {
  closed,
  count,
  hash,
  listOf,
  type Members,
  object,
  oneOf,
  parseCanonical,
} from './members.ts'

/** What `proof.json` holds: the batch proof, and what is shown of the state tree. */
export interface ProofFile extends Batch {
  /** As `statePartJson` gives it and `readStatePart` reads it. */
  state?: Json
}

/** Gives the bytes of `proof.json`. */
export const proofBytes = ({ size, seqs, hashes, state }: ProofFile): Uint8Array =>
  canonicalBytes({
    v: 'selvedge/proof/1',
    size,
    seqs: [...seqs],
    hashes: hashes.map((hash) => b64(hash)),
    ...(state !== undefined && { state }),
  })

/**
 * Reads `proof.json`; whether it proves anything, `verifyBatch` says, and of `state` `readStatePart` and what follows.
 *
 * @throws {ProofError} `PROOF_SEQS` for places out of order, twice, or beyond the size; `PROOF_JSON_*`,
 * `PROOF_MEMBERS`, `PROOF_VALUE`, `PROOF_TEXT_TOO_LARGE`
 */
export function parseProof(bytes: Uint8Array): ProofFile {
  const value = object(parseCanonical(boundedText(bytes)), 'the proof')
  const members = ['v', 'size', 'seqs', 'hashes']
  const proof = closed(
    value,
    'the proof',
    Object.hasOwn(value, 'state') ? [...members, 'state'] : members,
  )
  oneOf('selvedge/proof/1')(proof.v, 'v')
  return { ...readBatch(proof), ...(proof.state !== undefined && { state: proof.state }) }
}

/**
 * Reads a batch proof from the members that have it.
 *
 * @throws {ProofError} `PROOF_SEQS`, `PROOF_VALUE`
 */
export function readBatch(proof: Members): Batch {
  const size = count(proof.size, 'size')
  const seqs = listOf(count)(proof.seqs, 'seqs')
  if (seqs.some((seq, i) => seq >= size || seq <= (seqs[i - 1] ?? -1))) {
    throw new ProofError(
      'PROOF_SEQS',
      'the places are out of order, twice there, or beyond the size',
    )
  }
  return { size, seqs, hashes: listOf(hash)(proof.hashes, 'hashes').map(unb64) }
}
