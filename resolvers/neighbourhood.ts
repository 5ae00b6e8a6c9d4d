import { readCursor, writeCursor } from '../lineage/cursor.ts'
import {
  checkNeighbourhood,
  type Neighbour,
  type Neighbourhood,
  readNeighbourhood,
} from '../lineage/neighbourhood.ts'
import type { Position } from '../lineage/position.ts'
import { rootUnknown } from '../lineage/problems.ts'
import type { Direction } from '../lineage/traversal-texts.ts'
import { type AsOf, readAsOf } from './as-of.ts'
import type { Context } from './context.ts'
import { checkId, type PageInfo } from './entity.ts'

export interface NeighbourhoodAsked {
  id: string
  direction: Direction
  first: number
  after?: string | null
  shown?: readonly string[] | null
  asOf?: AsOf | null
}

/** A page of neighbours, with the question that it answers. */
export interface NeighbourhoodPage extends Neighbourhood {
  key: readonly unknown[]
  root: Neighbour
}

/**
 * Finds the direct neighbours of an entity, a page at a time; later pages at the position of the first.
 *
 * @throws {Problem} `LINEAGE_ROOT_UNKNOWN`, `LINEAGE_CURSOR_INVALID`, `LINEAGE_PAGE_OUT_OF_RANGE`,
 *   `LINEAGE_SHOWN_TOO_MANY`, `ENTITY_ID_INVALID`; as `readAsOf`.
 */
export async function findNeighbourhood(
  { id, direction, first, after, shown: given, asOf }: NeighbourhoodAsked,
  context: Context,
): Promise<NeighbourhoodPage> {
  const shown = given ?? []
  checkId(id)
  checkNeighbourhood({ first, shown })
  for (const one of shown) checkId(one)
  context.spend(first)
  const key = ['neighbourhood', context.tenant, id, direction]
  const cursor = after == null ? undefined : readCursor(key, ['string'], after)
  const from = cursor?.place[0] as string | undefined
  const read = (n: number | null) =>
    readNeighbourhood(context.graph.read, { root: id, direction, first, after: from, shown }, n)
  const { root, ...page } = await readAsOf(context, { asOf, cursor }, read)
  if (!root) throw rootUnknown(id)
  return { ...page, root, key }
}

export const positionOf = ({ epoch, n }: Neighbourhood): Position => ({ epoch, seq: n })

export function pageInfoOf(page: NeighbourhoodPage): PageInfo {
  const last = page.neighbours.at(-1)
  const place = last && [last.entity.id]
  return {
    hasNextPage: page.more,
    endCursor: place ? writeCursor(page.key, { position: positionOf(page), place }) : null,
  }
}
