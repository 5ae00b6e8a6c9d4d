import type { Under } from '../../domains/changes/changes.ts'
import { DESIGN } from '../../lineage/kinds.ts'
import { type Header, type Replayed, replayed } from '../time/replay.ts'

/** Which of a log's records lie under a root: the lineage is made anew before and after every one. */
export const under = (headers: readonly Header[], asked: Under) =>
  headers.filter(
    ({ id, seq }) =>
      lineageOf(replayed(headers, seq), asked).has(id) ||
      lineageOf(replayed(headers, seq + 1), asked).has(id),
  )

/** Hop by hop over all edges there are. */
function lineageOf(world: Map<string, Replayed>, { root, direction, depth }: Under): Set<string> {
  if (direction === 'BOTH') {
    const up = lineageOf(world, { root, direction: 'UPSTREAM', depth })
    return up.union(lineageOf(world, { root, direction: 'DOWNSTREAM', depth }))
  }
  let start = root
  for (let alias = world.get(start)?.aliasOf; alias; alias = world.get(start)?.aliasOf) {
    start = alias
  }
  const edges = [...world].flatMap(([from, { out }]) =>
    [...out.keys()].map((key) => {
      const [relation, to] = key.split(' ') as [string, string]
      return { relation, from, to }
    }),
  )
  const walked = edges
    .filter(({ relation }) => (DESIGN as string[]).includes(relation))
    .map(({ from, to }) => (direction === 'UPSTREAM' ? [from, to] : [to, from]))
  const reached = new Set(world.has(start) ? [start] : [])
  let rim = [...reached]
  for (let hop = 0; hop < depth; hop++) {
    rim = walked.flatMap(([near, far]) => (rim.includes(near!) ? [far!] : []))
    for (const id of rim) reached.add(id)
  }
  return reached
}
