import type { EntityWrite } from '../../lineage/entity-store.ts'
import { type Ask, query } from '../../lineage/graph.ts'
import { newestRecordFirst } from '../../lineage/index-order.ts'
import { OPEN } from '../../lineage/kinds.ts'

/** What an entity that loses records has left of them. */
export interface LastRecord {
  id: string
  header: string
  leaf: string
  /** The body as JSON text, where it is there. */
  fields: string | null
  /** By which record the body was erased; of an erase record: by which what it says of itself. */
  erased: number | null
  /** The header of its last record that is no erasure. */
  said: string
}

/** A run's edge to a dataset, whose time follows from the run's body. */
export interface DatedEdge {
  run: string
  rel: 'RUN_USED' | 'RUN_GENERATED'
  dataset: string
  time: string | null
}

const TOUCHED = query<{ id: string }>(`
  // entities with records from a position on
  MATCH (record:Record {tenant: $tenant}) WHERE record.seq >= $to AND record.id IS NOT NULL
  RETURN DISTINCT record.id AS id`)

const LAST_RECORDS = query<LastRecord>(`
  // last records before a position
  UNWIND $ids AS id
  CALL (id) {
    MATCH (record:Record {tenant: $tenant, id: id}) WHERE record.seq < $to
    RETURN record ${newestRecordFirst('record')} LIMIT 1
  }
  CALL (id) {
    MATCH (said:Record {tenant: $tenant, id: id}) WHERE said.seq < $to AND said.action <> 'erase'
    RETURN said ${newestRecordFirst('said')} LIMIT 1
  }
  RETURN id, record.header AS header, record.leaf AS leaf, record.fields AS fields,
    CASE WHEN record.erased < $to THEN record.erased END AS erased, said.header AS said`)

const DELETE_EDGES = query(`
  // delete edges that began at a position or later
  UNWIND $ids AS id
  MATCH (e:Entity {tenant: $tenant, id: id})-[x]->() WHERE x.since >= $to DELETE x`)

const REOPEN_EDGES = query(`
  // let edges go on that ended at a position or later
  UNWIND $ids AS id
  MATCH (e:Entity {tenant: $tenant, id: id})-[x]->() WHERE x.until >= $to AND x.until < ${OPEN}
  SET x.until = ${OPEN}`)

const DELETE_ENTITIES = query(`
  // delete entities that never were
  UNWIND $ids AS id
  MATCH (e:Entity {tenant: $tenant, id: id}) DETACH DELETE e`)

const SET_ENTITIES = query(`
  // set entities back
  UNWIND $rows AS row
  MATCH (e:Entity {tenant: $tenant, id: row.id}) SET e += row`)

const DELETE_RECORDS = query(`
  // delete records from a position on
  MATCH (record:Record {tenant: $tenant}) WHERE record.seq >= $to DETACH DELETE record`)

/** The bodies stay away; with the erasure gone that took them, the journal has them erased again. */
const UNDO_ERASURES = query(`
  // forget which records erased others from a position on
  UNWIND $ids AS id
  MATCH (record:Record {tenant: $tenant, id: id}) WHERE record.seq < $to AND record.erased >= $to
  REMOVE record.erased`)

const UNDO_PAGES = query(`
  // delete pages of later states
  MATCH (page:Page {tenant: $tenant}) WHERE page.until > $state AND page.since > $state DETACH DELETE page`)

const REOPEN_PAGES = query(`
  // let pages go on that ended with a later state
  MATCH (page:Page {tenant: $tenant}) WHERE page.until > $state AND page.until < ${OPEN}
  SET page.until = ${OPEN}`)

const DELETE_PAGES = query(`
  // delete all pages
  MATCH (page:Page {tenant: $tenant}) WHERE page.until >= 0 DETACH DELETE page`)

const DELETE_COMMANDS = query(`
  // delete commands that ended beyond a position
  MATCH (c:Command {tenant: $tenant}) WHERE c.at >= '' AND c.size > $to DETACH DELETE c`)

const DELETE_TILES = query(`
  // delete tiles from a place on
  MATCH (tile:Tile {tenant: $tenant, level: $level}) WHERE tile.index >= $index DETACH DELETE tile`)

const SET_HEAD = query(`
  // set the head of the log back
  MATCH (log:Log {tenant: $tenant})
  SET log.searched = CASE WHEN log.searched > $size THEN $size ELSE log.searched END,
    log.size = $size, log.applied = $size, log.edge = $edge, log.at = $at, log.unsigned = true,
    log.keySeqs = [seq IN log.keySeqs WHERE seq < $size]
  FOREACH (_ IN CASE WHEN log.signed > $size THEN [1] ELSE [] END |
    SET log.signed = 0, log.checkpoint = null)`)

const UNDO_MERGES = query(`
  // set merges back
  MATCH (log:Log {tenant: $tenant})
  OPTIONAL MATCH (begun:Merge {tenant: $tenant}) WHERE begun.alias >= '' AND begun.since >= $to
  WITH log, collect(begun) AS begun
  FOREACH (m IN begun | DELETE m)
  WITH log
  OPTIONAL MATCH (ended:Merge {tenant: $tenant}) WHERE ended.alias >= '' AND ended.until >= $to AND ended.until < ${OPEN}
  WITH log, collect(ended) AS ended
  FOREACH (m IN ended | SET m.until = ${OPEN})
  WITH log
  OPTIONAL MATCH (m:Merge {tenant: $tenant}) WHERE m.alias >= '' AND m.until = ${OPEN}
  WITH log, count(m) AS merges
  SET log.merges = CASE merges WHEN 0 THEN null ELSE merges END`)

/** What a record sealed that never was is closed, and is sealed again as it was. */
const UNDO_SEALS = query(`
  // let go of seals from a position on
  MATCH (w:UsageWindow {tenant: $tenant}) WHERE w.seq >= $to
  SET w.state = 'closing' REMOVE w.seq, w.blocks, w.firsts`)

const RUN_BODIES = query<{
  run: string
  fields: string
  jobs: string[]
  edges: [string, string][]
}>(`
  // runs with their bodies and dated edges
  UNWIND $ids AS id
  MATCH (run:Entity:Run {tenant: $tenant, id: id})
  MATCH (record:Record {tenant: $tenant, seq: run.seq})
  RETURN run.id AS run, coalesce(record.fields, '{}') AS fields,
    [(run)-[of:RUN_OF]->(job) WHERE of.until = ${OPEN} | job.id] AS jobs,
    [(run)-[x:RUN_USED|RUN_GENERATED]->(dataset) WHERE x.until = ${OPEN} | [type(x), dataset.id]] AS edges`)

const DATE_EDGES = query(`
  // date edges of runs
  UNWIND $edges AS row
  MATCH (run:Entity:Run {tenant: $tenant, id: row.run})-[x:RUN_USED|RUN_GENERATED]->(dataset {id: row.dataset})
  WHERE type(x) = row.rel AND x.until = ${OPEN}
  SET x.time = row.time`)

export const entitiesFrom = async (ask: Ask, to: number) =>
  (await ask(TOUCHED, { to })).map(({ id }) => id)

export const lastRecords = (ask: Ask, ids: readonly string[], to: number) =>
  ask(LAST_RECORDS, { ids, to })

/** Edges that began at `to` or later go; those that ended there go on. */
export async function undoEdges(ask: Ask, ids: readonly string[], to: number) {
  await ask(DELETE_EDGES, { ids, to })
  await ask(REOPEN_EDGES, { ids, to })
}

export const deleteEntities = (ask: Ask, ids: readonly string[]) => ask(DELETE_ENTITIES, { ids })

export const setEntities = (ask: Ask, rows: readonly (Partial<EntityWrite> & { id: string })[]) =>
  ask(SET_ENTITIES, { rows })

/** Deletes the records from `to` on, and the commands that recorded them. */
export const deleteRecords = (ask: Ask, ids: readonly string[], to: number) =>
  Promise.all([
    ask(DELETE_RECORDS, { to }),
    ask(DELETE_COMMANDS, { to }),
    ask(UNDO_ERASURES, { ids, to }),
  ])

/** Sets the pages of the state tree back to the state at `state`. */
export async function undoPages(ask: Ask, state: number) {
  await ask(UNDO_PAGES, { state })
  await ask(REOPEN_PAGES, { state })
}

export const deletePages = (ask: Ask) => ask(DELETE_PAGES)

/** Merges that began at `to` or later never were, and those that ended there are under way. */
export const undoMerges = (ask: Ask, to: number) => ask(UNDO_MERGES, { to })

/** Windows of usage that were sealed at `to` or later are closed, and no more. */
export const undoSeals = (ask: Ask, to: number) => ask(UNDO_SEALS, { to })

export const deleteTiles = (ask: Ask, level: number, index: number) =>
  ask(DELETE_TILES, { level, index })

export const setHead = (ask: Ask, head: { size: number; edge: readonly string[]; at: string }) =>
  ask(SET_HEAD, head)

export const runBodies = (ask: Ask, ids: readonly string[]) => ask(RUN_BODIES, { ids })

export const dateEdges = (ask: Ask, edges: readonly DatedEdge[]) => ask(DATE_EDGES, { edges })
