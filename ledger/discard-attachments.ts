import type { Objects } from '../core/objects.ts'
import { filedOf, knownEntities } from '../lineage/erasures.ts'
import type { Database } from '../lineage/graph.ts'
import { attachmentId, nameInClaim } from './claims.ts'
import { fileOf } from './filed.ts'
import { fileContested } from './problems.ts'

/**
 * Deletes those of a tenant's own files that none of its attachments leads to. The same bytes may be
 * attached anew at this very moment: then they stay, or are put again, as `Objects.collect` has it.
 *
 * @param files Their addresses.
 * @throws {Problem} `FILE_CONTESTED` where it could not be done in time.
 */
export async function discardAttachments(
  { database, objects }: { database: Database; objects: Objects },
  tenant: string,
  files: readonly string[],
) {
  if (files.length === 0) return
  await settleRecorded({ database, objects }, tenant, files)
  const { read } = database.graph(tenant)
  let led = new Set<string>()
  const gone = await objects.collect(files, async () => {
    led = await attachedFiles(read, tenant)
    return led
  })
  const claimed = new Set((await objects.claims()).map(({ address }) => address))
  const isDone = (file: string) => gone.includes(file) || led.has(file) || claimed.has(file)
  const left = files.filter((file) => !isDone(file))
  if (left.length > 0) throw fileContested(left.length)
}

/** A server that died after a record has left its claim, which must not keep the file from going. */
async function settleRecorded(
  { database, objects }: { database: Database; objects: Objects },
  tenant: string,
  files: readonly string[],
) {
  const claims = (await objects.claims()).filter(({ address }) => files.includes(address))
  const idOf = ({ by }: { by: string }) => attachmentId(nameInClaim(by))
  const known = await knownEntities(database.graph(tenant).read, claims.map(idOf))
  for (const claim of claims) if (known.has(idOf(claim))) await objects.settle(claim)
}

/** The addresses of every file that an attachment of the tenant leads to. */
async function attachedFiles(read: Parameters<typeof filedOf>[0], tenant: string) {
  const led = new Set<string>()
  for await (const page of filedOf(read, 'Attachment')) {
    for (const { fields, leads } of page) {
      const address = fileOf('Attachment', tenant, JSON.parse(fields ?? '{}'))
      if (leads && address !== undefined) led.add(address)
    }
  }
  return led
}
