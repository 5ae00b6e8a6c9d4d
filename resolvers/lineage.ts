import { type EntityAt, entitiesByIds } from '../lineage/entities.ts'
import type { Position } from '../lineage/position.ts'
import { rootUnknown } from '../lineage/problems.ts'
import {
  checkQuestion,
  countBeyondDepth,
  type LineagePage,
  lineageCursor,
  type Question,
  readLineage,
  readLineageCursor,
} from '../lineage/traversal.ts'
import type { Direction } from '../lineage/traversal-texts.ts'
import { type AsOf, readAsOf } from './as-of.ts'
import type { Context } from './context.ts'
import { checkId, type PageInfo } from './entity.ts'

export interface LineageAsked {
  root: string
  direction: Direction
  depth: number
  first: number
  after?: string | null
  asOf?: AsOf | null
}

/** A page of an answer, with the question that it answers. */
export interface Lineage extends LineagePage {
  question: Question
  root: string
}

/**
 * Answers a lineage question, in one read; later pages at the position of the first.
 *
 * @throws {Problem} `LINEAGE_ROOT_UNKNOWN`, `LINEAGE_CURSOR_INVALID`, `LINEAGE_DEPTH_OUT_OF_RANGE`,
 *   `LINEAGE_PAGE_OUT_OF_RANGE`, `ENTITY_ID_INVALID`; as `readAsOf`.
 */
export async function findLineage(asked: LineageAsked, context: Context): Promise<Lineage> {
  const { root, direction, depth, first, after, asOf } = asked
  checkId(root)
  checkQuestion(asked)
  context.spend(first)
  const question = { tenant: context.tenant, root, direction, depth }
  const cursor = after == null ? undefined : readLineageCursor(question, after)
  const read = (n: number | null) =>
    readLineage(context.graph.read, question, { first, after: cursor?.after }, n)
  const page = await readAsOf(context, { asOf, cursor }, read)
  if (page.root === null) throw rootUnknown(root)
  return { ...page, root: page.root, question }
}

/** The root, the canonical one where an alias was asked for; on the first page it is the first node. */
export async function rootOf({ root, nodes, n }: Lineage, context: Context): Promise<EntityAt> {
  const [head] = nodes
  if (head?.entity.id === root) return head.entity
  const found = await entitiesByIds(context.graph.read, [root], n)
  return found!.entities[0]!
}

export const positionOf = ({ epoch, n }: Lineage): Position => ({ epoch, seq: n })

export function pageInfoOf(page: Lineage): PageInfo {
  const last = page.nodes.at(-1)
  return {
    hasNextPage: page.beyond > 0,
    endCursor: last ? lineageCursor(page.question, positionOf(page), last) : null,
  }
}

export const frontierOf = (page: Lineage, { graph }: Context) =>
  countBeyondDepth(graph.read, page.question, page)
