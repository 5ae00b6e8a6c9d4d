import { entitiesByIds } from '../lineage/entities.ts'
import type { WalkedEdge } from '../lineage/traversal.ts'
import { edgesBetween } from '../lineage/upstream.ts'
import type { Context } from './context.ts'
import type { PathOf } from './path.ts'

/**
 * Looks up what lies along some ways, and which edges they take, in two reads for all of them. Of several
 * relations between two entities one is told, the first by name.
 *
 * @returns What tells a way, one of those given.
 * @throws {Problem} `REQUEST_ASKS_TOO_MUCH`
 */
export async function readWays(
  ways: readonly (readonly string[])[],
  n: number,
  context: Context,
): Promise<(way: readonly string[]) => PathOf> {
  context.spend(ways.reduce((sum, way) => sum + way.length, 0))
  const { read } = context.graph
  const pairs = new Map(
    ways.flatMap((way) =>
      way.slice(1).map((to, i) => [`${way[i]} ${to}`, [way[i]!, to] as const] as const),
    ),
  )
  const [found, edges] = await Promise.all([
    entitiesByIds(read, [...new Set(ways.flat())], n),
    edgesBetween(read, [...pairs.values()], n),
  ])
  const entities = new Map(found!.entities.map((entity) => [entity.id, entity]))
  const hops = new Map(
    edges.map(({ from, to, edges: some }) => {
      const [relation, since] = some.reduce((a, b) => (b[0] < a[0] ? b : a))
      return [`${from} ${to}`, { relation, from, to, since, at: n } satisfies WalkedEdge]
    }),
  )
  return (way) => ({
    hops: way.slice(1).map((to, i) => hops.get(`${way[i]} ${to}`)!),
    page: { from: way[0]!, entities },
  })
}
