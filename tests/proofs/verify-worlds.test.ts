import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { fieldCommitment } from '../../proofs/body.ts'
import type { Json } from '../../proofs/json.ts'
import { DIRECTIONS, type Question } from '../../proofs/manifest.ts'
import type { ShownRecord } from '../../proofs/records.ts'
import { exitCode } from '../../proofs/report.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { answer, makeBundle } from '../make/bundle.ts'
import { makeLog, type TestLink, type TestLog } from '../make/log.ts'

/** One record: entity `entity` asserts edges to `links`, or is retired. */
interface Step {
  entity: number
  links: number[]
  retire: boolean
  value: Json
}

const ENTITIES = 6

const step: fc.Arbitrary<Step> = fc.record({
  entity: fc.nat(ENTITIES - 1),
  links: fc.uniqueArray(fc.nat(ENTITIES - 1), { maxLength: 3 }),
  retire: fc.constant(false),
  value: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
})
const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: step },
    step.map((step) => ({ ...step, retire: true })),
  ),
  { minLength: 3, maxLength: 16 },
)

const RELATIONS = ['WAS_DERIVED_FROM', 'BASED_ON', 'RUN_USED'] as const

/** Writes the steps; an edge to what is not there yet is left away, one to itself is not. */
function writeLog(steps: readonly Step[]): TestLog {
  const log = makeLog()
  const known = new Set<string>()
  const idOf = (entity: number) => log.idOf('Dataset', `e${entity}`)
  for (const { entity, links, retire, value } of steps) {
    const id = idOf(entity)
    if (retire && known.has(id)) log.retire(id)
    else {
      known.add(id)
      const to = links.map((link, i): TestLink => [RELATIONS[i]!, idOf(link)])
      const there = to.filter(([, id]) => known.has(id))
      log.assert('Dataset', `e${entity}`, { value }, there)
    }
  }
  return log
}

/** A question about the log, by numbers that need not fit it. */
const asked = fc.record({
  entity: fc.nat(100),
  direction: fc.constantFrom(...DIRECTIONS),
  depth: fc.nat(5),
  back: fc.nat(5),
})

function ask(
  log: TestLog,
  {
    entity,
    direction,
    depth,
    back,
  }: { entity: number; direction: Question['direction']; depth: number; back: number },
) {
  const ids = log.ids()
  const root = ids[entity % ids.length]!
  const asOf = log.leaves.length - back
  return log.shown(root, asOf) ? { question: { root, direction, depth }, asOf } : null
}

/** Hides, by the numbers given, what may be hidden: bodies, single fields, out-sets at the boundary. */
function hide(
  log: TestLog,
  { question, asOf }: NonNullable<ReturnType<typeof ask>>,
  dice: number[],
) {
  const { direction, depth } = question
  const inner = depth === 0 ? [] : answer(log, { ...question, depth: depth - 1 }, asOf)
  const needed = new Set(inner.map(({ header }) => header.id))
  return (records: ShownRecord[]) =>
    records.map((record, i): ShownRecord => {
      const die = dice[i % dice.length]!
      const border = direction === 'UPSTREAM' && !needed.has(record.header.id)
      const fields = record.fields!.map((field, at) =>
        'value' in field && (die >> at) & 1
          ? { name: field.name, c: fieldCommitment(sha256, field.salt, field.value) }
          : field,
      )
      return {
        header: record.header,
        out: border && die & 8 ? null : record.out,
        fields: die & 16 ? null : fields,
      }
    })
}

const dice = fc.array(fc.nat(31), { minLength: 1, maxLength: 8 })

it('takes every genuine bundle of a random world, whatever it withholds', async () => {
  await fc.assert(
    fc.asyncProperty(steps, asked, dice, async (steps, numbers, dice) => {
      const log = writeLog(steps)
      const question = ask(log, numbers)
      if (question === null) return
      const bundle = makeBundle(log, question, { shown: hide(log, question, dice) })
      const report = await verifyBundle({ sha256, ...bundle })
      expect(report.checks.filter(({ result }) => result === 'fail')).toEqual([])
      expect(exitCode(report)).toBe(0)
    }),
    { numRuns: 300 },
  )
})

it('refuses every bundle upstream that leaves out or adds an entity', async () => {
  await fc.assert(
    fc.asyncProperty(steps, asked, fc.nat(), async (steps, numbers, pick) => {
      const log = writeLog(steps)
      const asked = ask(log, { ...numbers, direction: 'UPSTREAM' })
      if (asked === null) return
      const right = answer(log, asked.question, asked.asOf)
      const ids = log.ids().filter((id) => log.shown(id, asked.asOf))
      const id = ids[pick % ids.length]!
      const wrong = right.some(({ header }) => header.id === id)
        ? right.filter(({ header }) => header.id !== id)
        : [...right, log.shown(id, asked.asOf)!].sort((a, b) => a.header.seq - b.header.seq)
      // Without any record there is no proof to write.
      if (wrong.length === 0) return
      const bundle = makeBundle(log, asked, { records: () => wrong })
      expect(exitCode(await verifyBundle({ sha256, ...bundle }))).toBe(1)
    }),
    { numRuns: 300 },
  )
})
