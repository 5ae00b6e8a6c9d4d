import type { CommandRow } from '../../lineage/commands.ts'
import { type Ask, query } from '../../lineage/graph.ts'
import { inIndexOrder } from '../../lineage/index-order.ts'
import type { ActorRow, MergeState, TimeLine, UsageState, WindowState } from './lines.ts'

/** A leaf as it is stored; a long body is left out, and asked for by itself. */
export interface StoredLeaf {
  seq: number
  header: string
  fields: string | null
  /** How long the body is; 0 where there is none. */
  length: number
  secret: string | null
  erased: number | null
  erasure: string | null
}

const LEAVES = query<StoredLeaf>(`
  // leaves with their bodies
  MATCH (record:Record {tenant: $tenant}) WHERE record.seq >= $from AND record.seq < $to
  WITH record, size(coalesce(record.fields, '')) AS length
  RETURN record.seq AS seq, record.header AS header, length,
    CASE WHEN length <= $most THEN record.fields END AS fields, record.secret AS secret,
    record.erased AS erased, record.erasure AS erasure
  ORDER BY seq`)

const COMMANDS = query<CommandRow>(`
  // commands in order up to a position
  MATCH (c:Command {tenant: $tenant})
  WHERE c.at >= $at AND c.size <= $size
    AND (c.at > $at OR c.principal > $principal OR (c.principal = $principal AND c.key > $key))
  RETURN c.principal AS principal, c.key AS key, c.request AS request, c.ids AS ids, c.seqs AS seqs,
    c.versions AS versions, c.changed AS changed, c.size AS size, c.at AS at
  ${inIndexOrder('c', ['tenant', 'at', 'principal', 'key'], 'ASC')} LIMIT toInteger($first)`)

const ACTORS = query<ActorRow>(`
  // actors in order
  MATCH (a:Actor {tenant: $tenant}) WHERE a.subject > $after
  RETURN a.subject AS subject, a.actor AS actor
  ${inIndexOrder('a', ['tenant', 'subject'], 'ASC')} LIMIT toInteger($first)`)

const MERGES = query<MergeState>(`
  // merges in order as of a position
  MATCH (m:Merge {tenant: $tenant}) WHERE m.alias > $after AND m.since < $size
  RETURN m.alias AS alias, m.canonical AS canonical, m.since AS since, m.part AS part,
    CASE WHEN m.until < $size THEN m.until END AS until
  ${inIndexOrder('m', ['tenant', 'alias'], 'ASC')} LIMIT toInteger($first)`)

const USAGES = query<UsageState>(`
  // usage events in order of keys
  MATCH (e:UsageEvent {tenant: $tenant}) WHERE e.key > $after
  RETURN e.key AS key, e.window AS window, e.c AS c, e.text AS text, e.salt AS salt, e.value AS value,
    e.time AS time
  ${inIndexOrder('e', ['tenant', 'key'], 'ASC')} LIMIT toInteger($first)`)

const SEALED_THEN = "w.state = 'sealed' AND w.seq < $size"

const USAGE_WINDOWS = query<WindowState>(`
  // windows of usage in order as of a position
  MATCH (w:UsageWindow {tenant: $tenant}) WHERE w.id > $after
  RETURN w.id AS id, w.series AS series, w.day AS day, w.meter AS meter, w.subject AS subject,
    w.unit AS unit, w.record AS record,
    CASE WHEN w.state = 'open' OR ${SEALED_THEN} THEN w.state ELSE 'closing' END AS state,
    CASE WHEN ${SEALED_THEN} THEN w.seq END AS seq,
    CASE WHEN ${SEALED_THEN} THEN w.blocks END AS blocks,
    CASE WHEN ${SEALED_THEN} THEN w.firsts END AS firsts
  ${inIndexOrder('w', ['tenant', 'id'], 'ASC')} LIMIT toInteger($first)`)

const TIMES = query<Omit<TimeLine, 'is'>>(`
  // times of edges of runs
  UNWIND $ids AS id
  MATCH (e:Entity {tenant: $tenant, id: id})-[x:RUN_USED|RUN_GENERATED]->(d)
  WHERE x.since < $size AND x.until >= $size AND x.time IS NOT NULL
  RETURN e.id AS from, type(x) AS rel, d.id AS to, x.time AS time`)

/** The leaves of a range, in order; bodies of more than `most` characters are left out. */
export const storedLeaves = (ask: Ask, range: { from: number; to: number; most: number }) =>
  ask(LEAVES, range)

interface Page {
  first: number
  /** The size of the log up to which rows count. */
  size: number
}

/** Commands that were carried out up to there, after one of them. */
export const commandsAfter = (ask: Ask, after: CommandRow | null, { first, size }: Page) => {
  const { at, principal, key } = after ?? { at: '', principal: '', key: '' }
  return ask(COMMANDS, { at, principal, key, first, size })
}

/** All who have asked for anything; who came later does no harm. */
export const actorsAfter = (ask: Ask, after: ActorRow | null, { first }: Page) =>
  ask(ACTORS, { after: after?.subject ?? '', first })

/**
 * Merges that had begun by then, ended or not. How many parts of one are done is of now: it only grows,
 * and is never less than what the commands of its parts say.
 */
export const mergesAfter = (ask: Ask, after: MergeState | null, { first, size }: Page) =>
  ask(MERGES, { after: after?.alias ?? '', first, size })

/** The times of those edges of these runs that were in force then. */
export const timesOf = (ask: Ask, ids: readonly string[], size: number) => ask(TIMES, { ids, size })

/** All events of usage: one that came after the checkpoint is in a window that no record of before seals. */
export const usagesAfter = (ask: Ask, after: UsageState | null, first: number) =>
  ask(USAGES, { after: after?.key ?? '', first })

/** Windows of usage, read after their events, so that there is one for each of those. */
export const windowsAfter = (ask: Ask, after: WindowState | null, { first, size }: Page) =>
  ask(USAGE_WINDOWS, { after: after?.id ?? '', first, size })
