import { type Ask, query } from './graph.ts'
import { newestRecordFirst } from './index-order.ts'
import type { Relation } from './kinds.ts'

/** The record of an entity that was in force at a position, with what a bundle shows of it. */
export interface RecordSlice {
  id: string
  seq: number
  header: string
  leaf: string
  /** The body as JSON text; `null` where the record has none. */
  fields: string | null
  secret: string | null
  /** The record that erased the body, or left its entity without one; `null` where none did. */
  erased: number | null
  /** Out-edges in force at that position, in no particular order. */
  out: [rel: Relation, id: string, leaf: string | null][]
}

const RECORDS_AS_OF = query<RecordSlice>(`
  // records in force at a position
  UNWIND $ids AS id
  MATCH (e:Entity {tenant: $tenant, id: id})
  CALL (e) {
    MATCH (record:Record {tenant: $tenant, id: e.id}) WHERE record.seq < $position
    RETURN record ${newestRecordFirst('record')} LIMIT 1
  }
  RETURN id, record.seq AS seq, record.header AS header, record.leaf AS leaf,
    record.fields AS fields, record.secret AS secret, record.erased AS erased,
    [(e)-[x]->(other) WHERE x.since < $position AND x.until >= $position | [type(x), other.id, x.leaf]] AS out
  ORDER BY seq`)

/** For each entity that existed at the position: its record then, in the order of the log. */
export const recordsAsOf = (ask: Ask, ids: readonly string[], position: number) =>
  ids.length === 0 ? Promise.resolve([]) : ask(RECORDS_AS_OF, { ids, position })
