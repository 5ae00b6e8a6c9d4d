import { DESIGN } from '../../lineage/kinds.ts'
import type { Direction } from '../../lineage/traversal-texts.ts'
import type { World, WorldEdge } from '../make/world.ts'

export interface Answer {
  /** Distance by id. */
  nodes: Map<string, number>
  /** `relation from to`. */
  edges: Set<string>
}

const nameOf = ({ relation, from, to }: WorldEdge) => `${relation} ${from} ${to}`

/** Lineage as it is defined, in the plainest way: hop by hop over a list of all edges. */
export function lineageByHand(
  world: World,
  { root, direction, depth, n }: { root: string; direction: Direction; depth: number; n: number },
): Answer {
  if (direction === 'BOTH') {
    const up = lineageByHand(world, { root, direction: 'UPSTREAM', depth, n })
    const down = lineageByHand(world, { root, direction: 'DOWNSTREAM', depth, n })
    const nodes = new Map(down.nodes)
    for (const [id, distance] of up.nodes) {
      nodes.set(id, Math.min(distance, nodes.get(id) ?? distance))
    }
    return { nodes, edges: up.edges.union(down.edges) }
  }
  const known = world.edges.filter(
    ({ relation, since, until }) => DESIGN.includes(relation) && since < n && until >= n,
  )
  const [near, far] =
    direction === 'UPSTREAM' ? (['from', 'to'] as const) : (['to', 'from'] as const)
  const nodes = new Map([[canonicalByHand(world, root, n), 0]])
  const edges = new Set<string>()
  for (let hop = 0; hop < depth; hop++) {
    const rim = [...nodes].filter(([, distance]) => distance === hop).map(([id]) => id)
    for (const walked of known.filter((one) => rim.includes(one[near]))) {
      edges.add(nameOf(walked))
      if (!nodes.has(walked[far])) nodes.set(walked[far], hop + 1)
    }
  }
  return { nodes, edges }
}

export function canonicalByHand(world: World, id: string, n: number): string {
  const alias = world.edges.find(
    ({ relation, from, since, until }) =>
      relation === 'ALIAS_OF' && from === id && since < n && until >= n,
  )
  return alias ? canonicalByHand(world, alias.to, n) : id
}

/** The version of a node that a reader at `n` sees. */
export const versionByHand = (world: World, id: string, n: number) => {
  const { versions } = world.nodes.find((one) => one.id === id)!
  const seen = versions.filter(({ seq }) => seq < n)
  return { version: seen.length, ...seen.at(-1) }
}

/** The runs of a job, or those that brought an edge about, the newest first: found by looking at all. */
export function runsByHand(
  world: World,
  of: { job: string } | { relation: string; from: string; to: string },
  n: number,
): string[] {
  const known = world.edges.filter(({ since, until }) => since < n && until >= n)
  const has = (relation: string, from: string, to: string) =>
    known.some((one) => one.relation === relation && one.from === from && one.to === to)
  const parentsOf = (run: string) =>
    known
      .filter(({ relation, from }) => relation === 'CHILD_OF' && from === run)
      .map(({ to }) => to)
  const brought = (run: string): boolean => {
    if ('job' in of) return has('RUN_OF', run, of.job)
    const { relation, from, to } = of
    if (relation === 'USED') return has('RUN_OF', run, from) && has('RUN_USED', run, to)
    if (relation === 'WAS_GENERATED_BY')
      return has('RUN_OF', run, to) && has('RUN_GENERATED', run, from)
    if (relation === 'WAS_DERIVED_FROM')
      return has('RUN_GENERATED', run, from) && has('RUN_USED', run, to)
    return has('RUN_OF', run, from) && parentsOf(run).some((parent) => has('RUN_OF', parent, to))
  }
  return world.nodes
    .filter(({ id }) => brought(id))
    .sort((a, b) => b.versions[0]!.seq - a.versions[0]!.seq)
    .map(({ id }) => id)
}

/**
 * All shortest ways upstream, in the plainest way: every walk of no hop, then of one more, until some
 * arrive. Each is its edges, in the order of (upstream id, relation) hop by hop.
 */
export function pathsByHand(
  world: World,
  { from, to, depth, n }: { from: string; to: string; depth: number; n: number },
): WorldEdge[][] {
  const [start, end] = [canonicalByHand(world, from, n), canonicalByHand(world, to, n)]
  const known = world.edges
    .filter(({ relation, since, until }) => DESIGN.includes(relation) && since < n && until >= n)
    .sort((a, b) => (a.to < b.to ? -1 : a.to > b.to ? 1 : a.relation < b.relation ? -1 : 1))
  const seen = new Set<string>()
  let walks: WorldEdge[][] = [[]]
  for (let hops = 0; hops <= depth && walks.length > 0; hops++) {
    const arrived = walks.filter((walk) => (walk.at(-1)?.to ?? start) === end)
    if (arrived.length > 0) return arrived
    const tips = new Set(walks.map((walk) => walk.at(-1)?.to ?? start))
    for (const tip of tips) seen.add(tip)
    walks = walks.flatMap((walk) =>
      known
        .filter((one) => one.from === (walk.at(-1)?.to ?? start) && !seen.has(one.to))
        .map((one) => [...walk, one]),
    )
  }
  return []
}
