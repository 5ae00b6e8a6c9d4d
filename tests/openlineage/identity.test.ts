import { expect, it } from 'vitest'
import type { Draft } from '../../ledger/draft.ts'
import { query } from '../../lineage/graph.ts'
import { readLog } from '../../lineage/log.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { head, runId } from './events.ts'
import { expectedWorld, type RawEvent } from './reference.ts'
import { currentWorld, send, sendSingly, sendTogether } from './world.ts'

const { database, ledger } = await testLedger()

const RECORDS = query<{ seq: number; kind: string; name: string; action: string; header: string }>(`
  // test: records from a position on
  MATCH (record:Record {tenant: $tenant}) WHERE record.seq >= $from
  MATCH (e:Entity {tenant: $tenant, id: record.id})
  RETURN record.seq AS seq, e.kind AS kind, e.name AS name, record.action AS action, record.header AS header
  ORDER BY seq`)

const ALIASES = query<{ name: string; of: string }>(`
  // test: aliases with their canonical entity
  MATCH (a:Entity {tenant: $tenant})-[:ALIAS_OF]->(b:Entity {tenant: $tenant})
  RETURN a.name AS name, b.name AS of ORDER BY name`)

const table = (name: string, ...symlinks: string[]) => ({
  namespace: 'db',
  name,
  ...(symlinks.length > 0 && {
    facets: {
      symlinks: {
        identifiers: symlinks.map((other) => ({ namespace: 'db', name: other, type: 'T' })),
      },
    },
  }),
})
const job = (name: string) => ({ namespace: 'jobs', name })
const ran = (second: number, n: number, name: string, more: object) => ({
  ...head(`2026-01-01T00:00:${String(second).padStart(2, '0')}Z`),
  run: { runId: runId(n) },
  job: job(name),
  ...more,
})
const says = (second: number, dataset: object) => ({
  ...head(`2026-01-01T00:00:${String(second).padStart(2, '0')}Z`),
  dataset,
})

const sizeOf = async (tenant: string) => (await readLog(database.graph(tenant).read))!.size
const aliases = async (tenant: string) =>
  Object.fromEntries((await database.graph(tenant).read(ALIASES)).map(({ name, of }) => [name, of]))

it('writes a late merge in the stated order: canonical, downstream, alias', async () => {
  const tenant = await freshTenant(ledger)
  await sendSingly(ledger, tenant, [
    ran(1, 1, 'reads-old', { inputs: [table('old')] }),
    ran(2, 2, 'reads-both', { inputs: [table('old'), table('new')], outputs: [table('far')] }),
    ran(3, 3, 'writes-new', { outputs: [table('new')] }),
    ran(4, 4, 'reads-new', { inputs: [table('new')] }),
  ])
  const from = await sizeOf(tenant)
  await send(ledger, tenant, says(5, table('new', 'old')))
  const records = await database.graph(tenant).read(RECORDS, { from })
  const told = records.map(({ kind, name, action, header }) => {
    const { links, unlinks } = JSON.parse(header) as { links: RawEvent[]; unlinks: RawEvent[] }
    const list = (edges: RawEvent[]) => edges.map(({ rel }) => rel).join()
    return `${kind} ${name} ${action} +${list(links)} -${list(unlinks)}`
  })
  // Canonical is `old`, the first seen, though the event is about `new`.
  expect(told[0]).toBe('Dataset old assert +WAS_GENERATED_BY -')
  expect(told.slice(1, -2).sort()).toEqual(
    [
      'Job reads-both assert + -USED',
      'Job reads-new assert +USED -USED',
      `Run ${runId(2)} assert + -RUN_USED`,
      `Run ${runId(3)} assert +RUN_GENERATED -RUN_GENERATED`,
      `Run ${runId(4)} assert +RUN_USED -RUN_USED`,
    ].sort(),
  )
  expect(told.slice(-2)).toEqual([
    'Dataset new retire +ALIAS_OF -',
    // The event's own facet comes after the merge that it brought about.
    'Dataset old assert + -',
  ])
  const ids = records.slice(1, -2).map(({ header }) => JSON.parse(header).id)
  expect(ids).toEqual(ids.toSorted())
})

it('puts a name never seen into the log as an alias of its own', async () => {
  const tenant = await freshTenant(ledger)
  await send(ledger, tenant, says(1, table('own', 'a', 'b')))
  expect(await aliases(tenant)).toEqual({ a: 'own', b: 'own' })
  const from = await sizeOf(tenant)
  await send(ledger, tenant, says(2, table('own', 'a', 'b')))
  const [only, ...more] = await database.graph(tenant).read(RECORDS, { from })
  expect([only?.name, more]).toEqual(['own', []])
})

it('takes the name seen first for canonical, whichever event says that they are one', async () => {
  const tenant = await freshTenant(ledger)
  await sendSingly(ledger, tenant, [
    says(1, table('first')),
    says(2, table('second', 'first', 'new')),
  ])
  expect(await aliases(tenant)).toEqual({ second: 'first', new: 'first' })
})

it('resolves chains of aliases to the end, and a circle of symlinks to one dataset', async () => {
  const tenant = await freshTenant(ledger)
  const events = [
    says(1, table('c')),
    says(2, table('b')),
    says(3, table('a')),
    says(4, table('a', 'b')),
    says(5, table('b', 'c')),
    says(6, table('c', 'a')),
    ran(7, 1, 'job', { inputs: [table('a')], outputs: [table('b')] }),
  ]
  await sendSingly(ledger, tenant, events)
  expect(await aliases(tenant)).toEqual({ a: 'b', b: 'c' })
  expect(await currentWorld(database, tenant)).toEqual(expectedWorld(events))
})

it('takes two names of one dataset in one event for one', async () => {
  const tenant = await freshTenant(ledger)
  const events = [
    ran(1, 1, 'job', { inputs: [table('x'), table('own', 'x')], outputs: [table('x', 'y')] }),
  ]
  await sendSingly(ledger, tenant, events)
  expect(await aliases(tenant)).toEqual({ x: 'own', y: 'own' })
  expect(await currentWorld(database, tenant)).toEqual(expectedWorld(events))
})

it('drops edges between two names of one dataset, and moves those of a third', async () => {
  const tenant = await freshTenant(ledger)
  const named = (name: string) => ({ kind: 'Dataset', namespace: 'db', name }) as const
  const derived = (name: string, ...from: string[]) => ({
    tenant,
    subject: 'test',
    request: [name, ...from].join(),
    names: [name, ...from].map(named),
    run: async (draft: Draft) => [
      draft.assert({
        ...named(name),
        id: draft.urn('Dataset', 'db', name),
        fields: { owner: name },
        link: from.map((other) => ({ rel: 'WAS_DERIVED_FROM' as const, to: named(other) })),
      }),
    ],
  })
  for (const [name, ...from] of [
    ['canonical'],
    ['canonical', 'alias', 'far'],
    ['alias', 'canonical', 'alias', 'near'],
    ['third', 'alias'],
  ] as const) {
    await ledger.submit(derived(name, ...from))
  }
  await send(ledger, tenant, says(1, table('alias', 'canonical')))
  const { edges, bodies } = await currentWorld(database, tenant)
  const dataset = (name: string) => `dataset ["db","${name}"]`
  // The smallest name of the class names it: `alias`.
  expect(edges).toEqual([
    `${dataset('alias')} WAS_DERIVED_FROM ${dataset('alias')}`,
    `${dataset('alias')} WAS_DERIVED_FROM ${dataset('far')}`,
    `${dataset('alias')} WAS_DERIVED_FROM ${dataset('near')}`,
    `${dataset('third')} WAS_DERIVED_FROM ${dataset('alias')}`,
  ])
  expect(bodies[dataset('alias')]).toMatchObject({ owner: 'canonical' })
})

it('carries run times over, so that a late job event weighs runs that named an alias', async () => {
  const seen = [
    ran(8, 1, 'job', { inputs: [table('late')] }),
    ran(2, 2, 'job', { inputs: [table('early')] }),
  ]
  const rest = [
    says(3, table('early', 'late')),
    { ...head('2026-01-01T00:00:05Z'), job: job('job'), inputs: [] },
  ]
  // Whichever of the two is canonical, and whether the job event shares a transaction with the merge.
  for (const first of [seen, seen.toReversed()]) {
    for (const deliver of [sendSingly, sendTogether]) {
      const tenant = await freshTenant(ledger)
      await sendSingly(ledger, tenant, first)
      await deliver(ledger, tenant, rest)
      const world = await currentWorld(database, tenant)
      expect(world.edges).toContain('job ["jobs","job"] USED dataset ["db","early"]')
      expect(world).toEqual(expectedWorld([...seen, ...rest]))
    }
  }
})

it('keeps the earliest start, the latest end and the last transition, in whatever order they come', async () => {
  const said = ['START', 'START', 'COMPLETE', 'FAIL', 'RUNNING', 'OTHER'].map((eventType, i) =>
    ran(i + 1, 1, 'job', { eventType }),
  )
  for (const order of [said, said.toReversed()]) {
    const tenant = await freshTenant(ledger)
    await sendSingly(ledger, tenant, order)
    const { bodies } = await currentWorld(database, tenant)
    expect(bodies[`run ["run","${runId(1)}"]`]).toMatchObject({
      startedAt: '2026-01-01T00:00:01.000000000Z',
      endedAt: '2026-01-01T00:00:04.000000000Z',
      state: 'RUNNING',
    })
  }
})

it('weighs a run under two jobs for each job apart', async () => {
  const events = [
    ran(5, 1, 'one', { inputs: [table('b')] }),
    ran(6, 2, 'one', { inputs: [table('a')] }),
    ran(9, 2, 'two', { inputs: [table('b')] }),
    { ...head('2026-01-01T00:00:07Z'), job: job('one'), inputs: [table('c')] },
  ]
  for (const order of [events, events.toReversed()]) {
    const tenant = await freshTenant(ledger)
    await sendSingly(ledger, tenant, order)
    const { edges } = await currentWorld(database, tenant)
    expect(edges.filter((edge) => edge.includes(' USED '))).toEqual([
      'job ["jobs","one"] USED dataset ["db","c"]',
      'job ["jobs","two"] USED dataset ["db","b"]',
    ])
  }
})
