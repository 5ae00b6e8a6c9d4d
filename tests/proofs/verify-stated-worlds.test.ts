import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { DIRECTIONS, type Question } from '../../proofs/manifest.ts'
import { exitCode } from '../../proofs/report.ts'
import { type InEdge, inRoot } from '../../proofs/state.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { answer, type Changes, makeBundle } from '../make/bundle.ts'
import { makeLog, type TestLink, type TestLog } from '../make/log.ts'
import { stopsAt } from '../make/replayed.ts'
import { statesOf, type TestStates } from '../make/state.ts'

const ENTITIES = 6
const RELATIONS = ['WAS_DERIVED_FROM', 'BASED_ON', 'RUN_USED'] as const

/** One record: an entity asserts edges, or is retired; and perhaps a state record behind it. */
const step = fc.record({
  entity: fc.nat(ENTITIES - 1),
  links: fc.uniqueArray(fc.nat(ENTITIES - 1), { maxLength: 3 }),
  retire: fc.integer({ min: 0, max: 5 }).map((die) => die === 0),
  state: fc.boolean(),
})

/** A world with states, and a question about it by numbers that need not fit it. */
const cases = fc.record({
  steps: fc.array(step, { minLength: 3, maxLength: 16 }),
  root: fc.nat(100),
  direction: fc.constantFrom(...DIRECTIONS),
  depth: fc.nat(4),
  back: fc.nat(4),
  pick: fc.nat(),
})
type Case = typeof cases extends fc.Arbitrary<infer C> ? C : never

function writeLog(steps: Case['steps']): TestLog {
  const log = makeLog()
  const known = new Set<string>()
  const idOf = (entity: number) => log.idOf('Dataset', `e${entity}`)
  for (const { entity, links, retire, state } of steps) {
    const id = idOf(entity)
    if (retire && known.has(id)) log.retire(id)
    else {
      known.add(id)
      const to = links.map((link, i): TestLink => [RELATIONS[i]!, idOf(link)])
      log.assert(
        'Dataset',
        `e${entity}`,
        {},
        to.filter(([, id]) => known.has(id)),
      )
    }
    if (state) log.state()
  }
  if (log.leaves.at(-1)!.v !== 'selvedge/state/1') log.state()
  return log
}

/** The question in this world, and the state that its answer rests on; `null` where there is none. */
function ask({ steps, root, direction, depth, back }: Case) {
  const log = writeLog(steps)
  const asOf = log.leaves.length - back
  const states = log.leaves.filter((leaf) => leaf.v === 'selvedge/state/1')
  const at = states.findLast(({ size }) => size <= asOf)?.size
  if (at === undefined) return null
  const there = log.ids().filter((id) => log.shown(id, at))
  const question: Question = { root: there[root % there.length]!, direction, depth }
  return { log, at, there, asked: { question, asOf } }
}

const verdictOf = async (bundle: ReturnType<typeof makeBundle>) => {
  const report = await verifyBundle({ sha256, ...bundle })
  const { current, completeUp, completeDown } = report.verdict
  return { exit: exitCode(report), lines: [current, completeUp, completeDown].map((l) => l.result) }
}

it('takes every genuine answer for current, and complete where it was asked', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const world = ask(one)
      if (!world) return
      expect(stopsAt(world.log.leaves)).toBeNull()
      const open = 'not evaluated'
      expect(await verdictOf(makeBundle(world.log, world.asked))).toEqual({
        exit: 0,
        lines: [
          'pass',
          one.direction === 'DOWNSTREAM' ? open : 'pass',
          one.direction === 'UPSTREAM' ? open : 'pass',
        ],
      })
    }),
    { numRuns: 150 },
  )
})

it('refuses every answer that leaves out or adds an entity, in any direction', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const world = ask(one)
      if (!world) return
      const { log, at, there, asked } = world
      const right = answer(log, asked.question, at)
      const id = there[one.pick % there.length]!
      const wrong = right.some(({ header }) => header.id === id)
        ? right.filter(({ header }) => header.id !== id)
        : [...right, log.shown(id, at)!].sort((a, b) => a.header.seq - b.header.seq)
      if (wrong.length === 0) return
      expect((await verdictOf(makeBundle(log, asked, { records: () => wrong }))).exit).toBe(1)
    }),
    { numRuns: 200 },
  )
})

/** Steps by which things come to be made from each other in circles of three; few worlds have one otherwise. */
const circles = fc.array(
  step.map((one) => {
    const next = one.entity - (one.entity % 3) + ((one.entity + 1) % 3)
    const links = [next, ...one.links.filter((link) => link !== next)].slice(0, 3)
    return { ...one, retire: false, links }
  }),
  { minLength: 12, maxLength: 18 },
)

/** What a liar may hide: the edges of some at the boundary upstream, and all that lies behind those. */
function hidden(
  { log, at, asked: { question } }: NonNullable<ReturnType<typeof ask>>,
  dice: boolean[],
) {
  const idsOf = (direction: Question['direction'], depth: number, of = log) =>
    new Set(answer(of, { ...question, direction, depth }, at).map(({ header }) => header.id))
  const near = idsOf('UPSTREAM', question.depth - 1)
  const closed = new Set(
    [...idsOf('UPSTREAM', question.depth)].filter((id, i) => !near.has(id) && dice[i % 7]),
  )
  const shown: TestLog['shown'] = (id, asOf) => {
    const record = log.shown(id, asOf)
    return record && (closed.has(id) ? { ...record, out: null } : record)
  }
  const seen = { ...log, shown }
  const [reached, followed] = [0, 1].map((less) => idsOf('DOWNSTREAM', question.depth - less, seen))
  const told = new Set([...idsOf('UPSTREAM', question.depth), ...reached!])
  const changes: Changes = {
    records: (records) =>
      records.flatMap(({ header: { id } }) => (told.has(id) ? (shown(id, at) ?? []) : [])),
    state: (part) => ({
      ...part,
      entities: part.entities.map((entity) =>
        followed!.has(entity.id) || entity.design instanceof Uint8Array
          ? entity
          : { ...entity, design: inRoot(sha256, entity.design) },
      ),
    }),
  }
  return { told, changes }
}

it('refuses every answer that leaves out what lies behind something whose edges it hides', async () => {
  let left = 0
  await fc.assert(
    fc.asyncProperty(
      cases,
      circles,
      fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
      async (one, steps, dice) => {
        const world = ask({ ...one, steps, direction: 'BOTH', depth: 2 })
        if (!world) return
        const { told, changes } = hidden(world, dice)
        if (told.size === answer(world.log, world.asked.question, world.at).length) return
        left++
        expect((await verdictOf(makeBundle(world.log, world.asked, changes))).exit).toBe(1)
      },
    ),
    { numRuns: 500 },
  )
  expect(left).toBeGreaterThan(2)
})

it('refuses every answer with any other version of an entity', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const world = ask(one)
      if (!world) return
      const { log, at, asked } = world
      const right = answer(log, asked.question, at)
      const { header } = right[one.pick % right.length]!
      const older = log.shown(header.id, header.seq)
      if (!older) return
      const records: Changes['records'] = (shown) =>
        shown
          .map((record) => (record.header.id === header.id ? older : record))
          .sort((a, b) => a.header.seq - b.header.seq)
      expect((await verdictOf(makeBundle(log, asked, { records }))).exit).toBe(1)
    }),
    { numRuns: 200 },
  )
})

it('refuses every in-set with an edge more or fewer whose other end is shown, even in the tree', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const world = ask({ ...one, direction: 'DOWNSTREAM', depth: 1 + one.depth })
      if (!world) return
      const { log, at, asked } = world
      const { root } = asked.question
      const shown = answer(log, asked.question, at)
      const lower = shown[one.pick % shown.length]!
      const edge: InEdge = { rel: 'BASED_ON', id: lower.header.id, leaf: 'A'.repeat(43) }
      const states = (all: TestStates): TestStates => {
        const state = all.get(root)!
        const others = state.design.filter(({ rel, id }) => rel !== edge.rel || id !== edge.id)
        const design =
          others.length === state.design.length
            ? [...others, edge].sort((a, b) => (`${a.rel} ${a.id}` < `${b.rel} ${b.id}` ? -1 : 1))
            : others
        return new Map(all).set(root, { ...state, design })
      }
      const bundle = makeBundle(log, asked, { states })
      expect((await verdictOf(bundle)).exit).toBe(1)
    }),
    { numRuns: 200 },
  )
})

const seldom = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.nat(9) },
)

/** What may be changed of an answer, by numbers that need not fit it; most of it at once is plainly wrong. */
const tampering = fc.record({
  drop: seldom,
  add: seldom,
  older: seldom,
  closed: seldom,
  lists: fc.array(
    seldom.map((die) => die === null),
    { minLength: 7, maxLength: 7 },
  ),
  told: fc.record(
    { direction: fc.constantFrom(...DIRECTIONS), depth: fc.nat(4), root: fc.nat(9) },
    { requiredKeys: [] },
  ),
})

it('takes nothing for current and complete but the answer itself, whatever was changed of it', async () => {
  let [taken, changed] = [0, 0]
  await fc.assert(
    fc.asyncProperty(cases, circles, tampering, async (one, steps, tamper) => {
      const world = ask(one.pick % 2 === 0 ? one : { ...one, steps })
      if (!world) return
      const { log, at, there, asked } = world
      const nth = <T>(list: readonly T[], n: number) => list[n % list.length]!
      const { root, ...told } = tamper.told
      const question = {
        ...asked.question,
        ...told,
        ...(root !== undefined && { root: nth(there, root) }),
      }
      const states = statesOf(log.leaves.slice(0, at))
      const bundle = makeBundle(log, asked, {
        records: (genuine) => {
          let records = [...genuine]
          if (tamper.drop !== null && records.length > 1) {
            records.splice(tamper.drop % records.length, 1)
          }
          const id = tamper.add !== null && nth(there, tamper.add)
          if (id && !records.some(({ header }) => header.id === id))
            records.push(log.shown(id, at)!)
          const { header } = nth(records, tamper.older ?? 0)
          const before = tamper.older !== null && log.shown(header.id, header.seq)
          if (before) records = records.map((r) => (r.header.id === header.id ? before : r))
          const closed = tamper.closed !== null && nth(records, tamper.closed)
          return records.map((record) => (record === closed ? { ...record, out: null } : record))
        },
        state: (part) => ({
          ...part,
          entities: part.entities.map((entity, i) => {
            const { design } = states.get(entity.id)!
            return { ...entity, design: tamper.lists[i % 7] ? design : inRoot(sha256, design) }
          }),
        }),
        manifest: (manifest) => ({
          ...manifest,
          predicate: { ...manifest.predicate, question },
        }),
      })
      const report = await verifyBundle({ sha256, ...bundle })
      if (exitCode(report) !== 0) return
      taken++
      if (JSON.stringify(question) !== JSON.stringify(asked.question)) changed++
      const right = answer(log, question, at).map(({ header }) => header.seq)
      expect(report.records.map(({ header }) => header.seq)).toEqual(right)
      const { current, completeUp, completeDown } = report.verdict
      expect(current.result).toBe('pass')
      if (question.direction !== 'DOWNSTREAM') expect(completeUp.result).toBe('pass')
      if (question.direction !== 'UPSTREAM') expect(completeDown.result).toBe('pass')
    }),
    { numRuns: 800 },
  )
  expect(taken).toBeGreaterThan(40)
  expect(changed).toBeGreaterThan(5)
}, 60_000)
