import { type Ask, serviceQuery } from './graph.ts'

/** How far all logs together are beyond what is published of them. */
export interface LogLag {
  logs: number
  records: number
  /** How long the oldest of these records waits; zero where there is none. */
  oldestSeconds: number
  merges: number
}

const UNSIGNED_RECORDS = serviceQuery<{ logs: number; records: number; since: string | null }>(`
  // records that no checkpoint covers
  MATCH (log:Log) USING INDEX log:Log(unsigned) WHERE log.unsigned = true AND log.size > coalesce(log.signed, 0)
  MATCH (entry:TenantEntry {tenant: $tenant, name: log.tenant})
  WITH log, coalesce(log.signed, 0) AS signed
  OPTIONAL MATCH (record:Record {tenant: log.tenant, seq: signed})
  RETURN count(log) AS logs, coalesce(sum(log.size - signed), 0) AS records, min(record.at) AS since`)

const MERGES_UNDER_WAY = serviceQuery<{ merges: number }>(`
  // number of merges under way
  MATCH (entry:TenantEntry {tenant: $tenant})
  MATCH (log:Log {tenant: entry.name}) WHERE log.merges > 0
  RETURN coalesce(sum(log.merges), 0) AS merges`)

/** Reads how far logs are beyond their checkpoints; asked in the scope of the service. */
export async function readLogLag(ask: Ask, now: number): Promise<LogLag> {
  const [[unsigned], [open]] = await Promise.all([ask(UNSIGNED_RECORDS), ask(MERGES_UNDER_WAY)])
  const { logs, records, since } = unsigned!
  const oldestSeconds = since === null ? 0 : Math.max(0, (now - Date.parse(since)) / 1000)
  return { logs, records, oldestSeconds, merges: open!.merges }
}
