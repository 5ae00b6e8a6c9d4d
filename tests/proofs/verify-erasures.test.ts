import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { DIRECTIONS, ERASURES } from '../../proofs/manifest.ts'
import { exitCode } from '../../proofs/report.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readZip } from '../../proofs/zip.ts'
import { makeBundle, type TestBundle } from '../make/bundle.ts'
import { makeLog, type TestLink } from '../make/log.ts'
import { smallLog } from '../make/small-log.ts'

const verify = (bundle: TestBundle) => verifyBundle({ sha256, ...bundle })
const question = (root: string) => ({ root, direction: 'UPSTREAM', depth: 5 }) as const

describe('a bundle that shows what is erased', () => {
  it('tells it apart from what is withheld, with the record that erased it', async () => {
    const { log, report, raw } = smallLog()
    const asOf = log.leaves.length
    const { seq, at, targets } = log.erase(raw)
    const made = makeBundle(log, { question: question(report), asOf })
    const told = await verify(made)
    expect(exitCode(told)).toBe(0)
    expect(told.erased).toEqual([{ id: raw, seq: targets![0], by: seq, at }])
    expect(told.withheld).toEqual([])
    expect(told.verdict.intact.detail).toContain('the bodies of 1 record erased')
    expect(told.checks.find(({ name }) => name === 'erasures')!.detail).toBe('1 erased')
  })

  it('needs no other record where the one in force is that which erased', async () => {
    const { log, report, raw } = smallLog()
    const { seq, at } = log.erase(raw)
    const made = makeBundle(log, { question: question(report) })
    expect(readZip(made.bytes).some(({ path }) => path === ERASURES)).toBe(false)
    const told = await verify(made)
    expect(exitCode(told)).toBe(0)
    expect(told.erased).toEqual([{ id: raw, seq, by: seq, at }])
  })

  it('holds a body that is shown for shown, whoever erased it since', async () => {
    const { log, report, raw } = smallLog()
    const asOf = log.leaves.length
    const before = log.shown(raw)!
    log.erase(raw)
    const kept = makeBundle(
      log,
      { question: question(report), asOf },
      {
        shown: (records) => records.map((record) => (record.header.id === raw ? before : record)),
      },
    )
    const told = await verify(kept)
    expect(exitCode(told)).toBe(0)
    expect(told.erased).toEqual([])
    expect(told.checks.find(({ name }) => name === 'erasures')!.detail).toBe(
      '0 erased; 1 shown that were erased since',
    )
  })

  it('holds a body that is not shown, and that nobody erased, for neither shown nor erased', async () => {
    const { log, report, raw } = smallLog()
    const hidden = makeBundle(
      log,
      { question: question(report) },
      {
        shown: (records) =>
          records.map((record) =>
            record.header.id === raw ? { ...record, fields: null } : record,
          ),
      },
    )
    expect((await verify(hidden)).erased).toEqual([])
  })
})

const ENTITIES = 5
const step = fc.record({
  entity: fc.nat(ENTITIES - 1),
  links: fc.uniqueArray(fc.nat(ENTITIES - 1), { maxLength: 3 }),
  does: fc.constantFrom('assert', 'assert', 'assert', 'retire', 'erase', 'erase some', 'export'),
  pick: fc.nat(1_000),
})
const RELATIONS = ['WAS_DERIVED_FROM', 'BASED_ON', 'RUN_USED'] as const

it('lets every bundle ever made of a random history verify for ever, and none shows what is gone', async () => {
  let exports = 0
  let erased = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const log = makeLog()
      const known = new Map<string, number[]>()
      const bundles: TestBundle[] = []
      const idOf = (entity: number) => log.idOf('Dataset', `e${entity}`)
      const asked = (pick: number) => {
        const ids = [...known.keys()]
        const direction = DIRECTIONS[pick % 3]!
        return { root: ids[pick % ids.length]!, direction, depth: pick % 4 }
      }
      for (const { entity, links, does, pick } of steps) {
        const id = idOf(entity)
        const there = links.map(idOf).filter((far) => known.has(far) || far === id)
        if (does === 'export') {
          if (known.size > 0) bundles.push(makeBundle(log, { question: asked(pick) }))
        } else if (does === 'assert' || !known.has(id)) {
          const to = there.map((far, i): TestLink => [RELATIONS[i]!, far])
          const header = log.assert('Dataset', `e${entity}`, { secret: `s${pick}` }, to)
          known.set(id, [...(known.get(id) ?? []), header.seq])
        } else if (does === 'retire') log.retire(id)
        else {
          const left = known.get(id)!
          const seqs = does === 'erase' ? left : [left[pick % Math.max(1, left.length)]!]
          if (left.length === 0) continue
          log.erase(id, does === 'erase' ? undefined : seqs)
          known.set(
            id,
            left.filter((seq) => !seqs.includes(seq)),
          )
        }
      }
      if (known.size === 0) return
      for (let asOf = log.leaves.length; asOf > 3; asOf -= 3) {
        const question = asked(asOf)
        if (log.shown(question.root, asOf)) bundles.push(makeBundle(log, { question, asOf }))
      }
      for (const bundle of bundles) {
        const report = await verify(bundle)
        expect(report.checks.filter(({ result }) => result === 'fail')).toEqual([])
        expect(exitCode(report)).toBe(0)
        erased += report.erased.length
      }
      exports += bundles.length
    }),
    { numRuns: 150 },
  )
  expect(exports).toBeGreaterThan(500)
  expect(erased).toBeGreaterThan(100)
}, 120_000)
