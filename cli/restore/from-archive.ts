import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { failpoint } from '../../core/failpoint.ts'
import { type Archive, openArchive } from '../../domains/backup/archive-reader.ts'
import { type ArchiveAudit, auditArchive } from '../../domains/backup/audit-archive.ts'
import type { TenantAudit } from '../../domains/backup/audit-tenant.ts'
import { compareKnown, requireNewest } from '../../domains/backup/known.ts'
import { notClean } from '../../domains/backup/problems.ts'
import { finishRestore, restoreArchive } from '../../domains/backup/restore-archive.ts'
import { restoreFiles } from '../../domains/backup/restore-files.ts'
import { checkLog } from '../../domains/fsck/check-log.ts'
import type { Scope } from '../../domains/fsck/scope.ts'
import { timeByBody } from '../../domains/openlineage/run-times.ts'
import { registerLost } from '../../domains/restore/problems.ts'
import { restoreLog, type Told } from '../../domains/restore/restore-logs.ts'
import type { ErasingOptions } from '../../ledger/erasing.ts'
import type { Keys } from '../../ledger/keys.ts'
import { openRegister, type Register } from '../../ledger/register.ts'
import type { Database } from '../../lineage/graph.ts'
import { readLog } from '../../lineage/log.ts'
import { migrate } from '../../lineage/migrations.ts'
import { type Config, readConfig } from '../../server/config.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { openServiceKeys } from '../../server/open.ts'
import { withDatabase } from '../../server/with-database.ts'
import { readPassphrase } from '../passphrase.ts'
import {
  due,
  nextOrigins,
  readKnown,
  registeredCheckpoints,
  requireOurs,
  sizesIn,
} from './against.ts'
import { openErasing, reopenLogs } from './reopen.ts'

export interface FromArchive {
  file: string
  passphraseFile: string
  /** Files with what others know of the logs. */
  known: readonly string[]
  dropUnsigned: boolean
  /** Whether a log that begins with all that was signed goes on under its origin. */
  keepOrigin: boolean
  dryRun: boolean
  /** Asked once everything is checked, and before anything is written: whether to go on. */
  confirm?(due: readonly RestoredTenant[]): Promise<boolean>
}

/** What became of one tenant. */
export type RestoredTenant = Told & {
  /** How many checkpoints known elsewhere were compared, and how many go beyond the backup. */
  compared: number
  beyond: number
  /** Erasures that were carried out again. */
  erased?: number
}

/** What a restore works with. */
interface Work {
  config: Config
  archive: Archive
  audit: ArchiveAudit
  register: Register
  keys: Keys
  erasing: ErasingOptions
  options: FromArchive
}

const progress = progressTo(process.stderr)
const tell = (stage: string) => (at: { tenant: string; done: number; of: number }) =>
  progress.step(`${stage} ${at.tenant}: ${at.done} of ${at.of}`)

/**
 * Restores a backup into an empty database. Everything is checked before anything is written: the whole
 * archive, and every checkpoint that is known elsewhere; and what was written before any origin is closed.
 *
 * @returns What became of each tenant, or would; `null` where it was not confirmed.
 */
export async function restoreFromArchive(
  options: FromArchive,
  config: Config = readConfig(),
): Promise<RestoredTenant[] | null> {
  const path = join(config.home, 'register.sqlite')
  // Opening it would make an empty one.
  if (!existsSync(path)) throw registerLost(`${path} is missing`)
  const ends: (() => void)[] = [() => progress.done()]
  const closing = <T extends { close(): void }>(opened: T) => {
    ends.push(() => opened.close())
    return opened
  }
  try {
    const erasing = closing(await openErasing(config))
    const archive = closing(await openArchive(options.file, readPassphrase(options.passphraseFile)))
    const register = closing(openRegister(path))
    const { audit, due } = await look({ archive, register, options, config })
    if (options.dryRun) return due
    if (options.confirm && !(await options.confirm(due))) return null
    const keys = await openServiceKeys(config)
    const work = { config, archive, audit, register, keys, erasing, options }
    const told = await withDatabase(config, { progress }, (database) => carryOut(database, work))
    return told.map((one, i) => {
      const { compared, beyond } = due[i]!
      return { ...one, compared, beyond }
    })
  } finally {
    for (const end of ends.reverse()) end()
  }
}

/** Checks all that can be checked without a database, and says what would be done. */
async function look({
  archive,
  register,
  options,
  config,
}: Pick<Work, 'archive' | 'register' | 'options' | 'config'>) {
  const known = readKnown(options.known)
  const registered = await registeredCheckpoints(register, config.service)
  const all = [...known, ...registered]
  const audit = auditArchive(archive, { sizesOf: sizesIn(all), onProgress: tell('checking') })
  progress.done()
  // To be looked at alone: a home without keys is not to get any by this.
  const held = await openServiceKeys(config, { signing: false })
  await requireOurs(audit, { service: config.service, register, keys: held })
  const compared = audit.tenants.map((tenant) => {
    const told = compareKnown(tenant, all)
    requireNewest(tenant, { tenant: tenant.tenant, checkpoints: registered }, known)
    return told
  })
  const origins = await nextOrigins(register, audit, options.keepOrigin)
  const dueOf = (tenant: TenantAudit, i: number): RestoredTenant => ({
    ...due(tenant, origins[i]!, registered),
    ...compared[i]!,
  })
  return { audit, due: audit.tenants.map(dueOf) }
}

async function carryOut(database: Database, work: Work) {
  const { archive, audit, register, keys, erasing, config, options } = work
  await migrate(database)
  await restoreArchive({ database, archive, timeOf: timeByBody, onProgress: tell('restoring') })
  for (const tenant of audit.tenants) await requireClean(database, tenant)
  // After the records that lead to them, and before anybody can ask for them.
  await restoreFiles(archive, erasing.objects, ({ files }) =>
    progress.step(`restoring files: ${files}`),
  )
  const restoring = { database, register, service: config.service, timeOf: timeByBody }
  const told: Told[] = []
  for (const { tenant, epoch } of audit.tenants) {
    const head = await readLog(database.graph(tenant).read)
    // A call that was killed may have opened one already.
    const anew = !options.keepOrigin && head?.epoch === epoch
    const { dropUnsigned } = options
    told.push(await restoreLog(restoring, tenant, { dropUnsigned, anew }))
  }
  failpoint('restore-opened')
  // Closed to servers as it is: whoever calls again goes on from here.
  if (told.some(({ outcome }) => outcome === 'refused')) return told
  const reopening = { database, service: config.service, keys, register, erasing }
  const erased = await reopenLogs({ ...reopening, restoring: archive.id }, audit.tenants)
  for (const tenant of audit.tenants)
    await requireClean(database, tenant, { since: tenant.size, sample: null })
  await finishRestore(database)
  return told.map((one) => ({ ...one, erased: erased.get(one.tenant) ?? 0 }))
}

/** Bodies that were erased while the backup was made are away, and are erased again further on. */
async function requireClean(
  database: Database,
  { tenant, erasedSince }: TenantAudit,
  scope?: Scope,
) {
  const { differences } = await checkLog(database.graph(tenant), tell('looking at'), scope)
  const since = new Set(erasedSince)
  const strange = differences.filter(
    ({ name, seq }) => !(name === 'BODY_MISSING' && seq !== undefined && since.has(seq)),
  )
  const [first] = strange
  if (first)
    throw notClean(
      tenant,
      strange.length,
      `${first.name} at ${first.seq ?? first.id}: ${first.what}`,
    )
}
