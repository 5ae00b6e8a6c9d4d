import { expect, it } from 'vitest'
import type { SigningKey } from '../../ledger/keys.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { unb64 } from '../../proofs/base64.ts'
import { leaves } from '../ledger/support.ts'
import { makeKey } from '../make/keys.ts'
import { SERVICE_NAME, testLedger } from '../setup/ledger.ts'

const { database, keys } = await testLedger()

it('begins a log with the newest key, also where that came while the tenant was founded', async () => {
  const { kid, x, sign } = makeKey('an older key')
  const old: SigningKey = { use: 'manifest', kid, publicKey: unb64(x), sign: async (m) => sign(m) }
  let asked = 0
  const ledger = await openLedger({
    database,
    service: SERVICE_NAME,
    keys: {
      ...keys,
      async find(wanted) {
        const key = await keys.find(wanted)
        if (key?.use !== 'manifest') return key
        asked += 1
        // What was the newest when it was looked up, and is not any more.
        return asked === 1 ? old : key
      },
    },
    register: null,
  })
  const tenant = `founded-${crypto.randomUUID()}`
  await ledger.createTenant({ tenant, subject: 'test' })
  await ledger.close()
  expect(asked).toBe(2)
  const [, manifest] = await leaves(database, tenant, 0)
  expect(manifest).toMatchObject({ use: 'manifest', event: 'add' })
  expect(manifest).not.toMatchObject({ kid })
})
