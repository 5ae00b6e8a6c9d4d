import type { Draft, Outcome } from '../../ledger/draft.ts'
import type { Ledger, Receipt } from '../../ledger/ledger.ts'
import { grantUnknown } from '../../lineage/problems.ts'
import type { Json } from '../../proofs/json.ts'
import { type By, referenceTo } from './give.ts'

/**
 * Ends a grant on both logs, in one transaction: it holds for no request that comes after. To revoke
 * it again records nothing.
 *
 * @param to The tenant that holds it, as its record says: that never changes.
 * @throws {Problem} `GRANT_UNKNOWN` unless this tenant gave it, and what the ledger refuses.
 */
export function revokeGrant(
  ledger: Ledger,
  { id, to }: { id: string; to: string },
  { tenant, subject, key }: By,
): Promise<Receipt> {
  let revokedAt: string
  let reference: ReturnType<typeof referenceTo>
  const end = (draft: Draft, fields: Record<string, Json>): Outcome =>
    draft.assert({ kind: 'Grant', id, fields })
  return ledger.submitAcross({
    tenant,
    subject,
    key,
    request: JSON.stringify(['grantRevoke', id]),
    ids: [id],
    run: async (draft) => {
      const found = draft.get(id)
      if (found?.kind !== 'Grant' || found.fields.side !== 'given') throw grantUnknown(id)
      revokedAt = (found.fields.revokedAt as string | undefined) ?? draft.at
      const outcome = end(draft, { revokedAt })
      reference = referenceTo(draft, id)
      return [outcome]
    },
    other: to,
    mirror: {
      ids: [id],
      // A restore may have cut it off the receiver's log: nothing is left there to be ended.
      run: async (draft) => (draft.get(id) ? [end(draft, { revokedAt, reference })] : []),
    },
  })
}
