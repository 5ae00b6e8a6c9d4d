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

const TYPES = DESIGN.join('|')
const ARROWS = { UPSTREAM: ['-', '->'], DOWNSTREAM: ['<-', '-'] } as const
type Way = keyof typeof ARROWS

/** All nodes within `hops`, nearest first: this form, and no other, is planned as a pruning search. */
function reached(way: Way, hops: number) {
  const [left, right] = ARROWS[way]
  return `MATCH p = (root)${left}[:${TYPES}*0..${hops}]${right}(x)
      WHERE all(r IN relationships(p) WHERE ${inForce('r')})
        AND all(y IN nodes(p) WHERE y.tenant = $tenant)
      WITH x, min(length(p)) AS d`
}

/** The distance of what was not reached that way; greater than any, since `collect` drops nulls. */
const NEVER = 1_000_000

const FOUND = {
  UPSTREAM: (hops: number) => `${reached('UPSTREAM', hops)} ORDER BY d, x.id
      RETURN collect(x) AS found, collect(d) AS distances`,
  DOWNSTREAM: (hops: number) => `${reached('DOWNSTREAM', hops)} ORDER BY d, x.id
      RETURN collect(x) AS found, collect(d) AS distances`,
  BOTH: (hops: number) => `CALL (root, n) {
      ${reached('UPSTREAM', hops)} RETURN x, d AS up, ${NEVER} AS down
      UNION ALL
      ${reached('DOWNSTREAM', hops)} RETURN x, ${NEVER} AS up, d AS down
    }
      WITH x, min(up) AS up, min(down) AS down
      WITH x, up, down, CASE WHEN up < down THEN up ELSE down END AS d ORDER BY d, x.id
      RETURN collect(x) AS found, collect(d) AS distances, collect(up) AS ups, collect(down) AS downs`,
} satisfies Record<Direction, (hops: number) => string>

/** The edges walked from nodes that lie nearer than the depth. */
function walked(way: Way, hops: number, distances: string) {
  const [left, right] = ARROWS[way]
  return `UNWIND range(0, stop - 1) AS i
      WITH n, i, start, found[i] AS x WHERE ${distances}[i] < ${hops}
      MATCH (x)${left}[r:${TYPES}]${right}(y) WHERE ${inForce('r')} AND y.tenant = $tenant
      RETURN y, null AS j,
        [i, type(r), r.since, ${way === 'DOWNSTREAM'}, CASE WHEN i < start THEN x.id END] AS step`
}

const STEPS = {
  UPSTREAM: (hops: number) => walked('UPSTREAM', hops, 'distances'),
  DOWNSTREAM: (hops: number) => walked('DOWNSTREAM', hops, 'distances'),
  BOTH: (hops: number) => `${walked('UPSTREAM', hops, 'ups')}
      UNION ALL
      ${walked('DOWNSTREAM', hops, 'downs')}`,
} satisfies Record<Direction, (hops: number) => string>

/**
 * One text a direction and depth, for Cypher takes no parameter for the length of a path.
 *
 * It finds the root (through aliases), all nodes within the depth, and cuts the page's window out of
 * their order; an edge belongs to the page of its later end, so the far ends' places are found by
 * grouping the steps with the nodes up to the page's end.
 *
 * @param hops A whole number, checked by the caller: it is written into the text.
 */
function traversalText(direction: Direction, hops: number) {
  const carried = direction === 'BOTH' ? 'found, distances, ups, downs' : 'found, distances'
  return query<TraversalRow>(`
  // lineage ${direction.toLowerCase()} within ${hops} hops
  ${AT_POSITION}
  OPTIONAL MATCH (named:Entity {tenant: $tenant, id: $root}) WHERE named.first < n
  CALL (named, n) {
    MATCH q = (named)-[:ALIAS_OF*0..]->(c) WHERE all(r IN relationships(q) WHERE ${inForce('r')})
    WITH c, min(length(q)) AS hops ORDER BY hops DESC LIMIT 1
    RETURN head(collect(c)) AS root
  }
  CALL (root, n) {
    ${FOUND[direction](hops)}
  }
  WITH *, CASE WHEN $afterId IS NULL THEN 0 ELSE size([i IN range(0, size(found) - 1)
    WHERE distances[i] < $afterDistance
      OR (distances[i] = $afterDistance AND found[i].id <= $afterId)]) END AS start
  WITH *, CASE WHEN start + toInteger($first) < size(found)
    THEN start + toInteger($first) ELSE size(found) END AS stop
  CALL (${carried}, n, start, stop) {
    CALL (${carried}, n, start, stop) {
      UNWIND range(0, stop - 1) AS j RETURN found[j] AS y, j, null AS step
      UNION ALL
      ${STEPS[direction](hops)}
    }
    WITH y, max(j) AS j, collect(step) AS steps, start
    WITH y, j, start, [step IN steps WHERE j >= start OR step[0] >= start] AS steps
    WHERE j IS NOT NULL AND size(steps) > 0
    RETURN collect(j) AS places, collect(steps) AS steps,
      collect(CASE WHEN j < start THEN y.id ELSE '' END) AS ends
  }
  WITH *, found[start..stop] AS page
  RETURN ${LOG_STATE}, root.id AS root, size(found) AS total, start,
    ${entityColumns('page')}, distances[start..stop] AS distances, places, ends, steps`)
}

/** A hop more than may be asked for is planned too: it tells how many neighbours lie beyond. */
const TEXTS = Object.fromEntries(
  DIRECTIONS.map((direction) => [
    direction,
    Array.from({ length: MOST_HOPS + 2 }, (_, hops) => traversalText(direction, hops)),
  ]),
) as Record<Direction, Query<TraversalRow>[]>

/** The text for a direction and a whole number of hops up to `MOST_HOPS` + 1. */
export function traversalQuery(direction: Direction, hops: number): Query<TraversalRow> {
  const text = TEXTS[direction][hops]
  if (!text) throw new Error(`no text for ${direction} within ${hops} hops`)
  return text
}
