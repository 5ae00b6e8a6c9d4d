import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { describe, expect, it, vi } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import type { LeafLine } from '../../domains/backup/lines.ts'
import { weaveBundle } from '../../domains/evidence/export.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { finishMerges } from '../../domains/openlineage/merge-worker.ts'
import { createWebhook, deleteWebhook } from '../../domains/webhooks/register.ts'
import { claimDelivery, deliveriesOf, noteDelivery } from '../../lineage/deliveries.ts'
import { exitCode } from '../../proofs/report.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { copyOf, erase } from '../ledger/copies.ts'
import { assertOne, dataset, expectClean, idOf, run, tell, writeWorld } from '../ledger/support.ts'
import { events } from '../openlineage/arbitrary-events.ts'
import { send } from '../openlineage/world.ts'
import { restoring } from '../restore/support.ts'
import { testLedger } from '../setup/ledger.ts'
import { backing, backupFolder } from './support.ts'

/** Whole histories are written, and a database that nobody has asked yet. */
vi.setConfig({ testTimeout: 240_000 })

const test = await testLedger()
const { database, ledger } = test
const { raw, newTenant, headOf, restore, openAnother } = restoring(test)
const { fresh } = backupFolder()
const { backUp, bringBack, linesOf } = backing(test)

/** What is of the moment, or left to the servers; and of a page, since when it is as it is. */
const PASSING = { Page: ['since', 'until'], Log: ['lock', 'applied', 'witnesses'] }
const OPEN = Number.MAX_SAFE_INTEGER

/** Everything that is stored, in an order of its own; of pages, those of the last state. */
async function stored(tenant: string) {
  const { nodes, edges } = await copyOf(raw, tenant)
  const told = nodes.flatMap(({ labels, props }) => {
    const passing = PASSING[labels[0] as keyof typeof PASSING] ?? []
    if (labels[0] === 'Page' && (props as { until: number }).until !== OPEN) return []
    const settled = Object.entries(props).filter(([name]) => !passing.includes(name))
    return [[[...labels].sort(), settled.sort(([a], [b]) => (a < b ? -1 : 1))]]
  })
  const lines = [...told, ...edges.map(({ type, from, to, props }) => [type, from, to, props])]
  return lines.map((line) => JSON.stringify(line)).sort()
}

const sign = async (tenant: string) => ledger.checkpointOf(tenant, (await headOf(tenant)).written)

describe('what is restored is what was stored', () => {
  it('of any history of events, merges under way included', async () => {
    await fc.assert(
      fc.asyncProperty(events, events, fc.boolean(), async (some, more, ended) => {
        const tenant = await newTenant()
        for (const event of some) await send(ledger, tenant, event, 0)
        await sign(tenant)
        for (const event of more) await send(ledger, tenant, event, 0)
        if (ended) await finishMerges({ database, ledger }, tenant)
        const path = fresh()
        await backUp(path, [tenant])
        const before = await stored(tenant)
        await erase(raw, tenant)
        await bringBack(path)
        expect(await stored(tenant)).toEqual(before)
        await expectClean(database, tenant)
      }),
      { numRuns: 6, endOnFailure: true },
    )
  })

  it('of entities that were retired, joined, erased in part or as a whole, and named again', async () => {
    const tenant = await newTenant()
    await writeWorld(ledger, tenant, [dataset('x'), dataset('y')])
    const eraseOf = (entity: string, records?: number[]) => {
      const because = {
        id: `urn:selvedge:erasure:${uuidv7()}`,
        ground: 'consent-withdrawn',
        reason: 'r',
      } as const
      return ledger.erase({
        tenant,
        subject: 'dpo',
        because,
        request: because.id,
        what: { entity, records },
      })
    }
    const made = async (name: string, fields = {}) =>
      (await assertOne(ledger, tenant, dataset(name), { fields })).outcomes[0]!
    const whole = await made('erased')
    await made('erased', { more: 1 })
    await eraseOf(whole.id)
    const again = await made('erased again')
    await eraseOf(again.id)
    await made('erased again', { named: true })
    const part = await made('erased in part')
    await made('erased in part', { more: 1 })
    await eraseOf(part.id, [part.seq])
    const retired = await made('retired')
    await tell(ledger, tenant, (draft) => draft.retire(retired.id), { ids: [retired.id] })
    await eraseOf(retired.id)
    const ran = await assertOne(
      ledger,
      tenant,
      run('r'),
      { link: [{ rel: 'RUN_USED', to: dataset('x') }] },
      { names: [dataset('x')] },
    )
    await eraseOf(ran.outcomes[0]!.id)
    const many = Array.from({ length: 700 }, (_, i) => dataset(`many ${i}`))
    const job = { kind: 'Job', namespace: 'jobs', name: 'wide' } as const
    await assertOne(
      ledger,
      tenant,
      job,
      { link: many.map((to) => ({ rel: 'USED' as const, to })) },
      { names: many },
    )
    const path = fresh()
    await backUp(path, [tenant])
    const before = await stored(tenant)
    await erase(raw, tenant)
    await bringBack(path)
    expect(await stored(tenant)).toEqual(before)
    await expectClean(database, tenant)
  })

  it('wherever it was stopped, and taken up again', async () => {
    const tenant = await newTenant()
    await writeWorld(ledger, tenant, [dataset('x'), dataset('y')])
    for (let from = 0; from < 3; from++) {
      await Promise.all(
        Array.from({ length: 500 }, (_, i) =>
          assertOne(
            ledger,
            tenant,
            dataset(`a ${from} ${i}`),
            (draft) => ({
              link: [{ rel: 'WAS_DERIVED_FROM', id: idOf(draft, dataset('b')) }],
            }),
            { names: [dataset('b')] },
          ),
        ),
      )
    }
    const path = fresh()
    await backUp(path, [tenant])
    const before = await stored(tenant)
    const lines = (await linesOf(path)).length
    await erase(raw, tenant)
    const stops = fc.sample(fc.nat(lines), { numRuns: 4, seed: 5 })
    for (const at of [1, ...stops.sort((a, b) => a - b), lines - 2, lines - 1]) {
      let line = 0
      await bringBack(path, () => line++ >= at)
    }
    await bringBack(path)
    expect(await stored(tenant)).toEqual(before)
    await expectClean(database, tenant)
    // Once more, where everything is there already.
    await bringBack(path)
    expect(await stored(tenant)).toEqual(before)
  })
})

it('goes on under a new origin though nothing that was signed is lost, and proofs made before verify', async () => {
  const tenant = await newTenant()
  await writeWorld(ledger, tenant, [dataset('x'), dataset('y')])
  const { outcomes } = await assertOne(ledger, tenant, dataset('b'), { fields: { more: 1 } })
  const question = { tenant, root: outcomes[0]!.id, direction: 'UPSTREAM', depth: 4 } as const
  const before = await weaveBundle({ database, ledger }, question)
  const path = fresh()
  await backUp(path, [tenant])
  const { written } = await headOf(tenant)
  // Acknowledged, and signed by nobody: no register knows of it.
  const lost = await assertOne(ledger, tenant, dataset('lost'))
  await erase(raw, tenant)
  await bringBack(path)
  expect(await restore(tenant, { anew: true })).toMatchObject({
    outcome: 'opened',
    keptSize: written,
    dropped: 0,
  })
  expect(await restore(tenant)).toMatchObject({ outcome: 'whole' })
  const server = await openAnother()
  const next = await assertOne(server, tenant, dataset('next'))
  expect(next.position).toEqual({ epoch: 1, seq: expect.any(Number) })
  expect(lost.position.epoch).toBe(0)
  await server.checkpointOf(tenant, next.position.seq)
  await expectClean(database, tenant)
  const trust = await trustRoot(database.graph(tenant).read, tenant)
  expect(exitCode(await verifyBundle({ sha256, bytes: before.bytes, trust }))).toBe(0)
  const after = await weaveBundle({ database, ledger: server }, question)
  const told = await verifyBundle({ sha256, bytes: after.bytes, trust })
  expect([exitCode(told), told.bundle?.records]).toEqual([0, before.records])
})

it('brings webhooks back that stand still until somebody resumes them', async () => {
  const tenant = await newTenant()
  const registering = { ledger, database, networks: null }
  const by = { tenant, subject: 'ada' }
  const created = await createWebhook(registering, { url: 'https://example.com/' }, by)
  const { id, seq } = created.outcomes[0]!
  const deleted = await createWebhook(registering, { url: 'https://example.com/2' }, by)
  await deleteWebhook(registering, deleted.outcomes[0]!.id, by)
  const { read, write } = database.graph(tenant)
  const row = { next: 100 }
  await write(({ run }) => claimDelivery(run, { id, holder: 'me' }))
  await write(({ run }) => noteDelivery(run, { id, holder: 'me' }, { row }))
  await sign(tenant)
  const path = fresh()
  await backUp(path, [tenant])
  await erase(raw, tenant)
  await bringBack(path)
  const stands = await deliveriesOf(read, [id, deleted.outcomes[0]!.id])
  expect(stands).toMatchObject([{ id, next: seq, ended: 'restored', endedSeq: seq, dead: 0 }])
  await expectClean(database, tenant)
})

it('brings a body back that is as long as one may be', async () => {
  const tenant = await newTenant()
  const text = 'ü"\\\u2028'.repeat(500_000)
  await assertOne(ledger, tenant, dataset('long'), { fields: { text } })
  const path = fresh()
  await backUp(path, [tenant])
  const before = await stored(tenant)
  await erase(raw, tenant)
  await bringBack(path)
  expect((await stored(tenant)).length).toBe(before.length)
  const held = (await linesOf(path)).filter((line): line is LeafLine => line.is === 'leaf')
  expect(held.some(({ fields }) => fields?.includes(JSON.stringify(text).slice(1, 1_000)))).toBe(
    true,
  )
  await expectClean(database, tenant)
})
