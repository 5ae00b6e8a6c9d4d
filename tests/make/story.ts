import fc from 'fast-check'
import type { RecordHeader } from '../../proofs/leaf.ts'
import { makeLog, type TestLink, type TestLog } from './log.ts'

export const ENTITIES = 6
/** Design level, design level, run level. */
const RELATIONS = ['WAS_DERIVED_FROM', 'BASED_ON', 'RUN_USED'] as const

/** One record: mostly an entity that asserts edges, to itself too; and perhaps a state record behind it. */
const step = fc.record({
  entity: fc.nat(ENTITIES - 1),
  links: fc.uniqueArray(fc.nat(ENTITIES - 1), { maxLength: 3 }),
  act: fc.constantFrom('assert', 'assert', 'assert', 'assert', 'retire', 'alias', 'erase'),
  state: fc.boolean(),
})
/** What happens in a small world. */
export const stories = fc.array(step, { minLength: 8, maxLength: 16 })
type Story = typeof stories extends fc.Arbitrary<infer S> ? S : never

/** Writes down what happens, as a service would; the last leaf is a state record. */
export function writeStory(story: Story): TestLog {
  const log = makeLog()
  const idOf = (entity: number) => log.idOf('Dataset', `e${entity}`)
  const latest = (id: string) => log.shown(id)?.header
  const isAlias = (id: string) => log.shown(id)?.out?.some(({ rel }) => rel === 'ALIAS_OF') ?? false
  for (const { entity, links, act, state } of story) {
    const id = idOf(entity)
    const other = links.map(idOf).find((to) => to !== id && latest(to) && !isAlias(to))
    // Another name of something says no more.
    if (isAlias(id)) continue
    if (act === 'retire' && latest(id)) log.retire(id)
    else if (act === 'alias' && latest(id) && other) log.retire(id, other)
    else if (act === 'erase' && latest(id)?.action === 'assert') log.erase(id)
    else {
      const to = links.map((link, i): TestLink => [RELATIONS[i]!, idOf(link)])
      log.assert(
        'Dataset',
        `e${entity}`,
        {},
        to.filter(([, far]) => far === id || latest(far)),
      )
    }
    if (state) log.state()
  }
  if (log.leaves.at(-1)!.v !== 'selvedge/state/1') log.state()
  return log
}

/** What is true of a log at a position: read off its headers, by nothing that bundles are made or verified with. */
export function truthOf(log: TestLog, at: number) {
  const latest = new Map<string, RecordHeader>()
  const edges = new Map<string, { rel: string; from: string; to: string }>()
  for (const leaf of log.leaves.slice(0, at)) {
    if (leaf.v !== 'selvedge/record/1') continue
    latest.set(leaf.id, leaf)
    for (const [key, { rel, from, to }] of edges) {
      const dropped = leaf.unlinks.some((edge) => edge.rel === rel && edge.id === to)
      if (from === leaf.id && (dropped || leaf.action === 'retire')) edges.delete(key)
    }
    for (const { rel, id } of leaf.links) {
      edges.set(`${leaf.id} ${rel} ${id}`, { rel, from: leaf.id, to: id })
    }
  }
  const walked = [...edges.values()].filter(({ rel }) => rel !== 'RUN_USED' && rel !== 'ALIAS_OF')
  /** By the shortest of all ways, each as long as it must be. */
  const distances = (root: string, near: 'from' | 'to', far: 'from' | 'to') => {
    const found = new Map([[root, 0]])
    for (let hop = 0; hop <= ENTITIES + 1; hop++) {
      for (const edge of walked) {
        const there = found.get(edge[near])
        if (there === undefined) continue
        found.set(edge[far], Math.min(found.get(edge[far]) ?? Infinity, there + 1))
      }
    }
    return found
  }
  return {
    latest,
    edges: [...edges.values()],
    up: (root: string) => distances(root, 'from', 'to'),
    down: (root: string) => distances(root, 'to', 'from'),
  }
}
