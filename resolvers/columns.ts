import { sha256 } from '../core/sha256.ts'
import { bothWays } from '../domains/openlineage/found-columns.ts'
import {
  type ColumnEdge,
  type ColumnWalk,
  type ReachedColumn,
  walkColumns,
} from '../domains/openlineage/walk-columns.ts'
import { readCursor, writeCursor } from '../lineage/cursor.ts'
import type { EntityAt } from '../lineage/entities.ts'
import { readLog } from '../lineage/log.ts'
import type { Position } from '../lineage/position.ts'
import { depthOutOfRange, pageOutOfRange, rootUnknown } from '../lineage/problems.ts'
import { type Direction, MOST_HOPS } from '../lineage/traversal-texts.ts'
import { b64 } from '../proofs/base64.ts'
import { utf8 } from '../proofs/utf8.ts'
import { type AsOf, readAsOf } from './as-of.ts'
import { openColumnSource } from './column-source.ts'
import type { Context } from './context.ts'
import { checkId, type PageInfo } from './entity.ts'

export interface ColumnsAsked {
  dataset: string
  column: string
  direction: Direction
  depth: number
  first: number
  after?: string | null
  asOf?: AsOf | null
}

/** A page of an answer, with the question that it answers. */
export interface ColumnsPage {
  key: readonly unknown[]
  /** The dataset asked about, the canonical one of an alias. */
  root: EntityAt
  columns: ReachedColumn[]
  /** Those whose later end is on this page. */
  edges: ColumnEdge[]
  total: number
  start: number
  n: number
  epoch: number
}

/** The most columns on a page. */
export const MOST_COLUMNS = 1_000

/** @throws {Problem} `LINEAGE_DEPTH_OUT_OF_RANGE`, `LINEAGE_PAGE_OUT_OF_RANGE`. */
export function checkColumns({ depth, first }: { depth: number; first: number }) {
  if (!Number.isInteger(depth) || depth < 0 || depth > MOST_HOPS) {
    throw depthOutOfRange(depth, MOST_HOPS)
  }
  if (!Number.isInteger(first) || first < 1 || first > MOST_COLUMNS) {
    throw pageOutOfRange(first, MOST_COLUMNS)
  }
}

/**
 * Answers what a column comes from, or what comes from it, a page at a time; later pages at the position
 * of the first. All of what lies within the depth is walked for every page, for its order is of the whole.
 *
 * @throws {Problem} `LINEAGE_ROOT_UNKNOWN` for what is no dataset too, `LINEAGE_CURSOR_INVALID`,
 *   `LINEAGE_DEPTH_OUT_OF_RANGE`, `LINEAGE_PAGE_OUT_OF_RANGE`, `LINEAGE_COLUMNS_TOO_WIDE`,
 *   `LINEAGE_BODIES_TOO_LARGE`, `ENTITY_ID_INVALID`; as `readAsOf`.
 */
export async function findColumns(asked: ColumnsAsked, context: Context): Promise<ColumnsPage> {
  const { dataset, direction, depth, first, after, asOf } = asked
  const column = asked.column.normalize('NFC')
  checkId(dataset)
  checkColumns(asked)
  context.spend(first)
  // A column's name may be longer than a cursor.
  const named = b64(sha256(utf8(column)))
  const key = ['columns', context.tenant, dataset, named, direction, depth]
  const cursor = after == null ? undefined : readCursor(key, ['number'], after)
  const log = await readAsOf(context, { asOf, cursor }, async (n) => {
    const head = await readLog(context.graph.read)
    return head && { ...head, n: n ?? head.size }
  })
  const source = openColumnSource(context, log)
  const root = await source.canonical(dataset)
  if (root?.kind !== 'Dataset') throw rootUnknown(dataset)
  const walk = (way: 'UPSTREAM' | 'DOWNSTREAM') =>
    walkColumns(source, { dataset: root.id, column }, { way, depth })
  const whole =
    direction === 'BOTH'
      ? bothWays(await walk('UPSTREAM'), await walk('DOWNSTREAM'))
      : await walk(direction)
  const start = (cursor?.place[0] as number | undefined) ?? 0
  return { ...pageOf(whole, start, first), key, root, n: log.n, epoch: log.epoch }
}

/** An edge of all columns of a dataset has its end at the first of those that were found. */
function pageOf({ columns, edges }: ColumnWalk, start: number, first: number) {
  const places = new Map<string, number>()
  for (const [place, { dataset, column }] of columns.entries()) {
    places.set(JSON.stringify([dataset, column]), place)
    const any = JSON.stringify([dataset, null])
    if (!places.has(any)) places.set(any, place)
  }
  const placeOf = ({ dataset, column }: ColumnEdge['from']) =>
    places.get(JSON.stringify([dataset, column]))!
  const placed = edges.map((edge) => ({ edge, from: placeOf(edge.from), to: placeOf(edge.to) }))
  const later = (one: (typeof placed)[number]) => Math.max(one.from, one.to)
  return {
    start,
    total: columns.length,
    columns: columns.slice(start, start + first),
    edges: placed
      .filter((one) => later(one) >= start && later(one) < start + first)
      .sort((a, b) => later(a) - later(b) || a.from - b.from || a.to - b.to)
      .map(({ edge }) => edge),
  }
}

export const beyondOf = ({ total, start, columns }: ColumnsPage) =>
  Math.max(0, total - start - columns.length)

export const positionOf = ({ epoch, n }: ColumnsPage): Position => ({ epoch, seq: n })

export function pageInfoOf(page: ColumnsPage): PageInfo {
  const next = page.start + page.columns.length
  const hasNextPage = beyondOf(page) > 0
  return {
    hasNextPage,
    endCursor: hasNextPage
      ? writeCursor(page.key, { position: positionOf(page), place: [next] })
      : null,
  }
}

/** An entity of the answer, as it was then; `null` for a job that nothing is known of. */
export const entityIn = ({ n }: ColumnsPage, id: string, { loaders }: Context) =>
  loaders.at(n).entity.load(id)

/** Whether a dataset of the page, or its root, is being joined with another name of it. */
export async function isMerging({ root, columns, n }: ColumnsPage, { loaders }: Context) {
  const ids = new Set([root.id, ...columns.map(({ dataset }) => dataset)])
  const merges = await Promise.all([...ids].map((id) => loaders.at(n).merges.load(id)))
  return merges.some((found) => found.length > 0)
}
