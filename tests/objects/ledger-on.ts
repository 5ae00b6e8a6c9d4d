import { join } from 'node:path'
import { v7 as uuidv7 } from 'uuid'
import { afterAll } from 'vitest'
import type { Objects } from '../../core/objects.ts'
import { openErasureJournal } from '../../ledger/erasures.ts'
import type { Keys } from '../../ledger/keys.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { openRegister } from '../../ledger/register.ts'
import type { Database } from '../../lineage/graph.ts'
import { SERVICE_NAME } from '../setup/ledger.ts'

/** A ledger whose erasures delete from a store; its tenant is listed, as those of an operator are. */
export async function ledgerOn(
  { database, keys, home }: { database: Database; keys: Keys; home: string },
  objects: Objects,
) {
  const register = openRegister(join(home, 'register.sqlite'))
  const journal = openErasureJournal(join(home, `erasures-${crypto.randomUUID()}.sqlite`))
  const ledger = await openLedger({
    database,
    service: SERVICE_NAME,
    keys,
    register,
    erasing: { journal, objects, pendingDays: 0 },
    signing: 'on demand',
  })
  const found = async () => {
    const tenant = `objects-${crypto.randomUUID().slice(0, 8)}`
    await ledger.createTenant({ tenant, subject: 'test' })
    return tenant
  }
  const tenant = await found()
  afterAll(async () => {
    await ledger.close()
    register.close()
    journal.close()
  })
  const erase = (entity: string, of = tenant) =>
    ledger.erase({
      tenant: of,
      subject: 'dpo',
      request: `erase ${entity}`,
      because: { id: `urn:selvedge:erasure:${uuidv7()}`, ground: 'objection', reason: 'case 7' },
      what: { entity },
    })
  return { ledger, journal, tenant, erase, found }
}
