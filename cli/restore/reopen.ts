import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { journalBehind, journalLost } from '../../domains/restore/problems.ts'
import type { ErasingOptions } from '../../ledger/erasing.ts'
import { type ErasureJournal, openErasureJournal } from '../../ledger/erasures.ts'
import { type LedgerOptions, openLedger } from '../../ledger/ledger.ts'
import { erasedAmong } from '../../lineage/erasures.ts'
import { readLog } from '../../lineage/log.ts'
import type { Config } from '../../server/config.ts'
import { TRANSACTION_LOG_DAYS } from '../../server/neo4j/home.ts'
import { openObjectStore } from '../../server/objects/open.ts'
import { tellFailure } from '../failure.ts'

/**
 * Opens what erasing again takes: before anything is written, since a restore that could not would show
 * what somebody was promised is gone.
 *
 * @throws {Problem} `RESTORE_JOURNAL_LOST`, `OBJECT_STORE_REFUSED`
 */
export async function openErasing(config: Config): Promise<ErasingOptions & { close(): void }> {
  const journal = openJournal(join(config.home, 'erasures.sqlite'))
  try {
    const objects = await openObjectStore(config, tellFailure)
    const pendingDays = Math.max(config.backupDays, TRANSACTION_LOG_DAYS)
    const close = () => {
      objects.close()
      journal.close()
    }
    return { journal, objects, pendingDays, close }
  } catch (error) {
    journal.close()
    throw error
  }
}

function openJournal(path: string): ErasureJournal {
  // Opening it would make an empty one.
  if (!existsSync(path)) throw journalLost(`${path} is missing`)
  try {
    return openErasureJournal(path)
  } catch (error) {
    throw journalLost(`${path} cannot be read`, error)
  }
}

/** A log that was restored, and the records whose bodies were erased while its backup was made. */
interface Restored {
  tenant: string
  erasedSince: readonly number[]
}

/**
 * Erases again what a backup brought back, and signs, before any server can show it.
 *
 * @returns How many erasures were carried out again, by tenant.
 * @throws {Problem} `RESTORE_JOURNAL_BEHIND`; as `openLedger`
 */
export async function reopenLogs(
  options: Pick<LedgerOptions, 'database' | 'service' | 'keys' | 'register' | 'restoring'> & {
    erasing: ErasingOptions
  },
  logs: readonly Restored[],
): Promise<Map<string, number>> {
  const ledger = await openLedger({ ...options, signing: 'on demand' })
  const erased = new Map<string, number>()
  try {
    for (const { tenant, erasedSince } of logs) {
      const { read } = options.database.graph(tenant)
      erased.set(tenant, (await ledger.reapplyErasures(tenant)).erased)
      const gone = new Set((await erasedAmong(read, erasedSince)).map(({ seq }) => seq))
      const left = erasedSince.filter((seq) => !gone.has(seq))
      if (left.length > 0) throw journalBehind(tenant, left)
      const head = await readLog(read)
      // Where it cannot be signed now, the next server that starts does it.
      await ledger.checkpointOf(tenant, head!.written).catch(tellFailure)
    }
  } finally {
    await ledger.close()
  }
  return erased
}
