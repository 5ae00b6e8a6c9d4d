import type { Relation } from './kinds.ts'
import type { LayersRow } from './path-texts.ts'

/** One hop of a path, by the places of its ends in the order of ids. */
export interface RankedHop {
  relation: Relation
  since: number
  from: number
  to: number
}

/** Paths in their order, none of them made before it is asked for. */
export interface RankedPaths {
  /** How many there are: more than any list could hold, in a graph of a few dense layers. */
  total: bigint
  /** The path of a rank from 0 to `total` - 1. */
  at(rank: bigint): RankedHop[]
}

/**
 * Counts paths, and finds each by its rank, from the edges between their layers.
 *
 * How many paths lead on from a node is the sum over its edges of how many lead on from where they
 * lead, so all counts take one pass from the upper end; and they say under which edge a rank lies.
 * Paths are in the order of their hops, hops in the order of (id, relation).
 */
export function rankPaths({ ups, places, steps }: Omit<LayersRow, 'ids' | 'edges'>): RankedPaths {
  const onward: RankedHop[][] = ups.map(() => [])
  for (const [i, to] of places.entries()) {
    for (const [from, relation, since] of steps[i]!) {
      onward[from]!.push({ from, to, relation, since })
    }
  }
  for (const hops of onward) hops.sort(inOrder)
  const length = ups.reduce((most, up) => Math.max(most, up), 0)
  const counts = new Array<bigint>(ups.length).fill(1n)
  const nearestTheUpperEnd = [...ups.keys()].sort((a, b) => ups[b]! - ups[a]!)
  for (const place of nearestTheUpperEnd) {
    if (ups[place] === length) continue
    counts[place] = onward[place]!.reduce((sum, { to }) => sum + counts[to]!, 0n)
  }
  const start = ups.indexOf(0)
  return { total: counts[start]!, at: (rank) => walk(start, rank, { onward, counts }) }
}

const inOrder = (a: RankedHop, b: RankedHop) =>
  a.to - b.to || (a.relation < b.relation ? -1 : Number(a.relation > b.relation))

function walk(
  start: number,
  rank: bigint,
  { onward, counts }: { onward: readonly RankedHop[][]; counts: readonly bigint[] },
) {
  const path: RankedHop[] = []
  let left = rank
  for (let here = start; onward[here]!.length > 0; ) {
    const next = onward[here]!.find(({ to }) => {
      if (left < counts[to]!) return true
      left -= counts[to]!
      return false
    })
    if (!next) throw new Error(`there is no path of rank ${rank}`)
    path.push(next)
    here = next.to
  }
  return path
}
