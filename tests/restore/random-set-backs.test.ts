import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import type { Known } from '../../ledger/register-epochs.ts'
import { readLeaves } from '../../lineage/log.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { expectClean } from '../ledger/support.ts'
import { SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { restoring } from './support.ts'

const test = await testLedger()
const { database, ledger } = test
const { newTenant, writeMany, copyOf, setBack, restore, headOf, register, openAnother } =
  restoring(test)

type Step =
  | { do: 'write'; count: number }
  | { do: 'sign' }
  | { do: 'copy' }
  /** Sets the database back to a copy, has an unaware server write to it, and restores it. */
  | { do: 'set back'; copy: number; other: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sign' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('copy' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('set back' as const),
      copy: fc.nat({ max: 9 }),
      other: fc.constantFrom(0, 0, 2),
    }),
  },
)

const leavesOf = async (tenant: string) =>
  (await readLeaves(database.graph(tenant).read, 0, 10_000)).map(({ leaf }) => leaf)

const common = (a: readonly string[], b: readonly string[]) => {
  const differs = a.findIndex((leaf, i) => leaf !== b[i])
  return differs < 0 ? a.length : differs
}

async function knownOf(tenant: string): Promise<Known> {
  let known: Known | undefined
  await register.openEpoch({ service: SERVICE_NAME, tenant }, async (told) => {
    const { epochs } = told
    const origins = [`${SERVICE_NAME}/${tenant}`, ...epochs.map(({ origin }) => origin)]
    const signed = new Map(origins.map((origin) => [origin, told.signed(origin)]))
    known = { epochs, last: told.last, signed: (origin) => signed.get(origin)! }
    return null
  })
  return known!
}

it('keeps what it promised through any set-backs and restores', async () => {
  let restored = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 14 }), async (steps) => {
      const tenant = await newTenant()
      /** The longest that each origin's log ever was. */
      const histories = new Map<string, string[]>()
      const look = async () => {
        const [head, leaves] = [await headOf(tenant), await leavesOf(tenant)]
        const before = histories.get(head.origin) ?? []
        expect(common(before, leaves), 'an origin has one history').toBe(
          Math.min(before.length, leaves.length),
        )
        if (leaves.length > before.length) histories.set(head.origin, leaves)
        return { head, leaves }
      }
      await ledger.checkpointOf(tenant, 3)
      const copies = [await copyOf(tenant)]
      let server = ledger
      let named = 0
      for (const told of steps) {
        named += 1
        if (told.do === 'write') await writeMany(server, tenant, `${named}`, told.count)
        if (told.do === 'sign') await server.checkpointOf(tenant, (await headOf(tenant)).written)
        if (told.do === 'copy') copies.push(await copyOf(tenant))
        if (told.do === 'set back') {
          const before = await headOf(tenant)
          await setBack(tenant, copies[told.copy % copies.length]!)
          // What is unsigned may go another way: nobody was promised it.
          for (const [origin, leaves] of histories) {
            const last = await register.last(origin)
            histories.set(origin, leaves.slice(0, last?.size ?? 0))
          }
          await writeMany(await openAnother('not signing'), tenant, `other ${named}`, told.other)
          const { outcome } = await restore(tenant, { dropUnsigned: true })
          // One that has seen more, which was signed by nobody, goes on refusing until it is started anew.
          server = await openAnother('on demand')
          if (outcome === 'opened') {
            restored += 1
            expect((await headOf(tenant)).epoch).toBe(before.epoch + 1)
          }
        }
        await look()
      }
      await server.checkpointOf(tenant, (await headOf(tenant)).written)
      const { head, leaves } = await look()
      const known = await knownOf(tenant)
      for (const [origin, history] of histories) {
        for (const { size, root } of known.signed(origin)) {
          const hashes = history.slice(0, size).map((leaf) => unb64(leaf))
          expect(b64(rootOf(sha256, hashes)), `${origin} at ${size}`).toBe(root)
        }
      }
      for (const [epoch, kept] of head.kept.entries()) {
        const origin =
          epoch === 0 ? `${SERVICE_NAME}/${tenant}` : `${SERVICE_NAME}/${tenant}/${epoch}`
        expect(common(histories.get(origin) ?? [], leaves)).toBeGreaterThanOrEqual(
          Math.min(kept, histories.get(origin)?.length ?? 0),
        )
      }
      expect(head.kept).toHaveLength(head.epoch)
      expect(known.epochs).toHaveLength(head.epoch)
      await expectClean(database, tenant)
    }),
    { numRuns: 12, endOnFailure: true },
  )
  // How often is left to chance; never would show nothing.
  expect(restored).toBeGreaterThan(0)
}, 400_000)
