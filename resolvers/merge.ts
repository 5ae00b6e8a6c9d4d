import type { EntityAt } from '../lineage/entities.ts'
import type { MergedNames } from '../lineage/merges.ts'
import type { Context } from './context.ts'
import type { Lineage } from './lineage.ts'

/** The merges that an entity takes part in, at the position of the answer. */
export const mergesInProgress = (
  { id, at }: EntityAt,
  { loaders }: Context,
): Promise<MergedNames[]> => loaders.at(at).merges.load(id)

/** Whether any entity of a page, or its root, takes part in a merge. */
export async function isMerging({ root, nodes, n }: Lineage, { loaders }: Context) {
  const ids = new Set([root, ...nodes.map(({ entity }) => entity.id)])
  const merges = await loaders.at(n).merges.loadMany([...ids])
  const failed = merges.find((found) => found instanceof Error)
  if (failed) throw failed
  return merges.some((found) => !(found instanceof Error) && found.length > 0)
}
