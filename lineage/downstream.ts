import { type EntityAt, type EntityColumns, entitiesAt, entityColumns } from './entities.ts'
import { type Ask, query } from './graph.ts'
import { inOrderOfIds } from './index-order.ts'
import { DESIGN, type Relation } from './kinds.ts'
import { AT_POSITION, inForce, LOG_STATE, type LogState, stateOf } from './position.ts'
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
  /**
   * How many edges of any sort, and of any time, lead to it: told where the whole hop was asked for, or
   * came, and another hop may follow; else 0.
   */
  degree: number
  /** The ids of its licences, transformations and assessments, as far as they were asked for. */
  about: string[]
}

/** What may stop a walk at a thing: the relations to it that count. */
export type Stopping = 'LICENSED_UNDER' | 'DESCRIBED_BY' | 'ASSESSED_BY'

const ABOUT_Y = `CASE WHEN size($stopping) = 0 THEN [] ELSE COLLECT {
      MATCH (y)-[r:LICENSED_UNDER|DESCRIBED_BY|ASSESSED_BY]->(z)
      WHERE ${inForce('r')} AND z.tenant = $tenant AND type(r) IN $stopping
      RETURN DISTINCT z.id
    } END AS about`

const typesOf = (by: HopBy): readonly Relation[] => (by === 'CARRYING' ? CARRYING : [by])

const hopText = (by: HopBy) =>
  query<HopRow>(`
  // hop of impact ${by.toLowerCase()}
  WITH toInteger($n) AS n
  UNWIND range(0, size($ids) - 1) AS i
  MATCH (x:Entity {tenant: $tenant, id: $ids[i]})
  MATCH (x)<-[r:${typesOf(by).join('|')}]-(y)
  WHERE ${inForce('r')} AND y.tenant = $tenant AND y.id > $after
  WITH n, y, collect(DISTINCT i) AS from
  ORDER BY y.id LIMIT toInteger($most)
  WITH n, collect(y) AS ys, collect(from) AS froms
  UNWIND range(0, size(ys) - 1) AS i
  WITH n, ys[i] AS y, froms[i] AS from, size(ys) < $most AND $goesOn AS goesOn
  RETURN y.id AS id, from, CASE WHEN goesOn THEN COUNT { (y)<--() } ELSE 0 END AS degree, ${ABOUT_Y}`)

const HOPS = Object.fromEntries(
  (['CARRYING', ...ABOUT] as const).map((by) => [by, hopText(by)]),
) as Record<HopBy, ReturnType<typeof hopText>>

/** The same hop from its other end: of the entities in the order of ids, those that it comes to. */
const FROM_ITS_END = query<HopRow>(`
  // hop of impact among entities in the order of ids
  WITH toInteger($n) AS n
  MATCH (y:Entity {tenant: $tenant}) WHERE y.id > $after
  WITH n, y ${inOrderOfIds('y')} LIMIT toInteger($among)
  CALL (n, y) {
    MATCH (y)-[r]->(x)
    WHERE ${inForce('r')} AND type(r) IN $types AND x.tenant = $tenant
    WITH DISTINCT $ends[x.id] AS place WHERE place IS NOT NULL
    RETURN collect(place) AS from
  }
  WITH n, y, from WHERE size(from) > 0
  RETURN y.id AS id, from, 0 AS degree, ${ABOUT_Y}`)

/** Which part of a hop is read: up to `most` of what it comes to, in the order of ids, after one. */
export interface HopPart {
  after: string
  most: number
  /**
   * Where given: what is looked for among so many entities, in the order of ids, and all that is found
   * there is told. That does not look at all that a hub leads to.
   */
  among?: number
  /** Whether another hop may follow, of which no more than a part is wanted. */
  goesOn?: boolean
}

/**
 * Everything that is one hop downstream of some entities at `n`, or a part of it, in the order of ids.
 *
 * @param ids At most `MOST_AT_ONCE`.
 */
export function hopDownstream(
  ask: Ask,
  { by, ids, stopping, n }: HopAsked,
  { after, most, among, goesOn = false }: HopPart,
): Promise<HopRow[]> {
  if (among === undefined) return ask(HOPS[by], { ids, stopping, n, after, most, goesOn })
  const ends = Object.fromEntries(ids.map((id, place) => [id, place]))
  return ask(FROM_ITS_END, { ends, types: typesOf(by), stopping, n, after, among })
}

export interface HopAsked {
  by: HopBy
  ids: readonly string[]
  stopping: readonly Stopping[]
  n: number
}

const SHARED = query<{ id: string }>(`
  // which licences several things are under
  WITH toInteger($n) AS n
  UNWIND $ids AS id
  MATCH (x:Entity {tenant: $tenant, id: id})
  CALL (n, x) {
    MATCH (x)<-[r:LICENSED_UNDER]-(y) WHERE ${inForce('r')} AND y.tenant = $tenant
    WITH DISTINCT y LIMIT 2
    RETURN count(y) AS held
  }
  WITH id WHERE held > 1
  RETURN id`)

/** Those of some licences that more than one thing is under at `n`. */
export const licencesShared = async (ask: Ask, ids: readonly string[], n: number) =>
  new Set(ids.length === 0 ? [] : (await ask(SHARED, { ids, n })).map(({ id }) => id))

/** What changes, as it is found: with what its own edges say on what terms it is given. */
export interface Opening extends LogState {
  n: number
  /** It, the canonical one of an alias; `null` where there is none. */
  root: EntityAt | null
  /** How many edges of any sort, and of any time, lead to it. */
  degree: number
  clauses: string[]
  licences: string[]
}

type OpeningRow = Omit<Opening, 'root'> & EntityColumns

const out = (relation: Relation) => `COLLECT {
    MATCH (root)-[r:${relation}]->(z) WHERE ${inForce('r')} AND z.tenant = $tenant
    RETURN z.id ORDER BY z.id
  }`

const OPENING = query<OpeningRow>(`
  // what is to change
  ${AT_POSITION}
  ${canonicalAt('root', UNBOUNDED)}
  RETURN ${LOG_STATE}, ${entityColumns('(CASE WHEN root IS NULL THEN [] ELSE [root] END)')},
    CASE WHEN root IS NULL THEN 0 ELSE COUNT { (root)<--() } END AS degree,
    ${out('HAS_CLAUSE')} AS clauses,
    ${out('LICENSED_UNDER')} AS licences`)

/** Finds what is to change at `n` (`null`: now); `undefined` where there is no such tenant. */
export async function openChange(
  ask: Ask,
  id: string,
  n: number | null,
): Promise<Opening | undefined> {
  const [row] = await ask(OPENING, { root: id, n })
  if (!row) return undefined
  const [root = null] = await entitiesAt(ask, row, row.n)
  const { degree, clauses, licences } = row
  return { ...stateOf(row), n: row.n, root, degree, clauses, licences }
}

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
