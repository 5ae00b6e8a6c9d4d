import { b64, unb64 } from './base64.ts'
import type { Batch } from './batch.ts'
import { boundedText } from './bounded-text.ts'
import { canonicalBytes } from './canonical.ts'
import { ProofError } from './error.ts'
import { closed, count, hash, listOf, oneOf, parseCanonical } from './members.ts'

/** Gives the bytes of `proof.json`. */
export const proofBytes = ({ size, seqs, hashes }: Batch): Uint8Array =>
  canonicalBytes({
    v: 'selvedge/proof/1',
    size,
    seqs: [...seqs],
    hashes: hashes.map((hash) => b64(hash)),
  })

/**
 * Reads `proof.json`; whether it proves anything, `verifyBatch` says.
 *
 * @throws {ProofError} `PROOF_SEQS` for places out of order, twice, or beyond the size; `PROOF_JSON_*`,
 * `PROOF_MEMBERS`, `PROOF_VALUE`, `PROOF_TEXT_TOO_LARGE`
 */
export function parseProof(bytes: Uint8Array): Batch {
  const members = ['v', 'size', 'seqs', 'hashes']
  const proof = closed(parseCanonical(boundedText(bytes)), 'the proof', members)
  oneOf('selvedge/proof/1')(proof.v, 'v')
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
