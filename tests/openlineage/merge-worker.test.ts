import fc from 'fast-check'
import { expect, it } from 'vitest'
import { finishMerges } from '../../domains/openlineage/merge-worker.ts'
import { openMerges } from '../../lineage/merges.ts'
import { expectClean } from '../ledger/support.ts'
import { testApp } from '../setup/app.ts'
import { freshTenant } from '../setup/ledger.ts'
import { events } from './arbitrary-events.ts'
import { head, runId } from './events.ts'
import { expectedWorld } from './reference.ts'
import { currentWorld, send, sendTogether } from './world.ts'

const { database, ledger, errors, ask } = await testApp()

/** Nothing at once, and then one entity at a time: everything that is a merge becomes a long one. */
const AT_ONCE = 0
const most = { owners: 1, text: 1 }
const under = (tenant: string) => openMerges(database.graph(tenant).read)

/** Some parts of what is to be done, then no more. */
const goOn = (tenant: string, parts: number) => {
  let left = parts
  return finishMerges({ database, ledger }, tenant, { most, isStopped: () => left-- <= 0 })
}

const datasets = (...names: string[]) => names.map((name) => ({ namespace: 'db', name }))
const began = (n: number, job: string, second: number, more: object) => ({
  ...head(`2026-01-01T00:00:0${second}Z`),
  run: { runId: runId(n) },
  job: { namespace: 'jobs', name: job },
  ...more,
})

/** Every dataset has somebody that points at it, so that every symlink joins two that take moving. */
const BEFORE = [
  began(0, 'j0', 1, { inputs: datasets('d0', 'd1', 'd2', 'd4'), outputs: datasets('d3') }),
  began(1, 'j1', 3, { inputs: datasets('d3', 'd4', 'd5', 'd1'), outputs: datasets('d0', 'd2') }),
]

/** How often a later event met a merge that was under way. */
let met = 0

it('ends where a merge in one transaction does, whatever comes in between', async () => {
  await fc.assert(
    fc.asyncProperty(
      events,
      fc.array(fc.constantFrom(0, 0, 0, 1, 2), { minLength: 12, maxLength: 12 }),
      async (some, parts) => {
        const tenant = await freshTenant(ledger)
        let underWay = 0
        for (const event of BEFORE) await send(ledger, tenant, event)
        for (const [i, event] of some.entries()) {
          await send(ledger, tenant, event, AT_ONCE)
          await goOn(tenant, parts[i]!)
          underWay += (await under(tenant)).length
        }
        met += underWay
        await finishMerges({ database, ledger }, tenant, { most })
        expect(await under(tenant)).toEqual([])
        expect(await currentWorld(database, tenant)).toEqual(expectedWorld([...BEFORE, ...some]))
        await expectClean(database, tenant)
      },
    ),
    { numRuns: 30, endOnFailure: true },
  )
  expect(errors).toEqual([])
  expect(met).toBeGreaterThan(50)
}, 300_000)

const table = (name: string, symlink?: string) => ({
  namespace: 'db',
  name,
  ...(symlink !== undefined && {
    facets: {
      symlinks: { identifiers: [{ namespace: 'db', name: symlink, type: 'TABLE' }] },
    },
  }),
})
const ran = (n: number, job: string, more: object) => began(n, job, 2, more)
const says = (dataset: object) => ({ ...head('2026-01-01T00:00:03Z'), dataset })

const MARKED = `query ($name: String!) {
  entity(kind: Dataset, namespace: "db", name: $name) {
    id aliasOf mergesInProgress { alias canonical }
  }
}`
const LINEAGE = `query ($root: ID!) {
  lineage(root: $root, direction: DOWNSTREAM, depth: 1, first: 1000) { total mergeInProgress }
}`

interface Marked {
  id: string
  aliasOf: string | null
  mergesInProgress: { alias: string; canonical: string }[]
}

it('lets answers for either name say that a merge is under way, until it is done', async () => {
  const tenant = await freshTenant(ledger)
  await send(ledger, tenant, says(table('first')))
  const jobs = Array.from({ length: 5 }, (_, i) => `job ${i}`)
  await sendTogether(
    ledger,
    tenant,
    jobs.map((job, i) => ran(i, job, { inputs: [table('hub')] })),
  )
  await send(ledger, tenant, says(table('hub', 'first')), 3)
  const found = async (name: string) =>
    (await ask<{ entity: Marked }>(MARKED, { tenant, variables: { name } })).data.entity
  const lineage = async (root: string) =>
    (await ask<{ lineage: object }>(LINEAGE, { tenant, variables: { root } })).data.lineage
  const [hub, first] = [await found('hub'), await found('first')]
  const marked = [{ alias: hub.id, canonical: first.id }]
  expect([hub.mergesInProgress, first.mergesInProgress]).toEqual([marked, marked])
  expect(hub.aliasOf).toBeNull()
  expect(await lineage(hub.id)).toEqual({ total: 6, mergeInProgress: true })
  expect(await lineage(first.id)).toEqual({ total: 1, mergeInProgress: true })

  // What is recorded under the name that goes belongs to the one that stays already.
  await send(ledger, tenant, ran(9, 'late', { inputs: [table('hub')] }))
  expect(await lineage(first.id)).toEqual({ total: 2, mergeInProgress: true })

  await finishMerges({ database, ledger }, tenant)
  expect(await found('hub')).toEqual({ id: hub.id, aliasOf: first.id, mergesInProgress: [] })
  expect((await found('first')).mergesInProgress).toEqual([])
  expect(await lineage(first.id)).toEqual({ total: 7, mergeInProgress: false })
  await expectClean(database, tenant)
})

it('takes a merge of more entities than one transaction may append records', async () => {
  const tenant = await freshTenant(ledger)
  await send(ledger, tenant, says(table('first')))
  const hub = Array.from({ length: 2_600 }, (_, i) =>
    ran(i, `job ${i}`, { inputs: [table('hub')] }),
  )
  await sendTogether(ledger, tenant, hub)
  await send(ledger, tenant, says(table('hub', 'first')))
  expect(await under(tenant)).toHaveLength(1)
  await finishMerges({ database, ledger }, tenant)
  const { edges } = await currentWorld(database, tenant)
  const used = edges.filter((edge) => edge.includes(' USED '))
  expect(used).toHaveLength(2_600)
  expect(new Set(used.map((edge) => edge.split(' USED ')[1]))).toEqual(
    new Set(['dataset ["db","first"]']),
  )
  await expectClean(database, tenant)
}, 180_000)
