import { v7 as uuidv7 } from 'uuid'
import { failpoint } from '../../core/failpoint.ts'
import type { Objects, Spooled } from '../../core/objects.ts'
import { attachmentId, fileClaim } from '../../ledger/claims.ts'
import { RECORDED_WITHIN_MS } from '../../ledger/discard-unrecorded.ts'
import type { Ledger, Receipt } from '../../ledger/ledger.ts'

/** What attaching needs of the service. */
export interface Attaching {
  ledger: Pick<Ledger, 'find' | 'submit'>
  objects: Pick<Objects, 'put' | 'settle'>
}

/** A file that somebody wants attached. */
export interface AttachRequest {
  tenant: string
  subject: string
  /** The caller's Idempotency-Key: the same key gets the same attachment. */
  key?: string
  file: Spooled
  mediaType: string
  name: string
  /** The entity that it documents, by its URN. */
  to: string | null
}

/**
 * Keeps a file as the tenant's own and then records its attachment, in that order: no record ever leads
 * to a file that was not there. What dies in between leaves a claim, by which the file is found and
 * deleted.
 *
 * @param now A clock that nobody sets, in milliseconds.
 * @throws {Problem} `UNKNOWN_NEIGHBOUR`, and what the store and `Ledger.submit` refuse.
 */
export async function attach(
  { ledger, objects }: Attaching,
  { file, mediaType, name, to, ...caller }: AttachRequest,
  now: () => number = () => performance.now(),
): Promise<Receipt & { id: string }> {
  const { sha256, size } = file
  const request = JSON.stringify(['attach', sha256, size, mediaType, name, to])
  const made = await ledger.find({ ...caller, request })
  if (made) return { ...made, id: made.outcomes[0]!.id }
  const { address, by, id } = await putClaimed(objects, caller.tenant, file, now)
  failpoint('attachment-put')
  const fields = { sha256, size, mediaType }
  const link = to === null ? [] : [{ rel: 'BASED_ON' as const, id: to }]
  const receipt = await ledger.submit({
    ...caller,
    request,
    ids: to === null ? [id] : [id, to],
    run: async (draft) => [
      draft.assert({ kind: 'Attachment', id, namespace: 'attachment', name, fields, link }),
    ],
  })
  failpoint('attachment-recorded')
  // Of two that were asked for under one key at once, the one that is recorded has the same file.
  // And it is recorded, whatever has become of the store: a claim that stays is settled by who finds it.
  await objects.settle({ address, by }).catch(() => {})
  return { ...receipt, id: receipt.outcomes[0]!.id }
}

/**
 * Puts a file under a claim that is young when this resolves: an older one is taken for that of a server
 * that has died, and a bucket may be slow.
 */
async function putClaimed(
  objects: Attaching['objects'],
  tenant: string,
  file: Spooled,
  now: () => number,
) {
  let old: string | undefined
  for (;;) {
    const name = uuidv7()
    const began = now()
    const by = fileClaim(tenant, name)
    const address = await objects.put(file, by, tenant)
    if (old !== undefined) await objects.settle({ address, by: old })
    // What was put already is not sent again.
    if (now() - began < RECORDED_WITHIN_MS / 2) return { address, by, id: attachmentId(name) }
    old = by
  }
}
