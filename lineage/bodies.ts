import { type Ask, query } from './graph.ts'

/** When a record was appended. */
export interface RecordTime {
  seq: number
  at: string
}

/** A record's fields as JSON text, `null` where it has none (any more). */
export interface Body {
  seq: number
  fields: string | null
}

const TIMES = query<RecordTime>(`
  // times of records
  UNWIND $seqs AS seq
  MATCH (record:Record {tenant: $tenant, seq: seq})
  RETURN record.seq AS seq, record.at AS at`)

const BODIES = query<Body>(`
  // bodies of records
  UNWIND $seqs AS seq
  MATCH (record:Record {tenant: $tenant, seq: seq})
  RETURN record.seq AS seq, record.fields AS fields`)

/** In no particular order. */
export const recordTimes = (ask: Ask, seqs: readonly number[]) => ask(TIMES, { seqs })

/** In no particular order; bodies are as large as the facets that were recorded. */
export const bodies = (ask: Ask, seqs: readonly number[]) => ask(BODIES, { seqs })
