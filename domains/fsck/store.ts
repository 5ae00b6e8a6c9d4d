import { type Ask, query } from '../../lineage/graph.ts'
import { inIndexOrder, inOrderOfIds } from '../../lineage/index-order.ts'
import { OPEN } from '../../lineage/kinds.ts'
import type { PagePlace, PageRow } from '../../lineage/pages.ts'

/** A leaf with all that is stored beside its header. */
export interface StoredLeaf {
  seq: number
  type: string
  /** Whether it is labelled as a state record. */
  isState: boolean
  header: string
  leaf: string
  at: string
  id: string | null
  kind: string | null
  version: number | null
  action: string | null
  /** The body, where it was asked for; and whether there is one. */
  fields: string | null
  secret: string | null
  hasBody: boolean
  isDue: boolean
  /** The record that erased the body, and in one that erases the entity that says why. */
  erased: number | null
  erasure: string | null
}

/** An entity's node with every edge that it ever had. */
export interface StoredNode {
  id: string
  kind: string
  labels: string[]
  namespace: string
  name: string
  version: number
  seq: number
  first: number
  action: string
  leaf: string
  out: string
  alias: string | null
  erased: number | null
  /** By what it is found, and the body from which that follows. */
  words: string | null
  owners: string[] | null
  risk: string | null
  fields: string | null
  edges: [
    rel: string,
    to: string,
    since: number,
    until: number,
    leaf: string | null,
    tenant: string,
    ofTenant: string,
  ][]
}

/** A merge that is under way. */
export interface StoredMerge {
  alias: string
  canonical: string
  /** Whether the alias is one already. */
  isAlias: boolean
  isThere: boolean
}

/** A page of the state tree, or of an in-set, with the root of its tree where it is the first. */
export interface StoredPage extends PageRow {
  hash: string | null
}

/** A window of usage, with what its record says of it. */
export interface StoredWindow {
  id: string
  day: string
  meter: string | null
  subject: string | null
  unit: string | null
  state: 'open' | 'closing' | 'sealed'
  count: number
  seq: number | null
  blocks: string[] | null
  firsts: string[] | null
  /** Whether the record is there that seals it, and its body, where that is not erased. */
  hasRecord: boolean
  fields: string | null
}

/** An event of usage, as it is stored. */
export interface StoredUsage {
  key: string
  c: string
  text: string | null
  salt: string | null
  value: string | null
  time: string | null
}

const LEAVES = query<StoredLeaf>(`
  // leaves with their columns
  MATCH (record:Record {tenant: $tenant}) WHERE record.seq >= $from AND record.seq < $to
  WITH record, record.seq >= $since AND ($sampled IS NULL OR record.seq IN $sampled) AS isDue
  RETURN record.seq AS seq, record.type AS type, record:StateRecord AS isState, record.header AS header, record.leaf AS leaf,
    record.at AS at, record.id AS id, record.kind AS kind, record.version AS version,
    record.action AS action, isDue, record.fields IS NOT NULL AND record.secret IS NOT NULL AS hasBody,
    CASE WHEN isDue THEN record.fields END AS fields, CASE WHEN isDue THEN record.secret END AS secret,
    record.erased AS erased, record.erasure AS erasure
  ORDER BY seq`)

const BEYOND = query<{ seq: number }>(`
  // leaves that are not in the log
  MATCH (record:Record {tenant: $tenant}) WHERE record.seq >= $size OR record.seq < 0
  RETURN record.seq AS seq ORDER BY seq LIMIT 20`)

const NODE_COLUMNS = `e.id AS id, e.kind AS kind, labels(e) AS labels, e.namespace AS namespace, e.name AS name,
    e.version AS version, e.seq AS seq, e.first AS first, e.action AS action, e.leaf AS leaf,
    e.out AS out, e.alias AS alias, e.erased AS erased, e.words AS words, e.owners AS owners, e.risk AS risk,
    CASE WHEN e.kind <> 'Run' THEN head(COLLECT {
      MATCH (record:Record {tenant: $tenant, seq: e.seq}) RETURN record.fields
    }) END AS fields,
    [(e)-[x]->(far) | [type(x), far.id, x.since, x.until, x.leaf, x.tenant, far.tenant]] AS edges`

const NODES = query<StoredNode>(`
  // entities with every edge
  MATCH (e:Entity {tenant: $tenant}) WHERE e.id > $after
  WITH e ${inOrderOfIds('e')} LIMIT toInteger($first)
  RETURN ${NODE_COLUMNS} ORDER BY id`)

const NODES_BY_IDS = query<StoredNode>(`
  // some entities with every edge
  UNWIND $ids AS id
  MATCH (e:Entity {tenant: $tenant, id: id})
  RETURN ${NODE_COLUMNS} ORDER BY id`)

const OPEN_MERGES = query<StoredMerge>(`
  // merges under way with their entities
  MATCH (m:Merge {tenant: $tenant}) WHERE m.alias >= '' AND m.until = ${OPEN}
  OPTIONAL MATCH (a:Entity {tenant: $tenant, id: m.alias})
  OPTIONAL MATCH (c:Entity {tenant: $tenant, id: m.canonical})
  RETURN m.alias AS alias, m.canonical AS canonical, coalesce(a.alias, '') <> '' AS isAlias,
    a IS NOT NULL AND c IS NOT NULL AS isThere`)

const STILL = query<{ seq: number }>(`
  // bodies still stored
  UNWIND $seqs AS seq
  MATCH (record:Record {tenant: $tenant, seq: seq})
  WHERE record.fields IS NOT NULL OR record.secret IS NOT NULL
  RETURN seq`)

const TILE_LEVELS = query<{ level: number; last: number; count: number }>(`
  // extent of the tiles by level
  MATCH (tile:Tile {tenant: $tenant}) WHERE tile.level >= 0 AND tile.index >= 0
  RETURN tile.level AS level, max(tile.index) AS last, count(tile) AS count`)

const PAGES = query<StoredPage>(`
  // pages of a state in order
  MATCH (page:Page {tenant: $tenant})
  WHERE page.tree >= $tree AND (page.tree > $tree OR page.prefix >= $prefix)
    AND page.since <= $state AND page.until > $state
  RETURN page.tree AS tree, page.prefix AS prefix, page.bytes AS bytes, page.hash AS hash
  ${inIndexOrder('page', ['tenant', 'tree', 'prefix'], 'ASC')} LIMIT toInteger($first)`)

/** Up to `first` pages of state `n` from a place on, in the order of trees and prefixes. */
export const storedPages = (ask: Ask, { tree, prefix }: PagePlace, n: number, first: number) =>
  ask(PAGES, { tree, prefix, state: n, first })

/** The leaves of a range; bodies only of those from `since` on that are among the sampled, if any are. */
export const storedLeaves = (
  ask: Ask,
  range: { from: number; to: number; since: number; sampled: readonly number[] | null },
) => ask(LEAVES, { ...range, sampled: range.sampled && [...range.sampled] })

/** The first few positions outside the log that have a record all the same. */
export const leavesBeyond = async (ask: Ask, size: number) =>
  (await ask(BEYOND, { size })).map(({ seq }) => seq)

/** Up to `first` entities after the id `after`, in the order of their ids. */
export const storedNodes = (ask: Ask, after: string, first: number) => ask(NODES, { after, first })

/** Those of the entities that are there. */
export const nodesByIds = (ask: Ask, ids: readonly string[]) => ask(NODES_BY_IDS, { ids })

/** The merges under way, and whether both entities of each are there, and apart. */
export const storedMerges = (ask: Ask) => ask(OPEN_MERGES)

export const tileLevels = (ask: Ask) => ask(TILE_LEVELS)

/** Those of the records of which a body, or a secret, is stored. */
export const bodiesStill = async (ask: Ask, seqs: readonly number[]) =>
  (await ask(STILL, { seqs })).map(({ seq }) => seq)

const WINDOWS = query<StoredWindow>(`
  // windows of usage with their records
  MATCH (w:UsageWindow {tenant: $tenant}) WHERE w.id > $after
  WITH w ${inIndexOrder('w', ['tenant', 'id'], 'ASC')} LIMIT toInteger($first)
  OPTIONAL MATCH (record:Record {tenant: $tenant, seq: w.seq}) WHERE record.id = w.record
  RETURN w.id AS id, w.day AS day, w.meter AS meter, w.subject AS subject, w.unit AS unit,
    w.state AS state, w.count AS count, w.seq AS seq, w.blocks AS blocks, w.firsts AS firsts,
    record IS NOT NULL AS hasRecord, record.fields AS fields ORDER BY id`)

const USAGES = query<StoredUsage>(`
  // usage events of a window as they are stored
  MATCH (e:UsageEvent {tenant: $tenant, window: $window}) WHERE e.key > $after
  RETURN e.key AS key, e.c AS c, e.text AS text, e.salt AS salt, e.value AS value, e.time AS time
  ${inIndexOrder('e', ['tenant', 'window', 'key'], 'ASC')} LIMIT toInteger($first)`)

const STRAY_USAGES = query<{ key: string; isStray: boolean }>(`
  // usage events without a window
  MATCH (e:UsageEvent {tenant: $tenant}) WHERE e.key > $after
  WITH e ${inIndexOrder('e', ['tenant', 'key'], 'ASC')} LIMIT toInteger($first)
  OPTIONAL MATCH (w:UsageWindow {tenant: $tenant, id: e.window})
  RETURN e.key AS key, w IS NULL AS isStray ORDER BY key`)

interface After {
  after: string
  first: number
}

export const storedWindows = (ask: Ask, of: After) => ask(WINDOWS, { ...of })

export const storedUsages = (ask: Ask, of: After & { window: string }) => ask(USAGES, { ...of })

/** Every event by its key, and whether it is in no window. */
export const strayUsages = (ask: Ask, of: After) => ask(STRAY_USAGES, { ...of })
