import { readCursor, writeCursor } from './cursor.ts'
import { type EntityAt, entitiesByIds } from './entities.ts'
import type { Ask } from './graph.ts'
import { distanceQuery, layersQuery } from './path-texts.ts'
import { type RankedPaths, rankPaths } from './paths-by-rank.ts'
import { type LogState, type Position, stateOf } from './position.ts'
import { cursorInvalid, depthOutOfRange, pageOutOfRange, pathsTooWide } from './problems.ts'
import type { WalkedEdge } from './traversal.ts'
import { MOST_HOPS } from './traversal-texts.ts'

/** What is asked: how `to`, upstream, is reached from `from`, in `depth` hops at most. */
export interface PathsQuestion {
  tenant: string
  from: string
  to: string
  /** 0 to `MOST_HOPS`. */
  depth: number
}

/** The most paths on a page. */
export const MOST_PATHS = 100

/** The most edges that may lie on the shortest paths together: what a page is found from. */
export const MOST_PATH_EDGES = 250_000

/** One way upstream: each hop leads on from where the one before it led. */
export interface Path {
  hops: WalkedEdge[]
}

/** One page of all shortest paths, in an order that stays. */
export interface PathsPage extends LogState {
  /** The size of the log that it was read at. */
  n: number
  /** The canonical ids of the ends, where aliases were asked for; `null` where there is none. */
  from: string | null
  to: string | null
  /** The hops of each path; `null` where none is as short as the depth. */
  distance: number | null
  paths: Path[]
  /** Every entity of the page's paths, and both ends, by id. */
  entities: ReadonlyMap<string, EntityAt>
  /** How many shortest paths there are, exactly. */
  total: bigint
  /** The rank of the page's first path. */
  start: bigint
}

/** @throws {Problem} `LINEAGE_DEPTH_OUT_OF_RANGE`, `LINEAGE_PAGE_OUT_OF_RANGE`. */
export function checkPaths({ depth, first }: { depth: number; first: number }) {
  if (!Number.isInteger(depth) || depth < 0 || depth > MOST_HOPS) {
    throw depthOutOfRange(depth, MOST_HOPS)
  }
  if (!Number.isInteger(first) || first < 1 || first > MOST_PATHS) {
    throw pageOutOfRange(first, MOST_PATHS)
  }
}

/**
 * Answers one page of all shortest upstream paths, exactly, in three reads: how far, along which
 * edges, and what the entities of the page are. Two edges of different relations between the same
 * entities make two paths. From an entity to itself there is one path, which has no hop.
 *
 * @param n The size of the log to read at; `null` reads what is there now.
 * @returns `undefined` where there is no such tenant.
 * @throws {Problem} `LINEAGE_PATHS_TOO_WIDE`; `LINEAGE_CURSOR_INVALID` for a page after the last.
 */
export async function readPaths(
  ask: Ask,
  { from: lower, to: upper, depth }: Omit<PathsQuestion, 'tenant'>,
  { first, start }: { first: number; start: bigint },
  n: number | null,
): Promise<PathsPage | undefined> {
  const [row] = await ask(distanceQuery(Math.max(depth, 1)), { lower, upper, n })
  if (!row) return undefined
  const ends = [row.lower, row.upper].filter((id) => id !== null)
  const within = row.distance === null || row.distance > depth ? null : row.distance
  const { ids, paths: all } =
    within === null || within === 0
      ? { ids: ends, paths: trivial(within === 0) }
      : await layersOf(ask, { lower: row.lower!, upper: row.upper!, hops: within, n: row.n })
  if (start > 0n && start >= all.total) throw cursorInvalid()
  const paths = pageOf(all, { first, start }).map((hops) => ({
    hops: hops.map(({ from, to, ...edge }) => ({
      ...edge,
      from: ids[from]!,
      to: ids[to]!,
      at: row.n,
    })),
  }))
  const shown = new Set([...ends, ...paths.flatMap(({ hops }) => hops.map(({ to }) => to))])
  const found = (await entitiesByIds(ask, [...shown], row.n))!
  return {
    ...stateOf(row),
    n: row.n,
    from: row.lower,
    to: row.upper,
    distance: within,
    paths,
    entities: new Map(found.entities.map((entity) => [entity.id, entity])),
    total: all.total,
    start,
  }
}

const trivial = (isThere: boolean): RankedPaths => ({ total: isThere ? 1n : 0n, at: () => [] })

async function layersOf(
  ask: Ask,
  { hops, ...asked }: { lower: string; upper: string; hops: number; n: number },
) {
  const [layers] = await ask(layersQuery(hops), { ...asked, most: MOST_PATH_EDGES })
  if (layers!.edges > MOST_PATH_EDGES) throw pathsTooWide(layers!.edges, MOST_PATH_EDGES)
  return { ids: layers!.ids, paths: rankPaths(layers!) }
}

function pageOf(paths: RankedPaths, { first, start }: { first: number; start: bigint }) {
  const left = paths.total - start
  const length = left < first ? Number(left) : first
  return Array.from({ length }, (_, i) => paths.at(start + BigInt(i)))
}

const questionKey = ({ tenant, from, to, depth }: PathsQuestion) => [
  'path',
  tenant,
  from,
  to,
  depth,
]

/** The cursor of the page that begins at a rank, at the position that this one was read at. */
export const pathsCursor = (question: PathsQuestion, position: Position, start: bigint) =>
  writeCursor(questionKey(question), { position, place: [`${start}`] })

/** @throws {Problem} `LINEAGE_CURSOR_INVALID` */
export function readPathsCursor(question: PathsQuestion, cursor: string) {
  const { position, place } = readCursor(questionKey(question), ['string'], cursor)
  if (!/^[1-9]\d{0,199}$/.test(place[0] as string)) throw cursorInvalid()
  return { position, start: BigInt(place[0]!) }
}
