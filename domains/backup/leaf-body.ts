import { sha256 } from '../../core/sha256.ts'
import { EMPTY_BODY } from '../../ledger/versions.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { bodyRoot, sealFields } from '../../proofs/body.ts'
import { ProofError } from '../../proofs/error.ts'
import { type Json, parseJson } from '../../proofs/json.ts'
import type { RecordHeader } from '../../proofs/leaf.ts'
import type { LeafLine } from './lines.ts'

/**
 * Says whether the body of a record is there: the very one that its header commits to. `none` where it
 * never had any.
 *
 * @throws {ProofError} `PROOF_ROOT_MISMATCH` where another is there.
 */
export function bodyOf(
  { action, body }: RecordHeader,
  { fields, secret }: Pick<LeafLine, 'fields' | 'secret'>,
): 'there' | 'none' | 'missing' {
  if (fields === undefined || secret === undefined) {
    const hasNone = action === 'retire' || (action === 'erase' && body === EMPTY_BODY)
    return hasNone ? 'none' : 'missing'
  }
  const values = parseJson(fields) as Record<string, Json>
  if (b64(bodyRoot(sha256, sealFields(sha256, unb64(secret), values))) !== body) {
    throw new ProofError('PROOF_ROOT_MISMATCH', 'its body is another than its header says')
  }
  return 'there'
}
