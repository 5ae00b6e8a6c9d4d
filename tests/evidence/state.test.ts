import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { weaveBundle } from '../../domains/evidence/export.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { readLog } from '../../lineage/log.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import {
  assertOne,
  dataset,
  idOf,
  job,
  leaves,
  rawDatabase,
  tell,
  withCode,
} from '../ledger/support.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'

const { database, ledger } = await testLedger()
const raw = rawDatabase()
const exporting = { database, ledger }

type Direction = 'UPSTREAM' | 'DOWNSTREAM' | 'BOTH'

/** What a verifier says of an export, and what the export says of itself. */
async function exported(
  tenant: string,
  root: string,
  { direction = 'BOTH' as Direction, depth = 20, asOf = null as number | null } = {},
) {
  const woven = await weaveBundle(exporting, { tenant, root, direction, depth, asOf })
  const report = await verifyBundle({
    sha256,
    bytes: woven.bytes,
    trust: await trustRoot(database.graph(tenant).read, tenant),
  })
  const verdict = Object.fromEntries(
    Object.entries(report.verdict).map(([line, { result }]) => [line, result]),
  )
  const failed = report.checks.filter(({ result }) => result === 'fail').map(({ name }) => name)
  return { ...woven, report, verdict, failed }
}

const sizeOf = async (tenant: string) => (await readLog(database.graph(tenant).read))!.size

/** in <- etl <- out <- report, each recorded on its own; ids in that order. */
async function chain(tenant: string) {
  const [input, etl, out, report] = [dataset('in'), job('etl'), dataset('out'), dataset('report')]
  const all = { names: [input, etl, out, report] }
  const made = [
    await assertOne(ledger, tenant, input, {}, all),
    await assertOne(ledger, tenant, etl, { link: [{ rel: 'USED', to: input }] }, all),
    await assertOne(ledger, tenant, out, { link: [{ rel: 'WAS_GENERATED_BY', to: etl }] }, all),
    await assertOne(ledger, tenant, report, { link: [{ rel: 'WAS_DERIVED_FROM', to: out }] }, all),
  ]
  return made.map(({ outcomes }) => outcomes[0]!.id) as [string, string, string, string]
}

const PROVEN = { current: 'pass', completeUp: 'pass', completeDown: 'pass' }

describe('an export', () => {
  it('proves that its records are current and that nothing is left out either way', async () => {
    const tenant = await freshTenant(ledger)
    const [, , out] = await chain(tenant)
    const { verdict, failed, stateSize, size, asOf } = await exported(tenant, out)
    expect(failed).toEqual([])
    expect(verdict).toMatchObject(PROVEN)
    expect([stateSize, asOf]).toEqual([size - 1, size - 1])
  })

  it('covers everything that was known when it was asked for', async () => {
    const tenant = await freshTenant(ledger)
    const [, , out] = await chain(tenant)
    await ledger.checkpointOf(tenant, await sizeOf(tenant))
    const known = await sizeOf(tenant)
    const first = await exported(tenant, out)
    // The log ends in a state record: nothing new is signed for it.
    expect([first.size, first.asOf, first.stateSize]).toEqual([known, known, known - 1])
    await assertOne(
      ledger,
      tenant,
      dataset('late'),
      { link: [{ rel: 'WAS_DERIVED_FROM', to: dataset('out') }] },
      { names: [dataset('out')] },
    )
    const second = await exported(tenant, out)
    expect(second.records).toBe(first.records + 1)
    expect(second.asOf).toBeGreaterThanOrEqual(known + 1)
    expect(second.verdict).toMatchObject(PROVEN)
  })

  it('follows what is dropped, retired and renamed', async () => {
    const tenant = await freshTenant(ledger)
    const [input, etl, out, report] = await chain(tenant)
    const ids = { ids: [input, etl, out, report] }
    await assertOne(
      ledger,
      tenant,
      dataset('twin'),
      { link: [{ rel: 'WAS_DERIVED_FROM', to: dataset('out') }] },
      { names: [dataset('out')] },
    )
    await tell(ledger, tenant, (draft) => draft.retire(report), ids)
    expect(await exported(tenant, out)).toMatchObject({ records: 4, failed: [], verdict: PROVEN })
    expect(await exported(tenant, report)).toMatchObject({
      records: 1,
      failed: [],
      verdict: PROVEN,
    })
    // The twin turns out to be another name of the input: its edge goes with it.
    await tell(ledger, tenant, (draft) => draft.retire(idOf(draft, dataset('twin')), input), {
      ...ids,
      names: [dataset('twin')],
    })
    expect(await exported(tenant, input)).toMatchObject({ records: 3, failed: [], verdict: PROVEN })
    await assertOne(
      ledger,
      tenant,
      dataset('report'),
      { link: [{ rel: 'WAS_DERIVED_FROM', to: dataset('in') }] },
      { names: [dataset('in')] },
    )
    const { failed, verdict, records } = await exported(tenant, input)
    expect([records, failed]).toEqual([4, []])
    expect(verdict).toMatchObject(PROVEN)
  })

  it('can be asked as of an earlier position, and rests on the last state before it', async () => {
    const tenant = await freshTenant(ledger)
    const [, , out] = await chain(tenant)
    const then = (await ledger.checkpointOf(tenant, await sizeOf(tenant))).size
    await assertOne(ledger, tenant, dataset('aside'))
    for (const name of ['a', 'b']) {
      await assertOne(
        ledger,
        tenant,
        dataset(name),
        { link: [{ rel: 'WAS_DERIVED_FROM', to: dataset('out') }] },
        { names: [dataset('out')] },
      )
      await ledger.checkpointOf(tenant, await sizeOf(tenant))
    }
    for (const asOf of [then - 1, then, then + 1]) {
      const found = await exported(tenant, out, { asOf })
      // At then + 1 something more is recorded, and no state has it yet.
      expect(found).toMatchObject({
        records: 4,
        asOf,
        stateSize: then - 1,
        failed: [],
        verdict: PROVEN,
      })
    }
    expect(await exported(tenant, out)).toMatchObject({ records: 6, failed: [], verdict: PROVEN })
    await expect(exported(tenant, out, { asOf: 999 })).rejects.toEqual(
      withCode('POSITION_NOT_REACHED'),
    )
  })

  it('says nothing of currentness as of a position before the first state', async () => {
    const tenant = await freshTenant(ledger)
    const [input, , out] = await chain(tenant)
    const { size } = await ledger.checkpointOf(tenant, 7)
    const found = await exported(tenant, out, { asOf: size - 2 })
    expect(found).toMatchObject({ records: 3, stateSize: null, failed: [] })
    expect(found.verdict.current).toBe('not evaluated')
    expect(await exported(tenant, input)).toMatchObject({ records: 4, verdict: PROVEN })
  })

  it('derives a state from the headers of the log where its pages are gone', async () => {
    const tenant = await freshTenant(ledger)
    const [input, , out] = await chain(tenant)
    const { size } = await ledger.checkpointOf(tenant, 7)
    await assertOne(ledger, tenant, dataset('out'), { fields: { owner: 'x' } })
    await ledger.checkpointOf(tenant, size + 1)
    await raw('MATCH (p:Page {tenant: $tenant}) WHERE p.until <> 9007199254740991 DELETE p', {
      tenant,
    })
    for (const root of [input, out]) {
      expect(await exported(tenant, root, { asOf: size })).toMatchObject({
        failed: [],
        verdict: PROVEN,
      })
    }
  })

  it('gives no state away that the headers do not make', async () => {
    const tenant = await freshTenant(ledger)
    const [, , out] = await chain(tenant)
    await ledger.checkpointOf(tenant, 7)
    await raw('MATCH (p:Page {tenant: $tenant}) DELETE p', { tenant })
    await raw(
      `MATCH (r:StateRecord {tenant: $tenant}) WITH r, '"root":"' AS key
      SET r.header = split(r.header, key)[0] + key + '${'A'.repeat(43)}' + substring(split(r.header, key)[1], 43)`,
      { tenant },
    )
    await expect(exported(tenant, out)).rejects.toThrow(/PROOF_REPLAY_STATE|state at/)
  })
})

describe('of any history', () => {
  const name = fc.integer({ min: 0, max: 6 })
  const step = fc.oneof(
    fc.record({ do: fc.constant('link' as const), from: name, to: name }),
    fc.record({ do: fc.constant('unlink' as const), from: name, to: name }),
    fc.record({ do: fc.constant('retire' as const), from: name }),
    fc.record({ do: fc.constant('state' as const) }),
  )

  it('every export proves itself, at every position that a state has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const tenant = await freshTenant(ledger)
        const nodes = Array.from({ length: 7 }, (_, i) => dataset(`n${i}`))
        const asked = { names: nodes }
        await tell(
          ledger,
          tenant,
          (draft) => nodes.map((one) => draft.assert({ ...one, id: idOf(draft, one) })),
          asked,
        )
        for (const one of steps) {
          if (one.do === 'state') await ledger.checkpointOf(tenant, await sizeOf(tenant))
          else if (one.do === 'retire')
            await tell(
              ledger,
              tenant,
              (draft) => draft.retire(idOf(draft, nodes[one.from]!)),
              asked,
            )
          else {
            await assertOne(
              ledger,
              tenant,
              nodes[one.from]!,
              (draft) => ({
                [one.do]: [{ rel: 'WAS_DERIVED_FROM' as const, id: idOf(draft, nodes[one.to]!) }],
              }),
              asked,
            )
          }
        }
        await ledger.checkpointOf(tenant, await sizeOf(tenant))
        const states = (await leaves(database, tenant)).filter(({ v }) => v === 'selvedge/state/1')
        const [{ id: root }] = (await raw(
          "MATCH (e:Dataset {tenant: $tenant, name: 'n0'}) RETURN e.id AS id",
          { tenant },
        )) as [{ id: string }]
        for (const { seq } of states) {
          const found = await exported(tenant, root, { asOf: seq })
          expect(found).toMatchObject({ stateSize: seq, failed: [], verdict: PROVEN })
        }
      }),
      { numRuns: 12 },
    )
  })
})
