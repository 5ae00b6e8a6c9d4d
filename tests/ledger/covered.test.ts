import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { openLedger } from '../../ledger/ledger.ts'
import { queries } from '../../lineage/graph.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { assertOne, dataset } from './support.ts'

const { database, keys, ledger } = await testLedger('in the background')

const median = (of: readonly number[]) => of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)]!

// Tried again where the machine had other things to do for all of its four seconds.
it('covers a record by a published checkpoint within a second of its commit, also where writing never stops', {
  retry: 2,
}, async () => {
  const tenant = await freshTenant(ledger, 'covered')
  const committed: { seq: number; at: number }[] = []
  const lags: number[] = []
  const write = async () => {
    for (const end = Date.now() + 4_000; Date.now() < end; ) {
      const { outcomes } = await assertOne(ledger, tenant, dataset(`d${committed.length}`))
      committed.push({ seq: outcomes[0]!.seq, at: Date.now() })
    }
    return 'written' as const
  }
  const writing = write()
  let written = false
  void writing.finally(() => {
    written = true
  })
  while (!written || lags.length < committed.length) {
    await wait(10)
    const size = (await ledger.checkpoint(tenant))?.size ?? 0
    const now = Date.now()
    while (committed[lags.length] && committed[lags.length]!.seq < size) {
      lags.push(now - committed[lags.length]!.at)
    }
  }
  await writing
  expect(lags.length).toBeGreaterThan(5)
  // Half of them, since the machine may be busy with other things.
  expect(median(lags)).toBeLessThan(1_000)
})

it('covers what a server wrote that does not sign, long after the first look at all logs', async () => {
  const other = await openLedger({ database, service: SERVICE_NAME, keys, register: null })
  const tenant = await freshTenant(ledger, 'covered')
  await ledger.checkpointOf(tenant, 3)
  await wait(2_000)
  const { position } = await assertOne(other, tenant, dataset('a'))
  const size = async () => (await ledger.checkpoint(tenant))?.size
  // A second where nothing else goes on; all logs are looked at once a minute.
  await expect.poll(size, { timeout: 10_000 }).toBeGreaterThan(position.seq)
  await other.close()
})

it('finds what is to be signed without a look at what is not', async () => {
  const text = queries().find(({ name }) => name.startsWith('tenants whose log has grown'))!
  const operators = (await database.explain(text)).join()
  expect(operators).toContain('NodeIndexSeek')
  expect(operators).not.toMatch(/Scan/)
})
