import fc from 'fast-check'
import { type Kind, OPEN, type Relation } from '../../lineage/kinds.ts'
import { hashId, type World, type WorldEdge, type WorldNode } from '../make/world.ts'

const RELATIONS = [
  'USED',
  'WAS_GENERATED_BY',
  'WAS_DERIVED_FROM',
  'PART_OF',
  'RUN_OF',
  'RUN_USED',
  'RUN_GENERATED',
  'CHILD_OF',
] as const
const KINDS: Kind[] = ['Dataset', 'Job', 'Run']

interface Plan {
  nodes: number
  edges: { from: number; to: number; relation: number; gap: number; ends: number | null }[]
  reasserted: number[]
  retired: number[]
  aliases: [number, number][]
}

const plan: fc.Arbitrary<Plan> = fc.integer({ min: 1, max: 14 }).chain((nodes) => {
  const index = fc.nat(nodes - 1)
  return fc.record({
    nodes: fc.constant(nodes),
    // Half of the edges go to one node, so that every world has a hub; self-loops come by themselves.
    edges: fc.array(
      fc.record({
        from: index,
        to: fc.oneof(index, fc.constant(0)),
        relation: fc.nat(RELATIONS.length - 1),
        gap: fc.nat(3),
        ends: fc.option(fc.integer({ min: 1, max: 20 }), { freq: 3 }),
      }),
      { maxLength: 70 },
    ),
    reasserted: fc.array(index, { maxLength: 3 }),
    retired: fc.uniqueArray(index, { maxLength: 2 }),
    aliases: fc.uniqueArray(fc.tuple(index, index), { maxLength: 2, selector: ([alias]) => alias }),
  })
})

/** Plays a plan as a log would have grown: entities, edges that come and go, versions, retirements. */
function play({ nodes, edges, reasserted, retired, aliases }: Plan): World {
  let clock = 0
  const list: WorldNode[] = Array.from({ length: nodes }, (_, i) => ({
    id: hashId(KINDS[i % KINDS.length]!, i),
    kind: KINDS[i % KINDS.length]!,
    versions: [{ seq: clock++, action: 'assert' }],
  }))
  const made = new Map<string, WorldEdge>()
  for (const { from, to, relation, gap, ends } of edges) {
    const key = `${relation} ${from} ${to}`
    if (made.has(key)) continue
    clock += gap
    made.set(key, {
      relation: RELATIONS[relation]!,
      from: list[from]!.id,
      to: list[to]!.id,
      since: clock,
      until: ends === null ? OPEN : clock + ends,
    })
  }
  clock += 21
  for (const i of reasserted) list[i]!.versions.push({ seq: clock++, action: 'assert' })
  const dropOut = (id: string) => {
    for (const edge of made.values()) {
      if (edge.from === id && edge.until === OPEN) edge.until = clock
    }
  }
  const gone = new Map<number, number | null>(retired.map((i) => [i, null]))
  // An alias leads to an earlier name, so that aliases of aliases occur and circles do not.
  for (const [alias, canonical] of aliases) if (canonical < alias) gone.set(alias, canonical)
  for (const [i, canonical] of gone) {
    const { id, versions } = list[i]!
    dropOut(id)
    if (canonical !== null) {
      const relation: Relation = 'ALIAS_OF'
      const to = list[canonical]!.id
      made.set(`alias ${i}`, { relation, from: id, to, since: clock, until: OPEN })
    }
    versions.push({ seq: clock++, action: 'retire' })
  }
  return { size: clock, nodes: list, edges: [...made.values()] }
}

/** Worlds with runs, cycles, self-loops, a hub, edges that ended, retired entities and aliases. */
export const arbitraryWorld = plan.map(play)
