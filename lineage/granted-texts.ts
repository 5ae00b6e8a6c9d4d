import { type EntityColumns, entityColumns } from './entities.ts'
import { type Query, query } from './graph.ts'
import { GRANTED_RELATIONS } from './kinds.ts'
import { AT_POSITION, LOG_STATE, type LogState } from './position.ts'
import {
  type Bounds,
  carriedBy,
  DIRECTIONS,
  type Direction,
  hop,
  MOST_HOPS,
  reached,
  rootAt,
  type TraversalRow,
  traversalText,
  WAYS,
  type Way,
} from './traversal-texts.ts'

const TYPES = GRANTED_RELATIONS.join('|')

/**
 * No row comes back unless the grant is in force in the log of who gave it: its record is just the one
 * that the receiver's log refers to (a revoked grant has another), it is not over by the database's
 * clock, and what is read is no older than it.
 */
const HELD = `MATCH (grant:Entity {tenant: $tenant, id: $grant})
  WHERE grant.leaf = $grantLeaf AND grant.kind = 'Grant' AND grant.action = 'assert'
    AND grant.first < n AND datetime() < datetime($grantUntil)
  `

/**
 * A granted walk comes to nothing but nodes of the granted kinds, and so goes on from nothing else.
 * Those that it would have come to from there are counted, each once, and not told.
 */
const GRANTED: Bounds = {
  adjective: 'granted ',
  types: TYPES,
  held: HELD,
  may: (node) => ` AND ${node}.kind IN $grantKinds`,
  // Only the granted name itself may turn out to be another's: where others lead is not granted.
  meant: 'CASE WHEN $grantFollows THEN hops ELSE -hops END',
  counted: (direction, hops) => ({
    calls: `CALL (${carriedBy(direction)}, n) {
    CALL (${carriedBy(direction)}, n) {
      ${WAYS[direction]
        .map(([way, distances]) => beside(way, hops, distances))
        .join(`
      UNION ALL
      `)}
    }
    RETURN count(DISTINCT y) AS hidden
  }
  `,
    columns: ', hidden',
  }),
}

const beside = (way: Way, hops: number, distances: string) =>
  `UNWIND range(0, size(found) - 1) AS i
      WITH n, found[i] AS x WHERE ${distances}[i] < ${hops}
      ${hop(way, TYPES)} AND NOT y.kind IN $grantKinds
      RETURN y`

export interface GrantedRow extends TraversalRow {
  /** How many nodes the walk would have come to next, were their kinds granted. */
  hidden: number
}

/** Where some entities stand in what is granted: those of them that the walk comes to. */
export interface PlacesRow extends EntityColumns, LogState {
  n: number
  distances: number[]
}

const placesText = (way: Way, hops: number) =>
  query<PlacesRow>(`
  // granted places ${way.toLowerCase()} within ${hops} hops
  ${AT_POSITION}
  ${HELD}${rootAt({ ...GRANTED, meant: 'hops' })}
  CALL (root, n) {
    ${reached(way, hops, GRANTED)} WHERE x.id IN $ids
    RETURN collect(x) AS found, collect(d) AS distances
  }
  RETURN ${LOG_STATE}, ${entityColumns('found')}, distances`)

/**
 * How many of some entities the walk of a grant comes to, in the graph of who gives it: whether the
 * grant holds is the caller's to know.
 */
const countText = (direction: Direction, hops: number) =>
  query<LogState & { n: number; count: number }>(`
  // granted count ${direction.toLowerCase()} within ${hops} hops
  ${AT_POSITION}
  ${rootAt({ ...GRANTED, meant: 'hops' })}
  CALL (root, n) {
    ${WAYS[direction]
      .map(([way]) => `${reached(way, hops, GRANTED)} WHERE x.id IN $ids RETURN x`)
      .join(`
    UNION
    `)}
  }
  RETURN ${LOG_STATE}, count(x) AS count`)

const depths = <Text>(textOf: (hops: number) => Text) =>
  Array.from({ length: MOST_HOPS + 1 }, (_, hops) => textOf(hops))

const LINEAGE = Object.fromEntries(
  DIRECTIONS.map((direction) => [
    direction,
    depths((hops) => traversalText<GrantedRow>(direction, hops, GRANTED)),
  ]),
) as Record<Direction, Query<GrantedRow>[]>

const PLACES = {
  UPSTREAM: depths((hops) => placesText('UPSTREAM', hops)),
  DOWNSTREAM: depths((hops) => placesText('DOWNSTREAM', hops)),
}

const COUNTS = Object.fromEntries(
  DIRECTIONS.map((direction) => [direction, depths((hops) => countText(direction, hops))]),
) as Record<Direction, ReturnType<typeof countText>[]>

/** The text that counts entities within a grant of this length. @throws {Error} Beyond `MOST_HOPS`. */
export const countQuery = (direction: Direction, hops: number) => textAt(COUNTS[direction], hops)

/** The text of a granted walk; its length is written into it. @throws {Error} Beyond `MOST_HOPS`. */
export const grantedQuery = (direction: Direction, hops: number) => textAt(LINEAGE[direction], hops)

/** The text that finds entities within a grant of this length. @throws {Error} Beyond `MOST_HOPS`. */
export const placesQuery = (way: Way, hops: number) => textAt(PLACES[way], hops)

function textAt<Row>(texts: readonly Query<Row>[], hops: number): Query<Row> {
  const text = texts[hops]
  if (!text) throw new Error(`no text for a grant of ${hops} hops`)
  return text
}
