import { type Ask, query } from './graph.ts'
import { DESIGN, type Relation } from './kinds.ts'
import { AT_POSITION, inForce, LOG_STATE, type LogState } from './position.ts'
import { canonicalAt, UNBOUNDED } from './traversal-texts.ts'

/** What leads to what is written about a thing, or answers for it, and is no part of it. */
const ABOUT = [
  'LICENSED_UNDER',
  'HAS_CLAUSE',
  'ASSESSED_BY',
  'DESCRIBED_BY',
  'WAS_ATTRIBUTED_TO',
] as const satisfies Relation[]

/** What a thing is made of, or comes from. What was made for the record is of its day, and stays so. */
const CARRYING = DESIGN.filter(
  (relation) => relation !== 'BASED_ON' && !(ABOUT as readonly string[]).includes(relation),
)

/** What a hop downstream takes: the edges by which things are made of others, or one relation. */
export type HopBy = 'CARRYING' | (typeof ABOUT)[number]

/** The most entities whose hop is read at once. */
export const MOST_AT_ONCE = 5_000

/** What a hop comes to, from which of the entities it was asked of, and what is said about it there. */
export interface HopRow {
  id: string
  /** Places in the list that was asked about, each of them once. */
  from: number[]
  /** The ids of its licences, transformations and assessments, as far as they were asked for. */
  about: string[]
}

/** What may stop a walk at a thing: the relations to it that count. */
export type Stopping = 'LICENSED_UNDER' | 'DESCRIBED_BY' | 'ASSESSED_BY'

const hopText = (by: HopBy) =>
  query<HopRow>(`
  // hop of impact ${by.toLowerCase()}
  WITH toInteger($n) AS n
  UNWIND range(0, size($ids) - 1) AS i
  MATCH (x:Entity {tenant: $tenant, id: $ids[i]})
  MATCH (x)<-[r:${by === 'CARRYING' ? CARRYING.join('|') : by}]-(y)
  WHERE ${inForce('r')} AND y.tenant = $tenant AND y.id > $after
  WITH n, y, collect(DISTINCT i) AS from
  ORDER BY y.id LIMIT toInteger($most)
  RETURN y.id AS id, from, CASE WHEN size($stopping) = 0 THEN [] ELSE COLLECT {
    MATCH (y)-[r:LICENSED_UNDER|DESCRIBED_BY|ASSESSED_BY]->(z)
    WHERE ${inForce('r')} AND z.tenant = $tenant AND type(r) IN $stopping
    RETURN DISTINCT z.id
  } END AS about`)

const HOPS = Object.fromEntries(
  (['CARRYING', ...ABOUT] as const).map((by) => [by, hopText(by)]),
) as Record<HopBy, ReturnType<typeof hopText>>

/** Which part of a hop is read: up to `most` of what it comes to, in the order of ids, after one. */
export interface HopPart {
  after: string
  most: number
}

/**
 * Everything that is one hop downstream of some entities at `n`, or a part of it, in the order of ids.
 *
 * @param ids At most `MOST_AT_ONCE`.
 */
export const hopDownstream = (
  ask: Ask,
  { by, ids, stopping, n }: HopAsked,
  { after, most }: HopPart,
) => ask(HOPS[by], { ids, stopping, n, after, most })

export interface HopAsked {
  by: HopBy
  ids: readonly string[]
  stopping: readonly Stopping[]
  n: number
}

/** What changes, as it is found: with what its own edges say on what terms it is given. */
interface OpeningRow extends LogState {
  n: number
  /** The id, the canonical one of an alias; `null` where there is none. */
  root: string | null
  clauses: string[]
  licences: string[]
}

const out = (relation: Relation) => `COLLECT {
    MATCH (root)-[r:${relation}]->(z) WHERE ${inForce('r')} AND z.tenant = $tenant
    RETURN z.id ORDER BY z.id
  }`

const OPENING = query<OpeningRow>(`
  // what is to change
  ${AT_POSITION}
  ${canonicalAt('root', UNBOUNDED)}
  RETURN ${LOG_STATE}, root.id AS root,
    ${out('HAS_CLAUSE')} AS clauses,
    ${out('LICENSED_UNDER')} AS licences`)

/** Finds what is to change at `n` (`null`: now); `undefined` where there is no such tenant. */
export const openChange = async (ask: Ask, root: string, n: number | null) =>
  (await ask(OPENING, { root, n }))[0]

const CLAUSES_OF = query<{ licence: string; clauses: string[] }>(`
  // clauses of licences
  WITH toInteger($n) AS n
  UNWIND $ids AS id
  MATCH (root:Entity {tenant: $tenant, id: id})
  RETURN id AS licence, ${out('HAS_CLAUSE')} AS clauses`)

/** The clauses of some licences at `n`. */
export const clausesOf = (ask: Ask, ids: readonly string[], n: number) =>
  ids.length === 0 ? Promise.resolve([]) : ask(CLAUSES_OF, { ids, n })

const OWNERS = query<{ owner: string | null; count: number }>(`
  // owners of entities
  WITH toInteger($n) AS n
  UNWIND $ids AS id
  MATCH (x:Entity {tenant: $tenant, id: id})
  OPTIONAL MATCH (x)-[r:WAS_ATTRIBUTED_TO]->(p) WHERE ${inForce('r')} AND p.tenant = $tenant
  RETURN p.id AS owner, count(DISTINCT x) AS count`)

/** How many of some entities each principal answers for at `n`; `null` where nobody does. */
export const ownersAmong = (ask: Ask, ids: readonly string[], n: number) =>
  ids.length === 0 ? Promise.resolve([]) : ask(OWNERS, { ids, n })
