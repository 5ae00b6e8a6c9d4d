import type { EntityAt } from '../lineage/entities.ts'
import {
  checkPaths,
  type Path,
  type PathsPage,
  type PathsQuestion,
  pathsCursor,
  readPaths,
  readPathsCursor,
} from '../lineage/paths.ts'
import type { Position } from '../lineage/position.ts'
import { rootUnknown } from '../lineage/problems.ts'
import { type AsOf, readAsOf } from './as-of.ts'
import type { Context } from './context.ts'
import { checkId, type PageInfo } from './entity.ts'

export interface PathsAsked {
  from: string
  to: string
  depth: number
  first: number
  after?: string | null
  asOf?: AsOf | null
}

/** A page of paths, with the question that it answers. */
export interface Paths extends PathsPage {
  question: PathsQuestion
  from: string
  to: string
}

/** A path of an answer, which knows where it begins and what its entities are. */
export interface PathOf extends Path {
  page: Pick<Paths, 'from' | 'entities'>
}

/**
 * Finds all shortest upstream paths, a page at a time; later pages at the position of the first.
 *
 * @throws {Problem} `LINEAGE_ROOT_UNKNOWN`, `LINEAGE_CURSOR_INVALID`, `LINEAGE_DEPTH_OUT_OF_RANGE`,
 *   `LINEAGE_PAGE_OUT_OF_RANGE`, `LINEAGE_PATHS_TOO_WIDE`, `ENTITY_ID_INVALID`; as `readAsOf`.
 */
export async function findPaths(asked: PathsAsked, context: Context): Promise<Paths> {
  const { from, to, depth, first, after, asOf } = asked
  checkId(from)
  checkId(to)
  checkPaths(asked)
  context.spend(first * (depth + 1))
  const question = { tenant: context.tenant, from, to, depth }
  const cursor = after == null ? undefined : readPathsCursor(question, after)
  const read = (n: number | null) =>
    readPaths(context.graph.read, question, { first, start: cursor?.start ?? 0n }, n)
  const page = await readAsOf(context, { asOf, cursor }, read)
  if (page.from === null) throw rootUnknown(from)
  if (page.to === null) throw rootUnknown(to)
  return { ...page, from: page.from, to: page.to, question }
}

export const pathsOf = (page: Paths): PathOf[] => page.paths.map((path) => ({ ...path, page }))

/** The entities along a path, from its lower end to its upper one. */
export const entitiesOf = ({ hops, page }: PathOf): EntityAt[] =>
  [page.from, ...hops.map(({ to }) => to)].map((id) => page.entities.get(id)!)

export const positionOf = ({ epoch, n }: PathsPage): Position => ({ epoch, seq: n })

export const beyondOf = ({ total, start, paths }: PathsPage) => total - start - BigInt(paths.length)

export function pageInfoOf(page: Paths): PageInfo {
  const hasNextPage = beyondOf(page) > 0n
  const next = page.start + BigInt(page.paths.length)
  const endCursor = hasNextPage ? pathsCursor(page.question, positionOf(page), next) : null
  return { hasNextPage, endCursor }
}
