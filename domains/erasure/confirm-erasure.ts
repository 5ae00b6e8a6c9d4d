import type { Draft } from '../../ledger/draft.ts'
import type { Ledger, Receipt } from '../../ledger/ledger.ts'
import type { ErasureBody } from './erasure.ts'
import { erasurePending, erasureUnknown } from './problems.ts'

/**
 * Records that nothing holds any more what was erased: backups made before it are gone, and the
 * transaction logs are pruned. Only an operator can know that, and not before the time that the
 * configured retention allows; to confirm again records nothing.
 *
 * @throws {Problem} `ERASURE_UNKNOWN`, `ERASURE_PENDING`, and what the ledger refuses.
 */
export const confirmErasure = (
  ledger: Ledger,
  { tenant, subject, key, id }: { tenant: string; subject: string; key?: string; id: string },
): Promise<Receipt> =>
  ledger.submit({
    tenant,
    subject,
    key,
    request: JSON.stringify(['confirmErasure', id]),
    ids: [id],
    run: async (draft) => [confirm(draft, id)],
  })

function confirm(draft: Draft, id: string) {
  const found = draft.get(id)
  if (found?.kind !== 'Erasure' || found.erased !== null) throw erasureUnknown(id)
  const { status, pendingUntil } = found.fields as unknown as ErasureBody
  if (status === 'pending' && draft.at < pendingUntil) throw erasurePending(id, pendingUntil)
  const confirmed = { status: 'complete', confirmedAt: draft.at }
  return draft.assert({ kind: 'Erasure', id, fields: status === 'pending' ? confirmed : {} })
}
