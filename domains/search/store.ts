import { type Ask, query, serviceQuery } from '../../lineage/graph.ts'
import type { Kind } from '../../lineage/kinds.ts'

/** An entity with the body of its last record as JSON text. */
export interface SaidRow {
  id: string
  kind: Kind
  action: 'assert' | 'retire'
  fields: string | null
}

const BEHIND = serviceQuery<{ name: string }>(`
  // tenants whose words do not go as far as their log
  MATCH (entry:TenantEntry {tenant: $tenant})
  MATCH (log:Log {tenant: entry.name}) WHERE log.searched IS NULL OR log.searched <> log.size
  RETURN entry.name AS name`)

const LENGTHS = query<{ seq: number; length: number }>(`
  // how long the bodies of a stretch of the log are
  MATCH (record:Record {tenant: $tenant}) WHERE record.seq >= $from AND record.seq < $to
  RETURN record.seq AS seq, size(coalesce(record.fields, '')) AS length ORDER BY seq`)

const SAID = query<SaidRow>(`
  // what entities say whose last record stands in a stretch of the log
  MATCH (record:Record {tenant: $tenant}) WHERE record.seq >= $from AND record.seq < $to
  MATCH (e:Entity {tenant: $tenant, id: record.id}) WHERE e.seq = record.seq
  RETURN e.id AS id, e.kind AS kind, e.action AS action, record.fields AS fields`)

const SET_FOUND = query(`
  // set by what entities are found
  UNWIND $rows AS row
  MATCH (e:Entity {tenant: $tenant, id: row.id}) SET e += row`)

/** The tenants of which not all can be found; asked in the scope of the service. */
export const tenantsBehind = async (ask: Ask) => (await ask(BEHIND)).map(({ name }) => name)

/** How many characters the body of each leaf from `from` up to, not including, `to` has. */
export const bodyLengths = (ask: Ask, from: number, to: number) => ask(LENGTHS, { from, to })

/** The entities whose last record stands there. */
export const saidBetween = (ask: Ask, from: number, to: number) => ask(SAID, { from, to })

export const setFound = (ask: Ask, rows: readonly { id: string }[]) =>
  rows.length === 0 ? Promise.resolve([]) : ask(SET_FOUND, { rows })
