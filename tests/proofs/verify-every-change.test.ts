import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import type { RecordHeader, StateLeaf } from '../../proofs/leaf.ts'
import { DIRECTIONS, PROOF, type Predicate, type Question } from '../../proofs/manifest.ts'
import type { ShownRecord } from '../../proofs/records.ts'
import { exitCode, type Report } from '../../proofs/report.ts'
import { type InEdge, inRoot } from '../../proofs/state.ts'
import { inSetJson, type StateEntity, type StatePart } from '../../proofs/state-part.ts'
import { text } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readZip } from '../../proofs/zip.ts'
import { type Changes, makeBundle } from '../make/bundle.ts'
import { strayLeaf, type TestLog } from '../make/log.ts'
import { stopsAt } from '../make/replayed.ts'
import { partOf, statesOf } from '../make/state.ts'
import { ENTITIES, stories, truthOf, writeStory } from '../make/story.ts'

const DEPTHS = [0, 1, 2, 3]

const worlds = fc.record({
  story: stories,
  root: fc.nat(ENTITIES),
  direction: fc.constantFrom(...DIRECTIONS),
  depth: fc.constantFrom(...DEPTHS),
  back: fc.nat(4),
})
type World = typeof worlds extends fc.Arbitrary<infer W> ? W : never

const within = (distances: Map<string, number>, depth: number) =>
  [...distances].filter(([, distance]) => distance <= depth).map(([id]) => id)

/** Everything that a "yes" of this report claims and that is not so. */
function untrue(log: TestLog, { verdict, bundle, records, erased, checks }: Report): string[] {
  const wrong: string[] = []
  const said = (line: 'intact' | 'current' | 'completeUp' | 'completeDown') =>
    verdict[line].result === 'pass'
  if (!bundle) return wrong
  const { root, direction, depth, asOf, stateSize } = bundle
  const shown = new Set(records.map(({ header }) => header.id))
  for (const { seq, id } of erased) {
    const named = log.leaves.some(
      (leaf) => leaf.v === 'selvedge/record/1' && leaf.id === id && leaf.targets?.includes(seq),
    )
    const itself = log.leaves[seq] as RecordHeader
    if (said('intact') && !named && itself.action !== 'erase') wrong.push(`${id} is not erased`)
  }
  if (!said('current')) return wrong
  const states = log.leaves.filter((leaf) => leaf.v === 'selvedge/state/1')
  if (!states.some(({ size }) => size === stateSize)) wrong.push(`no state at ${stateSize}`)
  if (stateSize! > asOf) wrong.push('a state after the position')
  if (asOf >= states.at(-1)!.size && stateSize !== states.at(-1)!.size) wrong.push('an old state')
  const truth = truthOf(log, stateSize!)
  for (const { header } of records) {
    if (truth.latest.get(header.id)?.seq !== header.seq) wrong.push(`${header.seq} is not current`)
  }
  const up = direction === 'DOWNSTREAM' ? [] : within(truth.up(root), depth)
  const down = direction === 'UPSTREAM' ? [] : within(truth.down(root), depth)
  if (said('completeUp')) {
    if (direction === 'DOWNSTREAM') wrong.push('upstream, unasked')
    const named = truth.edges.some(({ rel, from }) => rel === 'ALIAS_OF' && from === root)
    if (named && depth > 0 && !verdict.completeUp.detail.includes('another name'))
      wrong.push('an alias')
    for (const id of up) if (!shown.has(id)) wrong.push(`${id} upstream is not shown`)
  }
  if (said('completeDown')) {
    if (direction === 'UPSTREAM') wrong.push('downstream, unasked')
    const near = within(truth.down(root), depth - 1)
    const named = truth.edges.some(
      ({ rel, from, to }) =>
        rel === 'ALIAS_OF' && (near.includes(to) || (from === root && depth > 0)),
    )
    if (named && !verdict.completeDown.detail.includes('another name')) wrong.push('an alias')
    for (const id of down) if (!shown.has(id)) wrong.push(`${id} downstream is not shown`)
  }
  if (checks.find(({ name }) => name === 'lineage-reach')!.result === 'pass' && said('intact')) {
    for (const id of shown) {
      if (!up.includes(id) && !down.includes(id)) wrong.push(`${id} has no part in the answer`)
    }
    if (!shown.has(root)) wrong.push('no root')
  }
  return wrong
}

/**
 * Whether a bundle is an answer to what it says it answers: just the records, each as it is in the log
 * and as its state has it, with everything shown that had to be followed. So it must be taken.
 */
function isAnswer(log: TestLog, { bundle, records }: Report, bytes: Uint8Array): boolean {
  const { root, direction, depth, asOf, stateSize } = bundle!
  const { state } = JSON.parse(text(readZip(bytes).find(({ path }) => path === PROOF)!.bytes))
  const states = log.leaves.filter((leaf) => leaf.v === 'selvedge/state/1')
  const isIn = (leaf: StateLeaf) => states.some((one) => isDeepStrictEqual(one, leaf))
  const end = states.at(-1)!
  const { leaf, last } = state as { leaf: StateLeaf; last: StateLeaf | null }
  if (!isIn(leaf) || leaf.size !== stateSize || leaf.size > asOf) return false
  if (asOf > log.leaves.length || (last ?? leaf).size !== end.size) return false
  if (last && (leaf.size === end.size || asOf >= end.size)) return false
  const truth = truthOf(log, leaf.size)
  const up = direction === 'DOWNSTREAM' ? new Map<string, number>() : truth.up(root)
  const down = direction === 'UPSTREAM' ? new Map<string, number>() : truth.down(root)
  const ids = new Set([...within(up, depth), ...within(down, depth)])
  const shown = records.map(({ header }) => header.id)
  if (!truth.latest.has(root) || !isDeepStrictEqual(shown.toSorted(), [...ids].sort())) return false
  if (
    !isDeepStrictEqual(
      state.entities.map((one: { id: string }) => one.id),
      [...ids].sort(),
    )
  )
    return false
  const inSets = statesOf(log.leaves.slice(0, leaf.size))
  const listed = new Map<string, boolean>()
  for (const { id, design, run } of state.entities) {
    const own = inSets.get(id)!
    const isSo = (set: unknown, edges: readonly InEdge[]) =>
      isDeepStrictEqual(set, inSetJson(edges)) || set === b64(inRoot(sha256, edges))
    if (!isSo(design, own.design) || !isSo(run, own.run)) return false
    listed.set(id, Array.isArray(design))
  }
  return records.every(({ header, out, fields }) => {
    const { id } = header
    const own = log.shown(id, leaf.size)!
    const owesOut = (up.get(id) ?? depth) < depth || (down.has(id) && (id !== root || depth > 0))
    if (!isDeepStrictEqual(header, own.header)) return false
    if (out === null ? owesOut : !isDeepStrictEqual(out, own.out)) return false
    if (fields !== null && !isDeepStrictEqual(fields, own.fields)) return false
    return listed.get(id) || (down.get(id) ?? depth) >= depth
  })
}

/** One thing that whoever has the keys can make otherwise in a bundle. */
interface Change {
  what: string
  changes: Changes
}

const told = (change: Partial<Predicate>): Changes => ({
  manifest: (manifest) => ({ ...manifest, predicate: { ...manifest.predicate, ...change } }),
})

/** Every change of what the answer is said to be an answer to. */
function tellings(log: TestLog, asOf: number) {
  const all: Change[] = []
  const tell = (what: string, change: Partial<Predicate>) =>
    all.push({ what, changes: told(change) })
  for (const root of [...log.ids(), log.idOf('Dataset', 'nobody')]) {
    for (const direction of DIRECTIONS) {
      for (const depth of DEPTHS)
        tell(`asked ${direction} ${depth} ${root}`, { question: { root, direction, depth } })
    }
  }
  for (let other = 0; other <= log.leaves.length + 1; other++) {
    if (other !== asOf) tell(`as of ${other}`, { asOf: other })
  }
  const states = log.leaves.filter((leaf) => leaf.v === 'selvedge/state/1')
  for (const { size } of states) tell(`the state at ${size}`, { stateSize: size })
  tell('no state', { stateSize: null })
  return all
}

/** Every change of one record shown: gone, added, another version, its edges or fields hidden or changed. */
function recordChanges(log: TestLog, shown: readonly ShownRecord[]): Change[] {
  const all: Change[] = []
  const records = (what: string, change: (all: ShownRecord[]) => ShownRecord[]) =>
    all.push({ what, changes: { records: change } })
  const versions = log.leaves.flatMap((leaf) =>
    leaf.v === 'selvedge/record/1' ? [log.shown(leaf.id, leaf.seq + 1)!] : [],
  )
  const has = new Set(shown.map(({ header }) => header.id))
  for (const { header } of shown) {
    const { id } = header
    const change = (what: string, to: (one: ShownRecord) => ShownRecord[]) =>
      records(`${what} ${id}`, (all) =>
        all.flatMap((one) => (one.header.id === id ? to(one) : [one])),
      )
    if (shown.length > 1) change('without', () => [])
    change('edges hidden of', (one) => [{ ...one, out: null }])
    change('body hidden of', (one) => [{ ...one, fields: null }])
    for (const other of versions.filter(
      (one) => one.header.id === id && one.header.seq !== header.seq,
    )) {
      change(`version ${other.header.version} of`, () => [other])
      change(`also version ${other.header.version} of`, (one) => [one, other])
    }
    const { out } = shown.find((one) => one.header.id === id)!
    out!.forEach((edge, i) => {
      change(`edge ${i} left out of`, (one) => [{ ...one, out: out!.toSpliced(i, 1) }])
      change(`edge ${i} elsewhere of`, (one) => [
        { ...one, out: out!.with(i, { ...edge, leaf: strayLeaf('else') }) },
      ])
    })
  }
  for (const one of versions.filter(({ header }) => !has.has(header.id))) {
    records(`with version ${one.header.version} of ${one.header.id}`, (all) => [...all, one])
  }
  return all
}

/** Every change of the state part: a list for a root, a root for a list, a list with an edge more or fewer, another state. */
function stateChanges(log: TestLog, shown: readonly ShownRecord[], at: number): Change[] {
  const all: Change[] = []
  const states = statesOf(log.leaves.slice(0, at))
  const state = (what: string, change: (part: StatePart) => StatePart) =>
    all.push({ what, changes: { state: change } })
  for (const {
    header: { id },
  } of shown) {
    const entity = (what: string, to: (one: StateEntity) => StateEntity[]) =>
      state(`${what} ${id}`, (part) => ({
        ...part,
        entities: part.entities.flatMap((one) => (one.id === id ? to(one) : [one])),
      }))
    const { design, run } = states.get(id)!
    entity('no state of', () => [])
    entity('a list of', (one) => [{ ...one, design, run }])
    entity('a root of', (one) => [{ ...one, design: inRoot(sha256, design) }])
    entity('nothing to', (one) => [{ ...one, design: [] }])
    design.forEach((edge, i) => {
      entity(`in-edge ${i} left out of`, (one) => [{ ...one, design: design.toSpliced(i, 1) }])
      entity(`in-edge ${i} elsewhere of`, (one) => [
        { ...one, design: design.with(i, { ...edge, leaf: strayLeaf('else') }) },
      ])
    })
    for (const other of states.values()) {
      if (other !== states.get(id))
        entity('the in-sets of another at', (one) => [{ ...one, design: other.design }])
    }
  }
  const leaves = log.leaves.filter((leaf) => leaf.v === 'selvedge/state/1')
  for (const leaf of leaves) {
    for (const last of [null, ...leaves]) {
      state(`resting on ${leaf.size}, ended by ${last?.size}`, ({ entities }) => {
        const lists = entities.filter(({ design }) => !(design instanceof Uint8Array))
        return partOf(statesOf(log.leaves.slice(0, leaf.size)), {
          ...{ leaf, last, ids: entities.map(({ id }) => id) },
          lists: new Set(lists.map(({ id }) => id)),
        })
      })
    }
  }
  return all
}

/** Two changes of different layers at once. */
const together = (some: readonly Change[], others: readonly Change[]): Change[] =>
  some.flatMap((a) =>
    others.map((b) => ({ what: `${a.what}; ${b.what}`, changes: { ...a.changes, ...b.changes } })),
  )

function ask({ story, root, direction, depth, back }: World) {
  const log = writeStory(story)
  const asOf = log.leaves.length - back
  const at = log.leaves.findLast((leaf) => leaf.v === 'selvedge/state/1' && leaf.size <= asOf)?.seq
  if (at === undefined) return null
  const there = [...truthOf(log, at).latest.keys()]
  const question: Question = { root: there[root % there.length]!, direction, depth }
  return { log, at, asked: { question, asOf } }
}

/** Every single change of a genuine bundle, and some pairs of them: all would be a minute a world. */
function changesOf(
  { log, at, asked: { asOf } }: NonNullable<ReturnType<typeof ask>>,
  { records }: Report,
  every: number,
) {
  const shown = records.map(({ header: { id } }) => log.shown(id, at)!)
  const layers = [tellings(log, asOf), recordChanges(log, shown), stateChanges(log, shown, at)]
  const pairs = layers.flatMap((some, i) => layers.slice(i + 1).flatMap((m) => together(some, m)))
  return [...layers.flat(), ...pairs.filter((_, i) => i % every === 0)]
}

it('takes a bundle exactly where it is an answer, whatever is changed of a genuine one', async () => {
  let [taken, refused] = [0, 0]
  for (const one of fc.sample(worlds, { numRuns: 6, seed: 4 })) {
    const world = ask(one)
    if (!world) continue
    const { log, asked } = world
    expect(stopsAt(log.leaves)).toBeNull()
    const genuine = await verifyBundle({ sha256, ...makeBundle(log, asked) })
    expect([exitCode(genuine), untrue(log, genuine)]).toEqual([0, []])
    for (const { what, changes } of changesOf(world, genuine, 211)) {
      const bundle = makeBundle(log, asked, changes)
      const report = await verifyBundle({ sha256, ...bundle })
      expect(untrue(log, report), what).toEqual([])
      const yes = exitCode(report) === 0
      expect(yes, what).toBe(isAnswer(log, report, bundle.bytes))
      if (yes) taken++
      else refused++
    }
  }
  expect(taken).toBeGreaterThan(50)
  expect(refused).toBeGreaterThan(800)
}, 120_000)
