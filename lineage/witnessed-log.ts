import { type Ask, query, serviceQuery } from './graph.ts'
import { lockLog } from './log.ts'

/**
 * The published checkpoint as it is handed out: with the cosignatures, where the quorum has given them
 * to this very text; else with the log's signature alone. Told by the text, which names the log too.
 */
export const HANDED_OUT = `CASE WHEN log.witnessed STARTS WITH split(log.checkpoint, '\\n\\n')[0] + '\\n\\n'
    THEN log.witnessed ELSE log.checkpoint END`

/** What is known of a log's witnesses, beside its published checkpoint. */
export interface WitnessedLog {
  tenant: string
  origin: string
  /** The time of the last leaf. */
  at: string
  /** The published checkpoint, as its log signed it, and its size; `null` and 0 before the first. */
  checkpoint: string | null
  signed: number
  /** The last checkpoint of this origin that a quorum cosigned, and its size. */
  witnessed: string | null
  witnessedSize: number
  /** What each witness did last, as JSON text. */
  witnesses: string | null
}

const COLUMNS = `log.tenant AS tenant, log.origin AS origin, log.at AS at,
    log.checkpoint AS checkpoint, coalesce(log.signed, 0) AS signed,
    log.witnessed AS witnessed, coalesce(log.witnessedSize, 0) AS witnessedSize, log.witnesses AS witnesses`

const READ = query<WitnessedLog>(`
  // a log and its witnesses
  MATCH (log:Log {tenant: $tenant})
  RETURN ${COLUMNS}`)

const PUBLISH = query(`
  // publish a witnessed checkpoint
  MATCH (log:Log {tenant: $tenant})
  WHERE log.origin = $origin AND coalesce(log.witnessedSize, 0) <= $size AND log.signed >= $size
  SET log.witnessed = $note, log.witnessedSize = $size`)

const KEEP = query(`
  // keep what the witnesses of a log did last
  MATCH (log:Log {tenant: $tenant}) WHERE log.origin = $origin SET log.witnesses = $witnesses`)

const UNWITNESSED = serviceQuery<{ name: string }>(`
  // tenants whose checkpoint no quorum has cosigned
  MATCH (entry:TenantEntry {tenant: $tenant})
  MATCH (log:Log {tenant: entry.name})
  WHERE log.signed > coalesce(log.witnessedSize, 0)
  RETURN entry.name AS name`)

/** The log and its witnesses, or `undefined` where there is no such tenant. */
export const readWitnessed = async (ask: Ask) => (await ask(READ))[0]

/**
 * Keeps a checkpoint that a quorum has cosigned, unless one of a greater size is kept, or the log goes
 * on under another origin since; and what each witness did last.
 *
 * @param note `null` to keep only the latter.
 */
export async function keepWitnessed(
  ask: Ask,
  {
    origin,
    size,
    note,
    witnesses,
  }: { origin: string; size: number; note: string | null; witnesses: string },
) {
  await Promise.all([
    lockLog(ask),
    ...(note === null ? [] : [ask(PUBLISH, { origin, size, note })]),
    ask(KEEP, { origin, witnesses }),
  ])
}

/** The tenants with a published checkpoint that is not witnessed; asked in the scope of the service. */
export const unwitnessedTenants = async (ask: Ask) =>
  (await ask(UNWITNESSED)).map(({ name }) => name)
