import { readCursor, writeCursor } from './cursor.ts'
import { type EntityAt, entitiesAt } from './entities.ts'
import type { Ask } from './graph.ts'
import type { Relation } from './kinds.ts'
import { type LogState, type Position, stateOf } from './position.ts'
import { depthOutOfRange, pageOutOfRange } from './problems.ts'
import {
  DIRECTIONS,
  type Direction,
  MOST_HOPS,
  type TraversalRow,
  traversalQuery,
} from './traversal-texts.ts'

/** What is asked: everything within `depth` hops of `root` in one direction. */
export interface Question {
  tenant: string
  root: string
  direction: Direction
  /** 0 to `MOST_HOPS`. */
  depth: number
}

/** Which part of the answer is wanted: up to `first` nodes after a place in the order. */
export interface Page {
  /** 1 to `MOST_NODES`; 0 counts only. */
  first: number
  after?: { distance: number; id: string }
}

/** The most nodes on a page. */
export const MOST_NODES = 5_000

/** A node of the answer, and the least number of hops that lead to it. */
export interface Reached {
  entity: EntityAt
  distance: number
}

/** An edge that was walked, as it is recorded: it points upstream, whichever way it was walked. */
export interface WalkedEdge {
  relation: Relation
  from: string
  to: string
  since: number
  /** The size of the log that it was read at. */
  at: number
}

/** One page of an answer. All pages together are the whole answer, each node and edge once. */
export interface LineagePage extends LogState {
  /** The root's id, the canonical one where an alias was asked for; `null` where there is none. */
  root: string | null
  /** The size of the log that it was read at. */
  n: number
  nodes: Reached[]
  edges: WalkedEdge[]
  /** How many nodes lie within the depth, on all pages. */
  total: number
  /** How many of them come after this page. */
  beyond: number
}

/**
 * Checks what was asked. The depth is written into a text, so it must be one of those planned.
 *
 * @throws {Problem} `LINEAGE_DEPTH_OUT_OF_RANGE`, `LINEAGE_PAGE_OUT_OF_RANGE`.
 */
export function checkQuestion({ depth, first }: { depth: number; first: number }) {
  if (!Number.isInteger(depth) || depth < 0 || depth > MOST_HOPS) {
    throw depthOutOfRange(depth, MOST_HOPS)
  }
  if (!Number.isInteger(first) || first < 1 || first > MOST_NODES) {
    throw pageOutOfRange(first, MOST_NODES)
  }
}

/**
 * Answers one page in one read, exactly: the nodes are those within `depth` hops, in the order of
 * (distance, id), with the edges walked to find them, each on the page of its later end.
 *
 * The whole of what lies within the depth is searched for every page, for its order and count are of
 * the whole; that is linear in its size, however many paths lead through it.
 *
 * @param n The size of the log to read at; `null` reads what is there now.
 * @returns `undefined` where there is no such tenant.
 */
export async function readLineage(
  ask: Ask,
  { root, direction, depth }: Omit<Question, 'tenant'>,
  { first, after }: Page,
  n: number | null,
): Promise<LineagePage | undefined> {
  const [row] = await ask(traversalQuery(direction, depth), {
    root,
    n,
    ...pageParams({ first, after }),
  })
  return row && pageOf(ask, row)
}

/** A page as the parameters of a traversal's text. */
export const pageParams = ({ first, after }: Page) => ({
  first,
  afterDistance: after?.distance ?? null,
  afterId: after?.id ?? null,
})

/** Lays a traversal's row out as a page. */
export async function pageOf(ask: Ask, row: TraversalRow): Promise<LineagePage> {
  const entities = await entitiesAt(ask, row, row.n)
  return {
    ...stateOf(row),
    n: row.n,
    root: row.root,
    nodes: entities.map((entity, i) => ({ entity, distance: row.distances[i]! })),
    edges: edgesOf(row),
    total: row.total,
    beyond: row.total - row.start - row.ids.length,
  }
}

/**
 * Counts the nodes that are exactly one hop further away than the depth: what a caller would get to
 * see by asking deeper.
 */
export async function countBeyondDepth(
  ask: Ask,
  question: Omit<Question, 'tenant'>,
  { total, n }: Pick<LineagePage, 'total' | 'n'>,
): Promise<number> {
  const deeper = { ...question, depth: question.depth + 1 }
  const page = await readLineage(ask, deeper, { first: 0 }, n)
  return (page?.total ?? total) - total
}

/** An edge both of whose walks are in a `BOTH` answer is one edge. Sorted, so that answers compare. */
function edgesOf({ places, ends, steps, ids, start, n }: TraversalRow): WalkedEdge[] {
  const idAt = (place: number, id: string | null) => (place < start ? id! : ids[place - start]!)
  const walked = steps.flatMap((some, at) =>
    some.map(([place, relation, since, down, id]) => {
      const near = { place, id: idAt(place, id) }
      const far = { place: places[at]!, id: idAt(places[at]!, ends[at]!) }
      const [from, to] = down ? [far, near] : [near, far]
      return { from, to, relation, since }
    }),
  )
  walked.sort(
    (a, b) =>
      Math.max(a.from.place, a.to.place) - Math.max(b.from.place, b.to.place) ||
      a.from.place - b.from.place ||
      a.to.place - b.to.place ||
      (a.relation < b.relation ? -1 : Number(a.relation > b.relation)),
  )
  return walked
    .filter((edge, i) => i === 0 || !sameEdge(edge, walked[i - 1]!))
    .map(({ from, to, relation, since }) => ({
      relation,
      from: from.id,
      to: to.id,
      since,
      at: n,
    }))
}

type Ends = { from: { place: number }; to: { place: number }; relation: Relation }

const sameEdge = (a: Ends, b: Ends) =>
  a.from.place === b.from.place && a.to.place === b.to.place && a.relation === b.relation

/** What must be the same where a page is asked for by cursor. */
const questionKey = ({ tenant, root, direction, depth }: Question) => [
  'lineage',
  tenant,
  root,
  direction,
  depth,
]

/** The cursor of a node: the next page opens after it, at the position that this one was read at. */
export const lineageCursor = (question: Question, position: Position, last: Reached) =>
  writeCursor(questionKey(question), { position, place: [last.distance, last.entity.id] })

/** @throws {Problem} `LINEAGE_CURSOR_INVALID` */
export function readLineageCursor(question: Question, cursor: string) {
  const { position, place } = readCursor(questionKey(question), ['number', 'string'], cursor)
  const [distance, id] = place as [number, string]
  return { position, after: { distance, id } }
}

/** The depths that callers most likely ask for: the default, the most, and what is near the root. */
const COMMON_DEPTHS = [4, MOST_HOPS, 1, 2, 3]

/**
 * Has the database plan every traversal, the common depths first, so that no caller waits for it.
 * A plan is made when a text first runs, and takes some 50 ms.
 */
export async function planTraversals(ask: Ask, signal: AbortSignal) {
  const all = Array.from({ length: MOST_HOPS + 2 }, (_, depth) => depth)
  for (const depth of new Set([...COMMON_DEPTHS, ...all])) {
    for (const direction of DIRECTIONS) {
      if (signal.aborted) return
      await readLineage(ask, { root: '', direction, depth }, { first: 1 }, null)
    }
  }
}
