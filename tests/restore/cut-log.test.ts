import fc from 'fast-check'
import { expect, it } from 'vitest'
import { finishMerges } from '../../domains/openlineage/merge-worker.ts'
import { timeByBody } from '../../domains/openlineage/run-times.ts'
import { cutLog } from '../../domains/restore/cut-log.ts'
import { openMerges } from '../../lineage/merges.ts'
import { copyOf } from '../ledger/copies.ts'
import { assertOne, dataset, expectClean, rawDatabase } from '../ledger/support.ts'
import { events } from '../openlineage/arbitrary-events.ts'
import { head, runId } from '../openlineage/events.ts'
import { send } from '../openlineage/world.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'

const { database, ledger } = await testLedger()
const raw = rawDatabase()

/** Who asked stays known: names that nothing uses any more harm nobody. */
const KEPT = 'Actor'
/** How many parts of a merge were done only ever counts up: it is part of a key. */
const RESTLESS = ['lock', 'applied', 'checkpoint', 'signed', 'unsigned', 'part']

/** A command that appended nothing stays, whenever it came: its answer still holds. */
const saidNothing = ({ changed }: { changed?: boolean[] }) => changed?.includes(true) === false

/** Everything that is stored, in an order of its own. */
async function stored(tenant: string) {
  const { nodes, edges } = await copyOf(raw, tenant)
  const told = nodes
    .filter(({ labels, props }) => !labels.includes(KEPT) && !saidNothing(props))
    .map(({ labels, props }) => {
      const settled = Object.entries(props).filter(([name]) => !RESTLESS.includes(name))
      return [[...labels].sort(), settled.sort(([a], [b]) => (a < b ? -1 : 1))]
    })
  const lines = [...told, ...edges.map(({ type, from, to, props }) => [type, from, to, props])]
  return lines.map((line) => JSON.stringify(line)).sort()
}

const sizeOf = async (tenant: string) =>
  Number((await raw('MATCH (l:Log {tenant: $tenant}) RETURN l.size AS size', { tenant }))[0]!.size)

it('leaves of any history exactly what was stored at that size', async () => {
  await fc.assert(
    fc.asyncProperty(events, events, events, async (kept, between, lost) => {
      const tenant = await freshTenant(ledger)
      // Long merges begin and end on either side of the cut.
      for (const event of kept) await send(ledger, tenant, event, 0)
      // What was cut need not end where a state was recorded, but one stands before it and one behind.
      await ledger.checkpointOf(tenant, await sizeOf(tenant))
      for (const event of between) await send(ledger, tenant, event, 0)
      const [before, size] = [await stored(tenant), await sizeOf(tenant)]
      for (const event of lost) await send(ledger, tenant, event, 0)
      await finishMerges({ database, ledger }, tenant)
      await ledger.checkpointOf(tenant, await sizeOf(tenant))
      await cutLog(database.graph(tenant), size, timeByBody)
      expect(await stored(tenant)).toEqual(before)
      await expectClean(database, tenant)
    }),
    { numRuns: 15, endOnFailure: true },
  )
}, 240_000)

it('takes back a merge that began before its command’s first record', async () => {
  const tenant = await freshTenant(ledger)
  const table = (name: string) => ({ namespace: 'db', name })
  await send(ledger, tenant, { ...head('2026-01-01T00:00:01Z'), dataset: table('first') })
  await send(ledger, tenant, {
    ...head('2026-01-01T00:00:02Z'),
    run: { runId: runId(1) },
    job: { namespace: 'jobs', name: 'job' },
    inputs: [table('hub')],
  })
  await ledger.checkpointOf(tenant, await sizeOf(tenant))
  const [before, size] = [await stored(tenant), await sizeOf(tenant)]
  const symlinks = { identifiers: [{ ...table('first'), type: 'TABLE' }] }
  const dataset = { ...table('hub'), facets: { symlinks } }
  await send(ledger, tenant, { ...head('2026-01-01T00:00:03Z'), dataset }, 0)
  expect(await openMerges(database.graph(tenant).read)).toHaveLength(1)
  await cutLog(database.graph(tenant), size, timeByBody)
  expect(await stored(tenant)).toEqual(before)
})

it('cuts thousands of leaves in several transactions, across tiles', async () => {
  const tenant = await freshTenant(ledger)
  const many = Array.from({ length: 255 }, (_, i) => dataset(`input ${i}`))
  const use = (name: string) =>
    assertOne(
      ledger,
      tenant,
      { kind: 'Job', namespace: 'jobs', name },
      { link: many.map((to) => ({ rel: 'USED' as const, to })) },
      { names: many },
    )
  await use('one')
  await ledger.checkpointOf(tenant, await sizeOf(tenant))
  const [before, size] = [await stored(tenant), await sizeOf(tenant)]
  const more = Array.from({ length: 4_500 }, (_, i) => dataset(`more ${i}`))
  for (let from = 0; from < more.length; from += 500) {
    await Promise.all(more.slice(from, from + 500).map((name) => assertOne(ledger, tenant, name)))
  }
  expect(await sizeOf(tenant)).toBeGreaterThan(size + 4_400)
  await cutLog(database.graph(tenant), size, timeByBody)
  expect(await stored(tenant)).toEqual(before)
  await expectClean(database, tenant)
}, 120_000)
