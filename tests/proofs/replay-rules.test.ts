import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import type { Leaf, RecordHeader } from '../../proofs/leaf.ts'
import { compareLinks } from '../../proofs/outset.ts'
import { makeLog, strayLeaf } from '../make/log.ts'
import { leafTextOf, Pen } from '../make/pen.ts'
import { stopsAt } from '../make/replayed.ts'

const ENTITIES = 3
const EMPTY = b64(sha256())
const RELATIONS = ['BASED_ON', 'RUN_USED', 'ALIAS_OF', 'EATS'] as const
const one = makeLog()
const idOf = (entity: number) => one.idOf('Dataset', `e${entity}`)

const edge = fc.record({
  // What nobody knows, and aliases, are rare.
  rel: fc.nat(20).map((n) => RELATIONS[n < 19 ? n % 2 : n - 17]!),
  to: fc.nat(ENTITIES - 1),
})
const edges = fc.uniqueArray(edge, { maxLength: 2, selector: ({ rel, to }) => `${rel} ${to}` })
const rarely = (weight: number) => fc.nat(weight).map((n) => n === 0)

/** One leaf, whatever it says; where it says nothing wrong, what takes the leaves before it is right. */
const steps = fc.record({
  entity: fc.nat(ENTITIES - 1),
  action: fc.constantFrom('assert', 'assert', 'assert', 'retire', 'erase', 'state'),
  links: edges,
  /** Drops of what is in force, by its place; and of what need not be. */
  drops: fc.uniqueArray(fc.nat(3), { maxLength: 2 }),
  unlinks: rarely(9).chain((some) => (some ? edges : edges.map((all) => all.slice(0, 0)))),
  /** The body of an earlier record, or one of its own. */
  body: fc.oneof(fc.constant(null), fc.nat(30)),
  /** Which bodies of the entity an erasure names, as bits; and a record that it adds or passes over. */
  erases: fc.integer({ min: 1, max: 15 }),
  also: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(30) }),
  lies: fc.record({
    version: rarely(30),
    out: rarely(30),
    pin: rarely(30),
    root: rarely(5),
    keepsEdges: rarely(8),
    keepsBody: rarely(8),
    emptiesBody: rarely(8),
  }),
})
type Step = typeof steps extends fc.Arbitrary<infer S> ? S : never

const recordsOf = (leaves: readonly Leaf[], id: string) =>
  leaves.filter((leaf): leaf is RecordHeader => leaf.v === 'selvedge/record/1' && leaf.id === id)

function targetsOf(leaves: readonly Leaf[], id: string, { erases, also }: Step) {
  const own = recordsOf(leaves, id)
  const bodies = [...new Set(own.map(({ body }) => body))]
  const named = new Set(bodies.filter((_, i) => ((erases >> (i % 4)) & 1) === 1))
  const targets = new Set(own.filter(({ body }) => named.has(body)).map(({ seq }) => seq))
  if (also !== null && !targets.delete(also)) targets.add(also)
  return [...targets].sort((a, b) => a - b)
}

/** Writes the leaf of a step. */
function write(pen: Pen, step: Step) {
  const { leaves } = pen
  const { action, lies } = step
  if (action === 'state') {
    pen.state(lies.root ? { root: strayLeaf('root') } : {})
    return
  }
  const id = idOf(step.entity)
  // Retired with an edge, it is most often another name.
  const isName = action === 'retire' && !lies.keepsEdges
  const asked = isName
    ? step.links.slice(0, 1).map(({ to }) => ({ rel: 'ALIAS_OF', to }))
    : step.links
  const links = asked.map(({ rel, to }) => {
    const { leaf } = pen.link(rel, idOf(to))
    const pinned = lies.pin || leaf === null ? strayLeaf('pin') : leaf
    return { rel, id: idOf(to), leaf: to === step.entity ? null : pinned }
  })
  const held = pen.out(id).map(({ rel, id }) => ({ rel, id }))
  const dropped = held.filter((_, i) => step.drops.includes(i))
  const more = step.unlinks.map(({ rel, to }) => ({ rel, id: idOf(to) }))
  const unlinks = [...dropped, ...more.filter((a) => !dropped.some((b) => isSame(a, b)))]
  const bodies = leaves.flatMap((leaf) => (leaf.v === 'selvedge/record/1' ? [leaf.body] : []))
  const body = step.body === null ? undefined : bodies[step.body % bodies.length]
  const before = recordsOf(leaves, id).at(-1)
  const said: Partial<RecordHeader> = { action, ...(body !== undefined && { body }) }
  if (action === 'assert') Object.assign(said, { links, unlinks: unlinks.sort(compareLinks) })
  if (action === 'retire') Object.assign(said, { links, body: EMPTY })
  if (action === 'erase') {
    const targets = targetsOf(leaves, id, step)
    const gone = recordsOf(leaves, id).some(
      (leaf) => leaf.body === before?.body && targets.includes(leaf.seq),
    )
    const empty = lies.emptiesBody || (gone && !lies.keepsBody)
    Object.assign(said, { targets, body: empty ? EMPTY : (before?.body ?? EMPTY) })
  }
  if (lies.version) said.version = (before?.version ?? 0) + 2
  if (lies.out) said.out = strayLeaf('out')
  pen.record(id, said)
}

const isSame = (a: { rel: string; id: string }, b: typeof a) => a.rel === b.rel && a.id === b.id

/** Whether the last leaf keeps the rules, those before it keeping them: docs/specs/record.md, word for word. */
function keepsRules(leaves: readonly Leaf[]): boolean {
  const before = leaves.slice(0, -1)
  const leaf = leaves.at(-1)!
  const pen = new Pen(before)
  if (leaf.v === 'selvedge/state/1') {
    return before.at(-1)!.v !== 'selvedge/state/1' && leaf.root === pen.state().root
  }
  const { id, version, action, links, unlinks, out, body, targets } = leaf as RecordHeader
  const own = recordsOf(before, id)
  const last = own.at(-1)
  if (version !== (last?.version ?? 0) + 1) return false
  if (!last && (action !== 'assert' || unlinks.length > 0)) return false
  const held = pen.out(id)
  if (action === 'erase') {
    const named = own.filter(({ seq }) => targets!.includes(seq))
    if (targets!.length === 0 || named.length !== targets!.length) return false
    const gone = new Set(named.map((one) => one.body).filter((one) => one !== EMPTY))
    const carriers = own.filter((one) => gone.has(one.body))
    if (carriers.some(({ seq }) => !targets!.includes(seq))) return false
    if (body !== (gone.has(last!.body) ? EMPTY : last!.body)) return false
    return out === last!.out
  }
  const isAlias = ({ rel }: { rel: string }) => rel === 'ALIAS_OF'
  if (action === 'retire') {
    if (unlinks.length > 0 || links.length > 1 || !links.every(isAlias)) return false
    if (links.some((link) => link.id === id)) return false
  } else if (links.some(isAlias)) return false
  if (unlinks.some((edge) => links.some((link) => isSame(link, edge)))) return false
  if (unlinks.some((edge) => !held.some((link) => isSame(link, edge)))) return false
  const kept =
    action === 'retire' ? [] : held.filter((link) => !unlinks.some((edge) => isSame(link, edge)))
  for (const link of links) {
    if (link.rel === 'EATS' || kept.some((edge) => isSame(edge, link))) return false
    const neighbour = recordsOf(before, link.id).at(-1)
    if (link.id === id ? link.leaf !== null : !neighbour) return false
    if (link.id !== id && link.leaf !== leafTextOf(neighbour!)) return false
    if (isAlias(link) && namesOf(pen, link.id).has(id)) return false
  }
  return out === new Pen(before).record(id, { action, links, unlinks }).out
}

/** What an entity is another name of, and what that is one of. */
function namesOf(pen: Pen, id: string) {
  const names = new Set([id])
  for (const name of names) {
    for (const { rel, id } of pen.out(name)) if (rel === 'ALIAS_OF') names.add(id)
  }
  return names
}

it('refuses just the leaves that break a rule, whatever is written', () => {
  let [kept, broken] = [0, 0]
  fc.assert(
    fc.property(fc.array(steps, { minLength: 8, maxLength: 24 }), (history) => {
      let pen = new Pen(one.leaves)
      for (const step of history) {
        const next = new Pen(pen.leaves)
        write(next, step)
        const isGood = keepsRules(next.leaves)
        expect(stopsAt(next.leaves) === null, JSON.stringify(next.leaves.at(-1))).toBe(isGood)
        if (isGood) kept++
        else broken++
        // What follows a leaf that is refused says nothing.
        if (isGood) pen = next
      }
    }),
    { numRuns: 100, seed: 4 },
  )
  expect(Math.min(kept, broken)).toBeGreaterThan(300)
})
