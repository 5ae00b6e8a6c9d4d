import { type Ask, query } from './graph.ts'

/** A key record of a log as it is stored, with the size of the last published checkpoint beside it. */
export interface KeyRow {
  seq: number
  header: string
  signed: number
}

/**
 * A log of the first release says nothing of where its key records stand: they are its first two. Where
 * a restore cut leaves off, something else may stand there now, so the type is looked at too.
 */
const KEY_RECORDS = query<KeyRow>(`
  // key records of a log
  MATCH (log:Log {tenant: $tenant})
  UNWIND coalesce(log.keySeqs, [0, 1]) AS seq
  WITH DISTINCT log, seq
  MATCH (record:Record {tenant: $tenant, seq: seq}) WHERE record.type = 'key'
  RETURN seq, record.header AS header, coalesce(log.signed, 0) AS signed
  ORDER BY seq`)

const NOTE_KEY_RECORDS = query(`
  // note where key records stand
  MATCH (log:Log {tenant: $tenant})
  SET log.keySeqs = coalesce(log.keySeqs, [0, 1]) + $seqs`)

/** All key records of a log in order; none where there is no such tenant. */
export const readKeyRows = (ask: Ask) => ask(KEY_RECORDS)

/** Notes where key records stand that are appended now, so that nobody has to look for them. */
export const noteKeyRecords = (ask: Ask, seqs: readonly number[]) => ask(NOTE_KEY_RECORDS, { seqs })

const LEAF_TIME = query<{ at: string }>(`
  // time of a leaf
  MATCH (record:Record {tenant: $tenant, seq: toInteger($seq)})
  RETURN record.at AS at`)

/** When the leaf at a place was appended; `undefined` where there is none. */
export const leafTime = async (ask: Ask, seq: number) => (await ask(LEAF_TIME, { seq }))[0]?.at
