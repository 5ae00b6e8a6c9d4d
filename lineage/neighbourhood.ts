import { type EntityAt, type EntityColumns, entitiesAt, entityColumns } from './entities.ts'
import { type Ask, query } from './graph.ts'
import { DESIGN, type Relation } from './kinds.ts'
import { AT_POSITION, LOG_STATE, type LogState, stateOf } from './position.ts'
import { pageOutOfRange, shownTooMany } from './problems.ts'
import type { WalkedEdge } from './traversal.ts'
import {
  canonicalAt,
  DIRECTIONS,
  type Direction,
  hop,
  UNBOUNDED,
  type Way,
} from './traversal-texts.ts'

/** What is asked: the neighbours of an entity, one hop away. */
export interface NeighbourhoodAsked {
  root: string
  direction: Direction
  first: number
  /** Opens after the neighbour of this id. */
  after?: string
  /** What the caller shows already: edges to these are told too. */
  shown: readonly string[]
}

/** The most neighbours on a page, the most ids that `shown` takes, and as far as edges are counted. */
export const MOST_NEIGHBOURS = 200
export const MOST_SHOWN = 500
export const MOST_COUNTED = 1_000

/** How many edges there are: exact up to `MOST_COUNTED`, and that many, with `more`, above it. */
export interface EdgeCount {
  count: number
  more: boolean
}

/** An entity, and how many edges lead on from it in either direction. */
export interface Neighbour {
  entity: EntityAt
  upstream: EdgeCount
  downstream: EdgeCount
}

export interface Neighbourhood extends LogState {
  n: number
  /** The entity asked about, the canonical one of an alias; `undefined` where there is none. */
  root: Neighbour | undefined
  neighbours: Neighbour[]
  /** Edges between what is on this page, and from there to the root and to what is shown. */
  edges: WalkedEdge[]
  more: boolean
}

interface NeighbourhoodRow extends EntityColumns, LogState {
  n: number
  upstreams: number[]
  downstreams: number[]
  edges: [from: string, relation: Relation, to: string, since: number][]
}

const TYPES = DESIGN.join('|')
const WAYS: Record<Direction, readonly Way[]> = {
  UPSTREAM: ['UPSTREAM'],
  DOWNSTREAM: ['DOWNSTREAM'],
  BOTH: ['UPSTREAM', 'DOWNSTREAM'],
}

const count = (way: Way) => `[x IN page | COUNT {
    ${hop(way, TYPES)} RETURN r LIMIT ${MOST_COUNTED + 1} }]`

/**
 * Every edge is an out-edge of one of its ends, so those among some entities are found from what these
 * came from, which is bounded by what each was recorded with, and never from all that came from them.
 */
const neighbourhoodText = (direction: Direction) =>
  query<NeighbourhoodRow>(`
  // neighbourhood ${direction.toLowerCase()}
  ${AT_POSITION}
  ${canonicalAt('root', UNBOUNDED)}
  CALL (root, n) {
    CALL (root, n) {
      ${WAYS[direction]
        .map(
          (way) => `WITH root AS x
      ${hop(way, TYPES)} AND y <> x AND y.id > $after
      RETURN y`,
        )
        .join(`
      UNION
      `)}
    }
    WITH DISTINCT y ORDER BY y.id LIMIT toInteger($first)
    RETURN collect(y) AS found
  }
  WITH log, n, CASE WHEN root IS NULL THEN [] ELSE [root] + found END AS page
  CALL (page, n) {
    OPTIONAL MATCH (s:Entity {tenant: $tenant}) WHERE s.id IN $shown AND s.first < n
    WITH page, n, collect(s) AS beside
    WITH page + beside AS members, n
    UNWIND members AS x
    WITH DISTINCT x, members, n
    ${hop('UPSTREAM', TYPES)} AND y IN members
    RETURN collect([x.id, type(r), y.id, r.since]) AS edges
  }
  RETURN ${LOG_STATE}, ${entityColumns('page')},
    ${count('UPSTREAM')} AS upstreams,
    ${count('DOWNSTREAM')} AS downstreams, edges`)

const TEXTS = Object.fromEntries(
  DIRECTIONS.map((direction) => [direction, neighbourhoodText(direction)]),
) as Record<Direction, ReturnType<typeof neighbourhoodText>>

/** @throws {Problem} `LINEAGE_PAGE_OUT_OF_RANGE`, `LINEAGE_SHOWN_TOO_MANY`. */
export function checkNeighbourhood({ first, shown }: { first: number; shown: readonly string[] }) {
  if (!Number.isInteger(first) || first < 1 || first > MOST_NEIGHBOURS) {
    throw pageOutOfRange(first, MOST_NEIGHBOURS)
  }
  if (shown.length > MOST_SHOWN) throw shownTooMany(shown.length, MOST_SHOWN)
}

/**
 * Reads one page of the direct neighbours of an entity, in the order of their ids, in one read.
 *
 * Nothing is read of the graph beyond them but how many edges lead on, and of those no more than
 * `MOST_COUNTED` each; of the entity's own edges each is looked at, for there is no index of them.
 *
 * @param n The size of the log to read at; `null` reads what is there now.
 * @returns `undefined` where there is no such tenant.
 */
export async function readNeighbourhood(
  ask: Ask,
  { root: asked, direction, first, after = '', shown }: NeighbourhoodAsked,
  n: number | null,
): Promise<Neighbourhood | undefined> {
  const params = { root: asked, n, first: first + 1, after, shown }
  const [row] = await ask(TEXTS[direction], params)
  if (!row) return undefined
  const entities = await entitiesAt(ask, row, row.n)
  const [root, ...found] = entities.map((entity, i) => ({
    entity,
    upstream: counted(row.upstreams[i]!),
    downstream: counted(row.downstreams[i]!),
  }))
  const neighbours = found.slice(0, first)
  return {
    ...stateOf(row),
    n: row.n,
    root,
    neighbours,
    edges: edgesOf(row, { neighbours, shown, isFirst: after === '' }),
    more: found.length > first,
  }
}

const counted = (edges: number): EdgeCount => ({
  count: Math.min(edges, MOST_COUNTED),
  more: edges > MOST_COUNTED,
})

/** An edge is told on the page of its neighbour, and a loop of the root itself on the first one. */
function edgesOf(
  { edges, ids: [root], n }: NeighbourhoodRow,
  {
    neighbours,
    shown,
    isFirst,
  }: { neighbours: Neighbour[]; shown: readonly string[]; isFirst: boolean },
): WalkedEdge[] {
  const here = new Set(neighbours.map(({ entity }) => entity.id))
  const known = new Set([...here, ...shown, root])
  return edges
    .filter(
      ([from, , to]) =>
        (known.has(from) && known.has(to) && (here.has(from) || here.has(to))) ||
        (isFirst && from === root && to === root),
    )
    .map(([from, relation, to, since]) => ({ from, relation, to, since, at: n }))
    .sort(
      (a, b) => compare(a.from, b.from) || compare(a.to, b.to) || compare(a.relation, b.relation),
    )
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b))
