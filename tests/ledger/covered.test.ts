import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { assertOne, dataset } from './support.ts'

const { ledger } = await testLedger('in the background')

const median = (of: readonly number[]) => of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)]!

it('covers a record by a published checkpoint within a second of its commit, also where writing never stops', async () => {
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
