import { join } from 'node:path'
import { afterAll } from 'vitest'
import { type ErasureJournal, openErasureJournal } from '../../ledger/erasures.ts'
import type { Keys } from '../../ledger/keys.ts'
import { type Ledger, type LedgerOptions, openLedger } from '../../ledger/ledger.ts'
import { openRegister } from '../../ledger/register.ts'
import { type Database, type Graph, openDatabase, query } from '../../lineage/graph.ts'
import { migrate } from '../../lineage/migrations.ts'
import { unb64 } from '../../proofs/base64.ts'
import { openKeyring } from '../../server/keyring.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { testNeo4j } from './database.ts'

export const SERVICE_NAME = 'selvedge.test'

type Signing = LedgerOptions['signing']

/**
 * A migrated database and a ledger on it, which end with the test file. It signs when it is asked to,
 * so that a test can say which leaf stands where; one that is about signing signs in the background.
 */
export async function testLedger(signing: Signing = 'on demand'): Promise<{
  database: Database
  ledger: Ledger
  errors: unknown[]
  keys: Keys
  home: string
  journal: ErasureJournal
}> {
  const { home, ...connection } = testNeo4j()
  const database = openDatabase(connection)
  await migrate(database)
  const errors: unknown[] = []
  const keys = await openKeyring(join(home, 'keys'))
  const register = openRegister(join(home, 'register.sqlite'))
  // One of its own, so that no other file's ledger completes what this one has begun.
  const journal = openErasureJournal(join(home, `erasures-${crypto.randomUUID()}.sqlite`))
  const ledger = await openLedger({
    database: signing === 'on demand' ? unlisting(database) : database,
    service: SERVICE_NAME,
    keys,
    register,
    erasing: { journal, objects: openObjectFiles(join(home, 'objects')), pendingDays: 30 },
    signing,
    // Other files' tests damage their tenants on purpose, and every ledger sweeps all that are listed.
    onError: (error) => isOthers(error) || errors.push(error),
  })
  afterAll(async () => {
    await ledger.close()
    register.close()
    journal.close()
    await database.close()
  })
  return { database, ledger, errors, keys, home, journal }
}

const tenants: string[] = []

/** The tenants that tests are founding at this moment. */
const founding = new Set<string>()

const DELIST = query(`
  // leave a tenant off the list
  MATCH (entry:TenantEntry {tenant: $service, name: $tenant}) DELETE entry`)

/**
 * The database, where the tenants that tests found are on no list from the first: another file's ledger
 * sweeps all that are listed, and a state record of its making would move the positions of a test.
 */
const unlisting = (database: Database): Database => ({
  ...database,
  graph(tenant) {
    const graph = database.graph(tenant)
    return founding.has(tenant) ? offTheList(graph) : graph
  },
})

/** A graph whose tenant is on no list after whatever is written by it, as where one is restored. */
export const offTheList = (graph: Graph): Graph => ({
  ...graph,
  write: (work, timeoutMs) =>
    graph.write(async (transaction) => {
      const done = await work(transaction)
      await transaction.run(DELIST)
      return done
    }, timeoutMs),
})

/**
 * Whether an error says that it is of a log, and of none of this file's; or of a key, which are all held
 * here but for those that a test makes for itself.
 */
const isOthers = (error: unknown) => {
  const { code, details } = error as { code?: string; details?: { origin?: string } }
  if (code === 'KEY_NOT_HELD') return true
  const origin = details?.origin
  return origin !== undefined && !tenants.some((tenant) => origin.endsWith(`/${tenant}`))
}

/** A tenant of its own for each test, so that tests share a database and nothing else. */
export async function freshTenant(ledger: Ledger, prefix = 't'): Promise<string> {
  const tenant = `${prefix}-${process.pid}-${tenants.length}-${crypto.randomUUID().slice(0, 8)}`
  tenants.push(tenant)
  founding.add(tenant)
  await ledger.createTenant({ tenant, subject: 'test' })
  founding.delete(tenant)
  return tenant
}

/** The 32 bytes of the key that a tenant's log began with. */
export async function firstKey(ledger: Ledger, tenant: string): Promise<Uint8Array> {
  const { leaves } = await ledger.keys.ofLog(tenant)
  return unb64(leaves[0]!.x)
}
