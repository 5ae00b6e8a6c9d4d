import { type Claim, type Objects, tenantOfAddress } from '../core/objects.ts'
import { knownEntities } from '../lineage/erasures.ts'
import type { Database } from '../lineage/graph.ts'
import { attachmentId, exportId, nameInClaim, tenantInClaim } from './claims.ts'
import { discardAttachments } from './discard-attachments.ts'
import { discardExports } from './discard-exports.ts'

/** For how long a file may wait to be recorded; no command takes as long. */
export const RECORDED_WITHIN_MS = 600_000

/**
 * Deletes the files that were never recorded, because a server died or the record was refused: no
 * erasure could find them. One that something recorded leads to as well stays.
 *
 * @param now The clock, in milliseconds.
 */
export async function discardUnrecorded(
  { database, objects }: { database: Database; objects: Objects },
  now: number,
) {
  const claims = await objects.claims()
  const isYoung = ({ since }: Claim) => since > now - RECORDED_WITHIN_MS
  // The very same bytes may be about to be recorded by another.
  const young = new Set(claims.filter(isYoung).map(({ address }) => address))
  for (const claim of claims.filter(({ address }) => !young.has(address))) {
    const [tenant, name] = [tenantInClaim(claim.by), nameInClaim(claim.by)]
    const isOwn = tenantOfAddress(claim.address) !== undefined
    const id = isOwn ? attachmentId(name) : exportId(name)
    const isRecorded = (await knownEntities(database.graph(tenant).read, [id])).has(id)
    const files = [claim.address]
    if (!isRecorded && !isOwn) {
      const tell = () => Promise.resolve()
      await discardExports({ database, objects, tenant, files, tell }, new Set())
    }
    await objects.settle(claim)
    // Only now: a claim keeps the file of an attachment, be it its last.
    if (!isRecorded && isOwn) await discardAttachments({ database, objects }, tenant, files)
  }
}
