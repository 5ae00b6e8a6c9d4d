import type { EntityAt } from '../lineage/entities.ts'
import type { Kind } from '../lineage/kinds.ts'
import type { Position } from '../lineage/position.ts'
import { rootUnknown } from '../lineage/problems.ts'
import {
  checkQuestion,
  type LineagePage,
  MOST_NODES,
  readLineage,
  type WalkedEdge,
} from '../lineage/traversal.ts'
import type { Direction } from '../lineage/traversal-texts.ts'
import type { Context } from './context.ts'
import {
  type Between,
  type ChangesPage,
  type EntityChange,
  edgeChanges,
  entityChange,
} from './diff-entity.ts'
import { diffTooLarge } from './problems.ts'

/** Whose lineage is compared. */
export interface LineageDiffAsked {
  id: string
  direction: Direction
  depth: number
}

/**
 * What differs between the lineage of an entity at two moments: what came into it and went out of it
 * too, though nothing was recorded of that itself. Both answers are read whole.
 *
 * @throws {Problem} `LINEAGE_ROOT_UNKNOWN` where it was there at neither moment,
 *   `LINEAGE_DEPTH_OUT_OF_RANGE`, `DIFF_TOO_LARGE`.
 */
export async function lineageChanges(
  asked: LineageDiffAsked & {
    between: Between
    kinds?: readonly Kind[] | null
    first: number
    after?: string
  },
  context: Context,
): Promise<ChangesPage<string>> {
  const { id, direction, depth, between, kinds, first, after = '' } = asked
  checkQuestion({ depth, first: 1 })
  const read = async (position: Position) => {
    const question = { root: id, direction, depth }
    const page = await context.pin.readAt(position, (n) =>
      readLineage(context.graph.read, question, { first: MOST_NODES }, n),
    )
    requireComparable(page.total)
    return page
  }
  const [was, is] = [await read(between.from), await read(between.to)]
  if (was.root === null && is.root === null) throw rootUnknown(id)
  const changes = changesBetween(was, is).filter(
    (one) => one.id > after && (kinds?.includes((one.after ?? one.before)!.kind) ?? true),
  )
  const nodes = changes.slice(0, first)
  return { nodes, next: changes.length > first ? nodes.at(-1)!.id : null }
}

/** @throws {Problem} `DIFF_TOO_LARGE` */
export function requireComparable(total: number) {
  if (total > MOST_NODES) throw diffTooLarge(total, MOST_NODES)
}

/** In the order of ids. An edge belongs to its downstream end. */
function changesBetween(was: LineagePage, is: LineagePage): EntityChange[] {
  const [befores, afters] = [entitiesOf(was), entitiesOf(is)]
  const [old, now] = [edgesOf(was), edgesOf(is)]
  return [...new Set([...befores.keys(), ...afters.keys()])].sort().flatMap((id) => {
    const [before, after] = [befores.get(id) ?? null, afters.get(id) ?? null]
    const edges = edgeChanges(old.get(id) ?? [], now.get(id) ?? [])
    const isSame = before && after && before.seq === after.seq && edges.length === 0
    return isSame ? [] : [entityChange(before, after, edges)]
  })
}

const entitiesOf = ({ nodes }: LineagePage) =>
  new Map<string, EntityAt>(nodes.map(({ entity }) => [entity.id, entity]))

const edgesOf = ({ edges }: LineagePage) => Map.groupBy(edges, ({ from }: WalkedEdge) => from)
