import { setImmediate } from 'node:timers/promises'
import { afterAll, expect, it, vi } from 'vitest'
import { openLedger } from '../../ledger/ledger.ts'
import { openDatabase } from '../../lineage/graph.ts'
import { testNeo4j } from '../setup/database.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { type Fate, proxyTo } from '../setup/proxy.ts'
import { assertOne, dataset, expectClean, headers } from './support.ts'

const { database, ledger, keys } = await testLedger()

/** COMMIT of Bolt: a structure without fields, tag 0x12, as a chunk of its own. */
const COMMIT = Buffer.from([0x00, 0x02, 0xb0, 0x12, 0x00, 0x00])

let fate: Fate = 'pass'
let cuts = 0
let down = false
let refused = 0
const port = await proxyTo(testNeo4j().uri, (message) => {
  if (down) {
    refused += 1
    return 'cut before'
  }
  if (fate === 'pass' || !message.includes(COMMIT)) return 'pass'
  const now = fate
  fate = 'pass'
  cuts += 1
  return now
})
const behind = openDatabase({
  ...testNeo4j(),
  uri: `bolt://127.0.0.1:${port}`,
  retryMs: 3_000,
})
// Another signs, so that every commit seen here is one of the commands'.
const proxied = await openLedger({ database: behind, service: SERVICE_NAME, keys, register: null })
afterAll(async () => {
  await proxied.close()
  await behind.close()
})

it.each<[string, Fate, boolean]>([
  ['before the commit arrives', 'cut before', false],
  ['between the commit and its confirmation', 'cut after', true],
])('writes once where the connection is lost %s', async (_what, next, replayed) => {
  const tenant = await freshTenant(ledger)
  await assertOne(proxied, tenant, dataset('a'))
  const before = cuts
  fate = next
  const receipts = await Promise.all([
    assertOne(proxied, tenant, dataset('b')),
    assertOne(proxied, tenant, dataset('c'), {}, { key: 'c' }),
  ])
  expect(cuts).toBe(before + 1)
  expect(receipts.map((receipt) => receipt.replayed)).toEqual([replayed, replayed])
  expect(receipts.flatMap(({ outcomes }) => outcomes.map(({ seq }) => seq))).toEqual([4, 5])
  expect(await headers(database, tenant)).toHaveLength(3)
  await expectClean(database, tenant)
})

it('tells all that wait together that the database is away, and goes on when it is back', async () => {
  const tenant = await freshTenant(ledger)
  const write = (name: string) => assertOne(proxied, tenant, dataset(name))
  await write('a')
  down = true
  const start = Date.now()
  const settled = await Promise.allSettled(['b', 'c', 'd'].map(write))
  const reasons = settled.map((end) => end.status === 'rejected' && end.reason.code)
  expect(reasons).toEqual(Array(3).fill('DATABASE_UNAVAILABLE'))
  // One transaction's patience, not one for each.
  expect(Date.now() - start).toBeLessThan(25_000)
  down = false
  expect((await write('e')).position.seq).toBe(5)
  await expectClean(database, tenant)
})

it('has nobody wait for one outage after another: who came while it was found out is told as well', async () => {
  const tenant = await freshTenant(ledger)
  const ended = new Set<string>()
  const write = (name: string) =>
    assertOne(proxied, tenant, dataset(name)).catch(({ code }) => {
      ended.add(name)
      return code
    })
  await write('a')
  down = true
  const before = refused
  const first = write('b')
  // The transaction is under way without them.
  await vi.waitFor(() => expect(refused).toBeGreaterThan(before), { timeout: 30_000 })
  const later = [write('c'), write('d')]
  expect(await first).toBe('DATABASE_UNAVAILABLE')
  await setImmediate()
  expect([...ended]).toEqual(['b', 'c', 'd'])
  expect(await Promise.all(later)).toEqual(Array(2).fill('DATABASE_UNAVAILABLE'))
  down = false
  expect(await write('e')).toMatchObject({ replayed: false })
  await expectClean(database, tenant)
}, 60_000)
