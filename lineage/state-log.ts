import { type Ask, query } from './graph.ts'
import { inIndexOrder, newestRecordFirst } from './index-order.ts'
import type { Relation } from './kinds.ts'

/** An edge that a record ended without naming it. */
export interface DroppedEdge {
  seq: number
  rel: Relation
  to: string
}

/** A state record as it stands in the log. */
export interface StateRow {
  seq: number
  header: string
  leaf: string
}

const DROPPED = query<DroppedEdge>(`
  // edges that retiring records ended
  UNWIND $retired AS row
  MATCH (e:Entity {tenant: $tenant, id: row.id})-[x]->(far) WHERE x.until = row.seq
  RETURN row.seq AS seq, type(x) AS rel, far.id AS to`)

const DROPPED_COUNTS = query<{ seq: number; count: number }>(`
  // how many edges retiring records ended
  UNWIND $retired AS row
  MATCH (e:Entity {tenant: $tenant, id: row.id})-[x]->() WHERE x.until = row.seq
  RETURN row.seq AS seq, count(*) AS count`)

const LEAVES_AS_OF = query<{ id: string; seq: number; leaf: string }>(`
  // latest leaves of entities at a position
  UNWIND $ids AS id
  CALL (id) {
    MATCH (record:Record {tenant: $tenant, id: id}) WHERE record.seq < $position
    RETURN record ${newestRecordFirst('record')} LIMIT 1
  }
  RETURN id, record.seq AS seq, record.leaf AS leaf`)

const STATE_AT = query<StateRow>(`
  // last state record at a position
  MATCH (record:StateRecord {tenant: $tenant}) WHERE record.seq <= $position
  RETURN record.seq AS seq, record.header AS header, record.leaf AS leaf
  ${inIndexOrder('record', ['tenant', 'seq'], 'DESC')} LIMIT 1`)

const STATE_BEFORE = query<{ seq: number }>(`
  // last state record before a time
  MATCH (record:StateRecord {tenant: $tenant}) WHERE record.seq >= 0 AND record.at < $time
  RETURN record.seq AS seq
  ${inIndexOrder('record', ['tenant', 'seq'], 'DESC')} LIMIT 1`)

const MOVE_STATE = query(`
  // move the state of the log
  MATCH (log:Log {tenant: $tenant}) SET log.built = $built, log.stateSize = $stateSize`)

/** The edges that ended with the given records, which say only that all of them did. */
export const droppedEdges = (ask: Ask, retired: readonly { id: string; seq: number }[]) =>
  retired.length === 0 ? Promise.resolve([]) : ask(DROPPED, { retired })

/** How many these are, by the position of the record; none for one that ended no edge. */
export const droppedCounts = async (ask: Ask, retired: readonly { id: string; seq: number }[]) => {
  const rows = retired.length === 0 ? [] : await ask(DROPPED_COUNTS, { retired })
  return new Map(rows.map(({ seq, count }) => [seq, count]))
}

/** The last leaf of each entity before a position; none for one that did not exist. */
export const leavesAsOf = (ask: Ask, ids: readonly string[], position: number) =>
  ids.length === 0 ? Promise.resolve([]) : ask(LEAVES_AS_OF, { ids, position })

/** The last state record whose `size` is `position` or less, or `undefined` where there is none. */
export const stateAt = async (ask: Ask, position: number) => (await ask(STATE_AT, { position }))[0]

/** The last state record of before an instant. It is looked for from the newest on. */
export const stateBefore = async (ask: Ask, time: string) => (await ask(STATE_BEFORE, { time }))[0]

/**
 * Says how far the pages go, and where the last state record stands.
 *
 * @param state `built`: how many leaves the pages reflect; `stateSize`: `null` before the first.
 */
export const moveState = (ask: Ask, state: { built: number; stateSize: number | null }) =>
  ask(MOVE_STATE, state)
