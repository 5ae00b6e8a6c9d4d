import fc from 'fast-check'
import { expect, it } from 'vitest'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { events } from './arbitrary-events.ts'
import { expectedWorld } from './reference.ts'
import { currentWorld, sendSingly, sendTogether } from './world.ts'

const { database, ledger, errors } = await testLedger()

/** The same events in another order, some of them twice. */
const orders = events.chain((some) =>
  fc.record({
    some: fc.constant(some),
    first: fc.shuffledSubarray([...some, ...some], { minLength: some.length }),
    second: fc.shuffledSubarray(some, { minLength: some.length }),
  }),
)

it('leads to what the reference says, in any order, late, twice, alone or together', async () => {
  await fc.assert(
    fc.asyncProperty(orders, async ({ some, first, second }) => {
      const expected = expectedWorld(some)
      const [one, other] = [await freshTenant(ledger), await freshTenant(ledger)]
      await sendSingly(ledger, one, second)
      expect(await currentWorld(database, one)).toEqual(expected)
      await sendTogether(ledger, other, first)
      await sendTogether(ledger, other, second)
      expect(await currentWorld(database, other)).toEqual(expected)
    }),
    { numRuns: 30 },
  )
  expect(errors).toEqual([])
}, 300_000)
