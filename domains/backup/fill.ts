import type { CommandRow } from '../../lineage/commands.ts'
import { type Ask, query, serviceQuery } from '../../lineage/graph.ts'
import { OPEN } from '../../lineage/kinds.ts'
import type {
  ActorRow,
  LogLine,
  MergeState,
  OpeningLine,
  UsageState,
  WindowState,
} from './lines.ts'

/** A count store answers this, however much there is. Only the lock of migrations may be there. */
const OTHER_NODES = serviceQuery<{ nodes: number }>(`
  // how much an empty database holds too much
  MATCH (n) WITH count(n) AS nodes
  OPTIONAL MATCH (lock:MigrationLock {tenant: $tenant})
  WITH nodes, count(lock) AS locks
  RETURN nodes - locks AS nodes`)

const RESTORING = query<{ restoring: string | null }>(`
  // which backup is being restored
  MATCH (s:Service {tenant: $tenant})
  RETURN s.restoring AS restoring`)

const BEGIN_SERVICE = query(`
  // begin to restore the service
  MERGE (s:Service {tenant: $tenant})
  SET s.name = $name, s.register = $register, s.checkpointKeys = $checkpoint, s.manifestKeys = $manifest,
    s.restoring = $archive`)

const END_SERVICE = query(`
  // end the restoring of the service
  MATCH (s:Service {tenant: $tenant}) REMOVE s.restoring`)

const BEGIN_LOG = query(`
  // begin to restore a log
  MATCH (log:Log {tenant: $tenant})
  SET log.epoch = $epoch, log.kept = $kept, log.pastSizes = $pastSizes, log.pastRoots = $pastRoots`)

const END_LOG = query(`
  // end the restoring of a log
  MATCH (log:Log {tenant: $tenant})
  OPTIONAL MATCH (m:Merge {tenant: $tenant}) WHERE m.alias >= '' AND m.until = ${OPEN}
  WITH log, count(m) AS merges
  SET log.keySeqs = $keySeqs, log.checkpoint = $note, log.signed = $size,
    log.unsigned = CASE WHEN log.size > $size THEN true END,
    log.merges = CASE merges WHEN 0 THEN null ELSE merges END,
    log.witnessed = $witnessed, log.witnessedSize = $witnessedSize`)

const FILL_COMMANDS = query(`
  // bring commands back
  UNWIND $rows AS row
  MERGE (c:Command {tenant: $tenant, principal: row.principal, key: row.key}) SET c += row`)

const FILL_ACTORS = query(`
  // bring actors back
  UNWIND $rows AS row
  MERGE (a:Actor {tenant: $tenant, subject: row.subject}) SET a.actor = row.actor`)

const FILL_MERGES = query(`
  // bring merges back
  UNWIND $rows AS row
  MERGE (m:Merge {tenant: $tenant, alias: row.alias})
  SET m.canonical = row.canonical, m.since = row.since, m.part = row.part,
    m.until = coalesce(row.until, ${OPEN})`)

const FILL_USAGES = query(`
  // bring usage events back
  UNWIND $rows AS row
  MERGE (e:UsageEvent {tenant: $tenant, key: row.key}) SET e += row`)

const FILL_WINDOWS = query(`
  // bring windows of usage back
  UNWIND $rows AS row
  MERGE (w:UsageWindow {tenant: $tenant, id: row.id}) SET w += row`)

/** Read while events came in, a count may be of more than is held. */
const COUNT_WINDOWS = query(`
  // count what windows of usage hold
  MATCH (w:UsageWindow {tenant: $tenant}) WHERE w.id >= ''
  CALL (w) {
    MATCH (e:UsageEvent {tenant: $tenant, window: w.id}) WHERE e.key >= ''
    RETURN count(e) AS held
  }
  SET w.count = held`)

/** Whether there is anything but what migrations leave; asked in the scope of the service. */
export const isEmpty = async (ask: Ask) => (await ask(OTHER_NODES))[0]!.nodes === 0

/** The backup that is being restored into this database: `null` for none, `undefined` without a service. */
export const restoringOf = async (ask: Ask) => (await ask(RESTORING))[0]?.restoring

export const beginService = (ask: Ask, opening: OpeningLine, archive: string) => {
  const { service: name, register, checkpoint, manifest } = opening
  return ask(BEGIN_SERVICE, { name, register, checkpoint, manifest, archive })
}

/** From here on servers may write. */
export const endService = (ask: Ask) => ask(END_SERVICE)

/** Epochs and what was kept of them, as the head of a log knows them. */
export const beginLog = (ask: Ask, { epoch, past }: LogLine) =>
  ask(BEGIN_LOG, {
    epoch,
    kept: past.length > 0 ? past.map(({ kept }) => kept) : null,
    pastSizes: past.length > 0 ? past.map(({ size }) => size) : null,
    pastRoots: past.length > 0 ? past.map(({ root }) => root) : null,
  })

/** What is published of a log, and what its head says of the rest. */
export const endLog = (
  ask: Ask,
  { note, size, witnessed }: LogLine,
  { keySeqs, witnessedSize }: { keySeqs: readonly number[] | null; witnessedSize: number | null },
) => ask(END_LOG, { note, size, witnessed, keySeqs, witnessedSize })

export const fillCommands = (ask: Ask, rows: readonly CommandRow[]) =>
  rows.length === 0 ? Promise.resolve([]) : ask(FILL_COMMANDS, { rows })

export const fillActors = (ask: Ask, rows: readonly ActorRow[]) =>
  rows.length === 0 ? Promise.resolve([]) : ask(FILL_ACTORS, { rows })

export const fillMerges = (ask: Ask, rows: readonly MergeState[]) =>
  rows.length === 0 ? Promise.resolve([]) : ask(FILL_MERGES, { rows })

export const fillUsages = (ask: Ask, rows: readonly UsageState[]) =>
  rows.length === 0 ? Promise.resolve([]) : ask(FILL_USAGES, { rows })

export const fillWindows = (ask: Ask, rows: readonly WindowState[]) =>
  rows.length === 0 ? Promise.resolve([]) : ask(FILL_WINDOWS, { rows })

/** Once all of them are there. */
export const countWindows = (ask: Ask) => ask(COUNT_WINDOWS)
