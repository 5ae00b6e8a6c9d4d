import { tooManyCuts } from '../../domains/terms/problems.ts'
import { DESIGN } from '../../lineage/kinds.ts'
import { closureOf } from '../../proofs/terms/closure.ts'
import { openTerms, termsOf } from '../../proofs/terms/effective.ts'
import type { Said } from '../../proofs/terms/statement.ts'
import type { RecordedWorld } from './reference.ts'

/** What the database hands over of a world: everything upstream of a root, in the order of ids. */
function upstreamOf({ edges }: RecordedWorld, root: string) {
  const design = edges.filter(({ relation }) => (DESIGN as readonly string[]).includes(relation))
  const seen = new Set([root])
  for (const id of seen) {
    for (const { from, to } of design) if (from === id) seen.add(to)
  }
  const ids = [...seen].sort()
  const out = ids.map((id) => [
    ...new Set(design.filter(({ from }) => from === id).map(({ to }) => ids.indexOf(to))),
  ])
  return { ids, root: ids.indexOf(root), out }
}

/** The terms of a world, without a database. */
export const termsIn = (world: RecordedWorld, root: string, on: string) => {
  const closure = closureOf(upstreamOf(world, root))
  return openTerms(closure, {
    said: (place) => world.said.get(closure.ids[place]!) as Said | undefined,
    ...{ day: on, tooMany: tooManyCuts },
  })
}

const id = (kind: string, i: number | string) => `urn:selvedge:${kind}:h:${i}`

/** The terms of something whose licence has so many duties, each of which is lifted in a place of its own. */
export function termsCutBy(count: number) {
  const places = Array.from({ length: count }, (_, i) => i)
  const edge = (from: string, relation: string, to: string) => ({ from, relation, to })
  const root = id('dataset', 'root')
  const world: RecordedWorld = {
    edges: [
      edge(root, 'LICENSED_UNDER', id('license', 1)),
      ...places.flatMap((i) => [
        edge(root, 'WAS_DERIVED_FROM', id('dataset', i)),
        edge(id('dataset', i), 'DESCRIBED_BY', id('transformation', i)),
        edge(id('license', 1), 'HAS_CLAUSE', id('clause', i)),
      ]),
    ],
    said: new Map<string, { action: string; fields: Record<string, unknown> }>([
      [id('license', 1), { action: 'assert', fields: { title: 'One' } }],
      ...places.flatMap((i): [string, { action: string; fields: Record<string, unknown> }][] => {
        const duty = { type: 'duty', action: `acme:d${i}` }
        return [
          [id('clause', i), { action: 'assert', fields: duty }],
          [
            id('transformation', i),
            { action: 'assert', fields: { rule: 'agreement', lifts: [duty] } },
          ],
        ]
      }),
    ]),
  }
  return termsOf(termsIn(world, root, '2026-03-31'))
}
