import { v7 as uuidv7 } from 'uuid'
import type { Ground } from '../../ledger/draft.ts'
import type { Ledger, Receipt } from '../../ledger/ledger.ts'
import { reasonInvalid } from './problems.ts'

/** Who wants what erased, and on what ground. */
export interface ErasureRequest {
  tenant: string
  subject: string
  /** The caller's Idempotency-Key: the same key gets the same erasure. */
  key?: string
  ground: Ground
  reason: string
  /** An entity, or some of its records; or the subject whose pseudonym shall stand for nobody. */
  what: { entity: string; records?: readonly number[] } | { actorOf: string }
}

/** An erasure, or `null` where there was nothing left to erase. */
export type Erased = Receipt & { id: string | null }

const LONGEST_REASON = 2_000

/**
 * Erases for good, and leaves an `Erasure` that says on what ground (docs/runbooks/erasure.md).
 *
 * @throws {Problem} `ERASE_REASON_INVALID`, and what `Ledger.erase` refuses.
 */
export async function erase(ledger: Ledger, request: ErasureRequest): Promise<Erased> {
  const { tenant, subject, key, ground, what } = request
  const reason = request.reason.trim()
  if (reason === '' || reason.length > LONGEST_REASON || !reason.isWellFormed()) {
    throw reasonInvalid(LONGEST_REASON)
  }
  const receipt = await ledger.erase({
    tenant,
    subject,
    key,
    request: JSON.stringify(['erase', what, ground, reason]),
    because: { id: `urn:selvedge:erasure:${uuidv7()}`, ground, reason },
    what,
  })
  const told = receipt.outcomes.findLast(({ id }) => id.startsWith('urn:selvedge:erasure:'))
  return { ...receipt, id: told?.changed ? told.id : null }
}
