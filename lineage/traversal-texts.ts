import { type EntityColumns, entityColumns } from './entities.ts'
import { type Query, query } from './graph.ts'
import { DESIGN, type Relation } from './kinds.ts'
import { AT_POSITION, inForce, LOG_STATE, type LogState } from './position.ts'

/** Which way lineage is walked; `BOTH` is the union of the two walks, never an undirected one. */
export const DIRECTIONS = ['UPSTREAM', 'DOWNSTREAM', 'BOTH'] as const
export type Direction = (typeof DIRECTIONS)[number]

/** The most hops that a question may ask for. */
export const MOST_HOPS = 20

/** A walked edge: the place of the node it was walked from, relation, since, downstream?, that node's id. */
export type Step = [
  from: number,
  relation: Relation,
  since: number,
  down: boolean,
  id: string | null,
]

/** The answer to one page, as the database gives it: columns over a window of the ordered nodes. */
export interface TraversalRow extends EntityColumns, LogState {
  n: number
  root: string | null
  /** How many nodes there are within the depth. */
  total: number
  /** The place of the page's first node in the order (distance, id). */
  start: number
  distances: number[]
  /** The places that edges were walked to; `ends` has the id where the place lies before the page. */
  places: number[]
  ends: (string | null)[]
  steps: Step[][]
}

/** What a walk is bounded by, besides its direction and length: written into the text. */
export interface Bounds {
  /** What stands before "lineage" in the name of the text. */
  adjective: string
  /** The types of the edges that it may take. */
  types: string
  /** Follows the opening, and may narrow it to no row. */
  held: string
  /** A further condition on every node that it comes to, the root included. */
  may: (node: string) => string
  /** What is greatest for the name that is meant, out of how many aliases away it is: `hops`. */
  meant: string
  /** Further columns, out of the variables `found`, `distances` (`ups` and `downs`) and `n`. */
  counted: (direction: Direction, hops: number) => { calls: string; columns: string }
}

/** The bounds of a tenant's own walks: all relations of lineage, and every kind. */
export const UNBOUNDED: Bounds = {
  adjective: '',
  types: DESIGN.join('|'),
  held: '',
  may: () => '',
  meant: 'hops',
  counted: () => ({ calls: '', columns: '' }),
}

const ARROWS = { UPSTREAM: ['-', '->'], DOWNSTREAM: ['<-', '-'] } as const
export type Way = keyof typeof ARROWS

/**
 * All nodes within `hops`, or however far they lie where that is empty, nearest first: this form, and no
 * other, is planned as a pruning search.
 */
export function reached(way: Way, hops: number | '', { types, may }: Bounds, start = 'root') {
  const [left, right] = ARROWS[way]
  return `MATCH p = (${start})${left}[:${types}*0..${hops}]${right}(x)
      WHERE all(r IN relationships(p) WHERE ${inForce('r')})
        AND all(y IN nodes(p) WHERE y.tenant = $tenant${may('y')})
      WITH x, min(length(p)) AS d`
}

/** The distance of what was not reached that way; greater than any, since `collect` drops nulls. */
export const NEVER = 1_000_000

const FOUND = {
  UPSTREAM: (hops: number, bounds: Bounds) => `${reached('UPSTREAM', hops, bounds)} ORDER BY d, x.id
      RETURN collect(x) AS found, collect(d) AS distances`,
  DOWNSTREAM: (
    hops: number,
    bounds: Bounds,
  ) => `${reached('DOWNSTREAM', hops, bounds)} ORDER BY d, x.id
      RETURN collect(x) AS found, collect(d) AS distances`,
  BOTH: (hops: number, bounds: Bounds) => `CALL (root, n) {
      ${reached('UPSTREAM', hops, bounds)} RETURN x, d AS up, ${NEVER} AS down
      UNION ALL
      ${reached('DOWNSTREAM', hops, bounds)} RETURN x, ${NEVER} AS up, d AS down
    }
      WITH x, min(up) AS up, min(down) AS down
      WITH x, up, down, CASE WHEN up < down THEN up ELSE down END AS d ORDER BY d, x.id
      RETURN collect(x) AS found, collect(d) AS distances, collect(up) AS ups, collect(down) AS downs`,
} satisfies Record<Direction, (hops: number, bounds: Bounds) => string>

/** The ways of a direction, and the variable that has the distances of each. */
export const WAYS = {
  UPSTREAM: [['UPSTREAM', 'distances']],
  DOWNSTREAM: [['DOWNSTREAM', 'distances']],
  BOTH: [
    ['UPSTREAM', 'ups'],
    ['DOWNSTREAM', 'downs'],
  ],
} as const satisfies Record<Direction, readonly (readonly [Way, string])[]>

/** One hop from `x`, along edges in force at `n`. */
export function hop(way: Way, types: string) {
  const [left, right] = ARROWS[way]
  return `MATCH (x)${left}[r:${types}]${right}(y) WHERE ${inForce('r')} AND y.tenant = $tenant`
}

/** The edges walked from nodes that lie nearer than the depth. */
const walked = (way: Way, hops: number, distances: string, { types, may }: Bounds) =>
  `UNWIND range(0, stop - 1) AS i
      WITH n, i, start, found[i] AS x WHERE ${distances}[i] < ${hops}
      ${hop(way, types)}${may('y')}
      RETURN y, null AS j,
        [i, type(r), r.since, ${way === 'DOWNSTREAM'}, CASE WHEN i < start THEN x.id END] AS step`

const steps = (direction: Direction, hops: number, bounds: Bounds) =>
  WAYS[direction]
    .map(([way, distances]) => walked(way, hops, distances, bounds))
    .join(`
      UNION ALL
      `)

/** Finds the root at `n`, the canonical one where `$root` names an alias; `null` where there is none. */
export const rootAt = (bounds: Bounds) => canonicalAt('root', bounds)

/** Finds what the parameter of that name means at `n`, as a variable of the same name. */
export const canonicalAt = (
  name: string,
  { meant, may }: Pick<Bounds, 'meant' | 'may'>,
) => `OPTIONAL MATCH (${name}Named:Entity {tenant: $tenant, id: $${name}}) WHERE ${name}Named.first < n
  CALL (${name}Named, n) {
    MATCH q = (${name}Named)-[:ALIAS_OF*0..]->(c) WHERE all(r IN relationships(q) WHERE ${inForce('r')})
    WITH c, min(length(q)) AS hops ORDER BY ${meant} DESC LIMIT 1${may('c') && `\n    WITH c WHERE true${may('c')}`}
    RETURN head(collect(c)) AS ${name}
  }`

/** The variables that carry a direction's nodes and distances. */
export const carriedBy = (direction: Direction) =>
  direction === 'BOTH' ? 'found, distances, ups, downs' : 'found, distances'

/**
 * One text a direction and depth, for Cypher takes no parameter for the length of a path.
 *
 * It finds the root (through aliases), all nodes within the depth, and cuts the page's window out of
 * their order; an edge belongs to the page of its later end, so the far ends' places are found by
 * grouping the steps with the nodes up to the page's end.
 *
 * @param hops A whole number, checked by the caller: it is written into the text.
 */
export function traversalText<Row extends TraversalRow>(
  direction: Direction,
  hops: number,
  bounds: Bounds,
) {
  const carried = carriedBy(direction)
  const { calls, columns } = bounds.counted(direction, hops)
  return query<Row>(`
  // ${bounds.adjective}lineage ${direction.toLowerCase()} within ${hops} hops
  ${AT_POSITION}
  ${bounds.held}${rootAt(bounds)}
  CALL (root, n) {
    ${FOUND[direction](hops, bounds)}
  }
  ${calls}WITH *, CASE WHEN $afterId IS NULL THEN 0 ELSE size([i IN range(0, size(found) - 1)
    WHERE distances[i] < $afterDistance
      OR (distances[i] = $afterDistance AND found[i].id <= $afterId)]) END AS start
  WITH *, CASE WHEN start + toInteger($first) < size(found)
    THEN start + toInteger($first) ELSE size(found) END AS stop
  CALL (${carried}, n, start, stop) {
    CALL (${carried}, n, start, stop) {
      UNWIND range(0, stop - 1) AS j RETURN found[j] AS y, j, null AS step
      UNION ALL
      ${steps(direction, hops, bounds)}
    }
    WITH y, max(j) AS j, collect(step) AS steps, start
    WITH y, j, start, [step IN steps WHERE j >= start OR step[0] >= start] AS steps
    WHERE j IS NOT NULL AND size(steps) > 0
    RETURN collect(j) AS places, collect(steps) AS steps,
      collect(CASE WHEN j < start THEN y.id ELSE '' END) AS ends
  }
  WITH *, found[start..stop] AS page
  RETURN ${LOG_STATE}, root.id AS root, size(found) AS total, start,
    ${entityColumns('page')}, distances[start..stop] AS distances, places, ends, steps${columns}`)
}

/** A hop more than may be asked for is planned too: it tells how many neighbours lie beyond. */
const TEXTS = Object.fromEntries(
  DIRECTIONS.map((direction) => [
    direction,
    Array.from({ length: MOST_HOPS + 2 }, (_, hops) =>
      traversalText<TraversalRow>(direction, hops, UNBOUNDED),
    ),
  ]),
) as Record<Direction, Query<TraversalRow>[]>

/** The text for a direction and a whole number of hops up to `MOST_HOPS` + 1. */
export function traversalQuery(direction: Direction, hops: number): Query<TraversalRow> {
  const text = TEXTS[direction][hops]
  if (!text) throw new Error(`no text for ${direction} within ${hops} hops`)
  return text
}
