import { type Ask, type Query, query } from './graph.ts'
import {
  canonicalAt,
  type Direction,
  MOST_HOPS,
  reached,
  UNBOUNDED,
  type Way,
} from './traversal-texts.ts'

const WAYS = {
  UPSTREAM: ['UPSTREAM'],
  DOWNSTREAM: ['DOWNSTREAM'],
  BOTH: ['UPSTREAM', 'DOWNSTREAM'],
} as const satisfies Record<Direction, readonly Way[]>

const textOf = (way: Way, hops: number) =>
  query<{ ids: string[] }>(`
  // which of some entities lie ${way.toLowerCase()} within ${hops} hops
  WITH toInteger($n) AS n
  ${canonicalAt('root', UNBOUNDED)}
  CALL (root, n) {
    ${reached(way, hops, UNBOUNDED)}
    WITH x WHERE x.id IN $ids
    RETURN collect(x.id) AS ids
  }
  RETURN ids`)

const textsOf = (way: Way) => Array.from({ length: MOST_HOPS + 1 }, (_, hops) => textOf(way, hops))

const TEXTS: Record<Way, Query<{ ids: string[] }>[]> = {
  UPSTREAM: textsOf('UPSTREAM'),
  DOWNSTREAM: textsOf('DOWNSTREAM'),
}

/**
 * Which of some entities belong to the lineage of a root at `n`, the root included; none where there
 * was no such root then. However large the lineage is, no more comes back than was asked about.
 *
 * @param depth 0 to `MOST_HOPS`, checked by the caller: it is written into the text.
 */
export async function idsWithin(
  ask: Ask,
  asked: { root: string; direction: Direction; depth: number; ids: readonly string[] },
  n: number,
): Promise<Set<string>> {
  const { root, direction, depth, ids } = asked
  const rows = await Promise.all(
    WAYS[direction].map((way) => ask(TEXTS[way][depth]!, { root, ids, n })),
  )
  return new Set(rows.flat().flatMap((row) => row.ids))
}
