import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { failpoint } from '../../core/failpoint.ts'
import { type Archive, openArchive } from '../../domains/backup/archive-reader.ts'
import { type ArchiveAudit, auditArchive } from '../../domains/backup/audit-archive.ts'
import type { TenantAudit } from '../../domains/backup/audit-tenant.ts'
import { compareKnown, requireNewest } from '../../domains/backup/known.ts'
import { notClean } from '../../domains/backup/problems.ts'
import { finishRestore, restoreArchive } from '../../domains/backup/restore-archive.ts'
import { checkLog } from '../../domains/fsck/check-log.ts'
import type { Scope } from '../../domains/fsck/scope.ts'
import { timeByBody } from '../../domains/openlineage/run-times.ts'
import { registerLost } from '../../domains/restore/problems.ts'
import { restoreLog, type Told } from '../../domains/restore/restore-logs.ts'
import { openErasureJournal } from '../../ledger/erasures.ts'
import type { Keys } from '../../ledger/keys.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { openRegister, type Register } from '../../ledger/register.ts'
import type { Database } from '../../lineage/graph.ts'
import { readLog } from '../../lineage/log.ts'
import { migrate } from '../../lineage/migrations.ts'
import { type Config, readConfig } from '../../server/config.ts'
import { TRANSACTION_LOG_DAYS } from '../../server/neo4j/home.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { openObjectStore } from '../../server/objects/open.ts'
import { openServiceKeys } from '../../server/open.ts'
import { withDatabase } from '../../server/with-database.ts'
import { tellFailure } from '../failure.ts'
import { readPassphrase } from '../passphrase.ts'
import {
  due,
  nextOrigins,
  readKnown,
  registeredCheckpoints,
  requireOurs,
  sizesIn,
} from './against.ts'

export interface FromArchive {
  file: string
  passphraseFile: string
  /** Files with what others know of the logs. */
  known: readonly string[]
  dropUnsigned: boolean
  /** Whether a log that begins with all that was signed goes on under its origin. */
  keepOrigin: boolean
  dryRun: boolean
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
  options: FromArchive
}

const progress = progressTo(process.stderr)
const tell = (stage: string) => (at: { tenant: string; done: number; of: number }) =>
  progress.step(`${stage} ${at.tenant}: ${at.done} of ${at.of}`)

/**
 * Restores a backup into an empty database. Everything is checked before anything is written: the whole
 * archive, and every checkpoint that is known elsewhere; and what was written before any origin is closed.
 */
export async function restoreFromArchive(
  options: FromArchive,
  config: Config = readConfig(),
): Promise<RestoredTenant[]> {
  const path = join(config.home, 'register.sqlite')
  // Opening it would make an empty one.
  if (!existsSync(path)) throw registerLost(`${path} is missing`)
  const archive = await openArchive(options.file, readPassphrase(options.passphraseFile))
  const register = openRegister(path)
  try {
    const known = readKnown(options.known)
    const registered = await registeredCheckpoints(register, config.service)
    const all = [...known, ...registered]
    const audit = auditArchive(archive, {
      sizesOf: sizesIn(all),
      onProgress: tell('checking'),
    })
    progress.done()
    // To be looked at alone: a home without keys is not to get any by this.
    const held = await openServiceKeys(config, { signing: false })
    await requireOurs(audit, { service: config.service, register, keys: held })
    const keys = options.dryRun ? null : await openServiceKeys(config)
    const compared = audit.tenants.map((tenant) => {
      const told = compareKnown(tenant, all)
      requireNewest(tenant, { tenant: tenant.tenant, checkpoints: registered }, known)
      return told
    })
    if (keys === null) {
      const origins = await nextOrigins(register, audit, options.keepOrigin)
      return audit.tenants.map((one, i) => {
        return { ...due(one, origins[i]!, registered), ...compared[i]! }
      })
    }
    const told = await withDatabase(config, { progress }, (database) =>
      carryOut(database, { config, archive, audit, register, keys, options }),
    )
    return told.map((one, i) => ({ ...one, ...compared[i]! }))
  } finally {
    progress.done()
    register.close()
    archive.close()
  }
}

async function carryOut(database: Database, work: Work) {
  const { archive, audit, register, config, options } = work
  await migrate(database)
  await restoreArchive({ database, archive, timeOf: timeByBody, onProgress: tell('restoring') })
  for (const tenant of audit.tenants) await requireClean(database, tenant)
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
  const erased = await reopen(database, work)
  for (const tenant of audit.tenants)
    await requireClean(database, tenant, { since: tenant.size, sample: null })
  await finishRestore(database)
  return told.map((one) => ({ ...one, erased: erased.get(one.tenant) ?? 0 }))
}

/** Erases again what the backup brought back, and signs, before any server can show it. */
async function reopen(database: Database, { config, archive, audit, register, keys }: Work) {
  const { home, service, backupDays } = config
  const journal = openErasureJournal(join(home, 'erasures.sqlite'))
  const objects = await openObjectStore(config, tellFailure)
  const pendingDays = Math.max(backupDays, TRANSACTION_LOG_DAYS)
  const ledger = await openLedger({
    ...{ database, service, keys, register, signing: 'on demand', restoring: archive.id },
    erasing: { journal, objects, pendingDays },
  })
  const erased = new Map<string, number>()
  try {
    for (const { tenant } of audit.tenants) {
      erased.set(tenant, (await ledger.reapplyErasures(tenant)).erased)
      const head = await readLog(database.graph(tenant).read)
      // Where it cannot be signed now, the next server that starts does it.
      await ledger.checkpointOf(tenant, head!.written).catch(tellFailure)
    }
  } finally {
    await ledger.close()
    journal.close()
  }
  return erased
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
