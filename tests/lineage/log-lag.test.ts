import { expect, it } from 'vitest'
import { SERVICE, serviceQuery } from '../../lineage/graph.ts'
import { readLogLag } from '../../lineage/log-lag.ts'
import { testLedger } from '../setup/ledger.ts'

const { database } = await testLedger()

/** A log far beyond its checkpoint, which no signer sees: what makes it is undone. */
const GROWN_LOG = serviceQuery(`
  // test: a log far beyond its checkpoint
  CREATE (:TenantEntry {tenant: $tenant, name: $name})
  CREATE (:Log {tenant: $name, size: $size, signed: $signed, unsigned: true, merges: $merges})
  CREATE (:Record {tenant: $name, seq: $signed, at: $at})`)

const UNDONE = new Error('undone')

it('counts the records beyond checkpoints, how long the oldest waits, and merges', async () => {
  const seen: Awaited<ReturnType<typeof readLogLag>>[] = []
  const at = '1970-01-02T00:00:00.000Z'
  const now = Date.parse(at) + 5_000
  const work = database.graph(SERVICE).write(async ({ run }) => {
    const log = { size: 1_000_000_005, signed: 5, merges: 1_000_000, at }
    await run(GROWN_LOG, { name: `lag-${crypto.randomUUID().slice(0, 8)}`, ...log })
    seen.push(await readLogLag(run, now))
    throw UNDONE
  })
  await expect(work).rejects.toBe(UNDONE)
  // Other files' logs count too: theirs are small, and younger.
  const [lag] = seen
  expect(lag).toMatchObject({ oldestSeconds: 5 })
  expect(Math.floor(lag!.records / 1e9)).toBe(1)
  expect(Math.floor(lag!.merges / 1e6)).toBe(1)
  expect(lag!.logs).toBeGreaterThan(0)
  const rest = await readLogLag(database.graph(SERVICE).read, now)
  expect(rest.records).toBeLessThan(1e9)
})

it('does not wait for a time to come: a clock that is behind tells zero', async () => {
  expect((await readLogLag(database.graph(SERVICE).read, 0)).oldestSeconds).toBe(0)
})

it('tells how many connections are in use, and none when nothing runs', async () => {
  const { most, busy } = database.pool()
  const reads = Array.from({ length: 3 }, () => readLogLag(database.graph(SERVICE).read, 0))
  expect(database.pool()).toEqual({ most, busy: busy + 6 })
  await Promise.all(reads)
  expect(database.pool()).toEqual({ most: 32, busy })
})
