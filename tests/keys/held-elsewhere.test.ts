import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { SigningKey } from '../../ledger/keys.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { readLog } from '../../lineage/log.ts'
import { assertOne, dataset, expectClean, leaves } from '../ledger/support.ts'
import { SERVICE_NAME, testLedger } from '../setup/ledger.ts'

const { database, ledger, keys } = await testLedger()

/** A server whose keys another program holds: it answers in its own time, or not at all. */
async function openWith(sign: (key: SigningKey, message: Uint8Array) => Promise<Uint8Array>) {
  const held = (key: SigningKey): SigningKey => ({ ...key, sign: (message) => sign(key, message) })
  return openLedger({
    database,
    service: SERVICE_NAME,
    keys: {
      ...keys,
      list: async () => (await keys.list()).map(held),
      async find(kid) {
        const key = await keys.find(kid)
        return key && held(key)
      },
    },
    register: null,
  })
}

const freshName = () => `held-${crypto.randomUUID()}`

it('founds a tenant by keys that take their time', async () => {
  const on = await openWith(async (key, message) => {
    await wait(1_000)
    return key.sign(message)
  })
  const tenant = freshName()
  const { position } = await on.createTenant({ tenant, subject: 'test' })
  expect(position.seq).toBe(3)
  const first = (await leaves(database, tenant, 0)).slice(0, 3)
  expect(first.map(({ v }) => v)).toEqual(['selvedge/key/1', 'selvedge/key/1', 'selvedge/record/1'])
  await assertOne(ledger, tenant, dataset('a'))
  await expectClean(database, tenant)
  await on.close()
})

it('founds nothing where a key does not sign, and says why', async () => {
  const on = await openWith(() => Promise.reject(new Error('the card is not in its reader')))
  const tenant = freshName()
  await expect(on.createTenant({ tenant, subject: 'test' })).rejects.toThrow('not in its reader')
  expect(await readLog(database.graph(tenant).read)).toBeUndefined()
  await on.close()
})
