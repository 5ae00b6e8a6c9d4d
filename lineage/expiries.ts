import { type Ask, query } from './graph.ts'
import { newestRecordFirst } from './index-order.ts'
import { AT_POSITION, LOG_STATE, type LogState, stateOf } from './position.ts'

/** A place among expiries: after everything that expires before `ms`, and at it up to `id`. */
export interface ExpiryPlace {
  /** In milliseconds since 1970. */
  ms: number
  id: string
}

/** An assessment of which some record says that it expires then, and what it said at that instant. */
export interface ExpiryRow extends ExpiryPlace {
  /** The body in force at that instant as JSON text; `null` where there was none, or it is erased. */
  fields: string | null
}

/** Some of them in the order of (ms, id). */
export interface ExpiryRows extends LogState {
  rows: ExpiryRow[]
  /** The size of the log that it was read at. */
  n: number
}

/**
 * `"expiresAt":"` stands in a body as that member alone: within a text JSON has a backslash before each
 * quotation mark.
 */
const EXPIRIES = query<LogState & { n: number; rows: ExpiryRow[] }>(`
  // when assessments expire
  ${AT_POSITION}
  CALL (n) {
    MATCH (e:Entity {tenant: $tenant})
    WHERE e.id > 'urn:selvedge:dpiapacket:' AND e.id < 'urn:selvedge:dpiapacket;'
    MATCH (record:Record {tenant: $tenant, id: e.id}) WHERE record.seq < n
    WITH n, e.id AS id, split(split(record.fields, '"expiresAt":"')[1], '"')[0] AS said
    WHERE said IS NOT NULL
    WITH DISTINCT n, id, datetime(said).epochMillis AS ms
    WHERE ms > $ms OR (ms = $ms AND id > $id)
    WITH n, id, ms ORDER BY ms, id LIMIT toInteger($first)
    CALL (n, id, ms) {
      MATCH (record:Record {tenant: $tenant, id: id})
      WHERE record.seq < n AND datetime(record.at).epochMillis <= ms
      WITH record ${newestRecordFirst('record')} LIMIT 1
      RETURN collect(record.fields)[0] AS fields
    }
    WITH ms, id, fields ORDER BY ms, id
    RETURN collect({id: id, ms: ms, fields: fields}) AS rows
  }
  RETURN ${LOG_STATE}, rows`)

/**
 * The first instants after a place, over or to come, at which an assessment expires by any of its
 * records. All assessments of the tenant are looked at. `undefined` where there is no such tenant.
 */
export async function expiryRows(
  ask: Ask,
  { after, first }: { after: ExpiryPlace; first: number },
): Promise<ExpiryRows | undefined> {
  const [row] = await ask(EXPIRIES, { ...after, first, n: null })
  return row && { ...stateOf(row), n: row.n, rows: row.rows }
}
