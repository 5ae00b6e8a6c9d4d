import { type Ask, query } from './graph.ts'

/** When a record was appended, and what it did. */
export interface RecordNote {
  seq: number
  at: string
  action: 'assert' | 'retire' | 'erase'
  /** Which of its entity's records it is, from 1 on. */
  version: number
}

/** A record's fields as JSON text, `null` where it has none (any more). */
export interface Body {
  seq: number
  fields: string | null
}

const NOTES = query<RecordNote>(`
  // times of records
  UNWIND $seqs AS seq
  MATCH (record:Record {tenant: $tenant, seq: seq})
  RETURN record.seq AS seq, record.at AS at, record.action AS action, record.version AS version`)

const BODIES = query<Body>(`
  // bodies of records
  UNWIND $seqs AS seq
  MATCH (record:Record {tenant: $tenant, seq: seq})
  RETURN record.seq AS seq, record.fields AS fields`)

/** In no particular order. */
export const recordNotes = (ask: Ask, seqs: readonly number[]) => ask(NOTES, { seqs })

/** In no particular order; bodies are as large as the facets that were recorded. */
export const bodies = (ask: Ask, seqs: readonly number[]) => ask(BODIES, { seqs })
