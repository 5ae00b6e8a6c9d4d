import { join } from 'node:path'
import { afterAll } from 'vitest'
import { timeByBody } from '../../domains/openlineage/run-times.ts'
import { openEpoch } from '../../domains/restore/open-epoch.ts'
import { type Ledger, openLedger } from '../../ledger/ledger.ts'
import { openRegister } from '../../ledger/register.ts'
import { readLog } from '../../lineage/log.ts'
import { copyOf, erase, setBack } from '../ledger/copies.ts'
import { assertOne, dataset, rawDatabase } from '../ledger/support.ts'
import { freshTenant, SERVICE_NAME, type testLedger } from '../setup/ledger.ts'

/** Tenants whose database is set back, and what restores them. */
export function restoring({
  database,
  ledger,
  keys,
  home,
}: Pick<Awaited<ReturnType<typeof testLedger>>, 'database' | 'ledger' | 'keys' | 'home'>) {
  const raw = rawDatabase()
  const register = openRegister(join(home, 'register.sqlite'))
  const ends: (() => unknown)[] = [() => register.close()]
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })

  const writeMany = async (on: Ledger, tenant: string, prefix: string, count: number) => {
    for (let i = 0; i < count; i++) await assertOne(on, tenant, dataset(`${prefix} ${i}`))
  }

  /** Writes some leaves, and gives the checkpoint of all. */
  const writeSigned = async (tenant: string, prefix: string, count: number, on = ledger) => {
    await writeMany(on, tenant, prefix, count)
    return on.checkpointOf(tenant, (await headOf(tenant)).written)
  }

  const headOf = async (tenant: string) => (await readLog(database.graph(tenant).read))!

  return {
    raw,
    register,
    headOf,
    writeMany,
    writeSigned,
    newTenant: async () => {
      const tenant = await freshTenant(ledger)
      // Nobody else's ledger, which sweeps all tenants, shall stumble over it for ever.
      ends.push(() => erase(raw, tenant))
      return tenant
    },
    copyOf: (tenant: string) => copyOf(raw, tenant),
    setBack: (tenant: string, copy: Awaited<ReturnType<typeof copyOf>>) =>
      setBack(raw, tenant, copy),
    restore: (tenant: string, options = {}) =>
      openEpoch({ database, register, service: SERVICE_NAME, timeOf: timeByBody }, tenant, options),
    /** Another server on the same database; one that is not signing leaves that to others. */
    openAnother: async (signing: 'signing' | 'on demand' | 'not signing' = 'signing') => {
      const own = signing !== 'not signing' ? openRegister(join(home, 'register.sqlite')) : null
      const another = await openLedger({
        database,
        service: SERVICE_NAME,
        keys,
        register: own,
        ...(signing === 'on demand' && { signing }),
      })
      ends.push(async () => {
        await another.close()
        own?.close()
      })
      return another
    },
  }
}
