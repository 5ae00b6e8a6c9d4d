import { afterAll, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { openDatabase } from '../../lineage/graph.ts'
import { readLeaves, readLog } from '../../lineage/log.ts'
import { recordsAsOf } from '../../lineage/record-slice.ts'
import { readLineage } from '../../lineage/traversal.ts'
import { b64 } from '../../proofs/base64.ts'
import { outRoot } from '../../proofs/outset.ts'
import { openPin } from '../../resolvers/pin.ts'
import { testNeo4j } from '../setup/database.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { assertOne, dataset, rawDatabase, tell } from './support.ts'

const { ledger } = await testLedger()
const raw = rawDatabase()
/** Another server's view: it knows nothing of what the writing one has had confirmed. */
const elsewhere = openDatabase(testNeo4j())
afterAll(() => elsewhere.close())

const job = { kind: 'Job', namespace: 'jobs', name: 'moving' } as const
const ends = [dataset('left'), dataset('right')]

/** What else each commit writes: the more there is, the longer a reader may meet it halfway. */
const others = Array.from({ length: 150 }, (_, i) => dataset(`other ${i}`))

/** Sends a job from one dataset to the other and back, until told to stop. */
async function keepMoving(tenant: string, stop: { now: boolean }) {
  for (let i = 0; !stop.now; i++) {
    const replace = [{ rel: 'USED' as const, targets: [{ to: ends[i % 2]! }] }]
    await tell(
      ledger,
      tenant,
      (draft) => {
        const assertNamed = (name: typeof job | (typeof ends)[number], change: object) =>
          draft.assert({ ...name, id: draft.urn(name.kind, name.namespace, name.name), ...change })
        return [
          assertNamed(job, { replace }),
          ...others.map((name) => assertNamed(name, { fields: { i } })),
        ]
      },
      { names: [job, ...ends, ...others] },
    )
  }
}

it('answers with the whole of a position while another server commits', async () => {
  const tenant = await freshTenant(ledger)
  const { outcomes } = await assertOne(
    ledger,
    tenant,
    job,
    { link: [{ rel: 'USED', to: ends[0]! }] },
    { names: ends },
  )
  const root = outcomes[0]!.id
  const { read } = elsewhere.graph(tenant)
  const positions = new Set<number>()

  const look = async () => {
    const question = { root, direction: 'UPSTREAM', depth: 1 } as const
    const page = (await readLineage(read, question, { first: 10 }, null))!
    expect(page.edges).toHaveLength(1)
    const [record] = await recordsAsOf(read, [root], page.n)
    const links = record!.out.map(([rel, id, leaf]) => ({ rel, id, leaf }))
    expect(b64(outRoot(sha256, links))).toBe((JSON.parse(record!.header) as { out: string }).out)
    expect(links[0]!.id).toBe(page.edges[0]!.to)
    positions.add(page.n)
  }

  /** The index that finds a record is the last to be told of it. */
  const lookForLast = async () => {
    const { size } = (await readLog(read))!
    expect(await readLeaves(read, size - 1, size)).toHaveLength(1)
  }

  await ledger.checkpointOf(tenant, 5)
  await look()
  const stop = { now: false }
  const moving = keepMoving(tenant, stop)
  try {
    const until = Date.now() + 5_000
    await Promise.all(
      [look, lookForLast, lookForLast].map(async (some) => {
        while (Date.now() < until) await some()
      }),
    )
  } finally {
    stop.now = true
    await moving
  }
  expect(positions.size).toBeGreaterThan(1)
})

it('sees at once what its own process has had confirmed, and soon what another one has', async () => {
  const tenant = await freshTenant(ledger)
  await assertOne(ledger, tenant, job, { link: [{ rel: 'USED', to: ends[0]! }] }, { names: ends })
  const { position } = await ledger.submit({
    tenant,
    subject: 'ada',
    request: 'one more',
    names: ends,
    run: async (draft) => [draft.retire(draft.urn('Dataset', ends[0]!.namespace, ends[0]!.name))],
  })
  const { size } = await ledger.checkpointOf(tenant, position.seq)
  expect(size).toBeGreaterThan(position.seq)
  expect((await readLog(elsewhere.graph(tenant).read))!.size).toBe(size)
})

it('reaches a position that is committed, though the server that wrote it is gone', async () => {
  const tenant = await freshTenant(ledger)
  const { position } = await assertOne(ledger, tenant, dataset('last'))
  const graph = elsewhere.graph(tenant)
  await raw('MATCH (l:Log {tenant: $tenant}) SET l.applied = 3', { tenant })
  expect((await readLog(graph.read))!.size).toBe(3)
  const pin = openPin(graph, position)
  await pin.read(() => readLog(graph.read))
  expect(pin.position).toEqual(position)
})
