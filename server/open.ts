import { join } from 'node:path'
import { type Ledger, openLedger } from '../ledger/ledger.ts'
import { openRegister } from '../ledger/register.ts'
import { type Database, openDatabase } from '../lineage/graph.ts'
import { migrate } from '../lineage/migrations.ts'
import type { Config } from './config.ts'
import { openKeyring } from './keyring.ts'
import { type Neo4j, type ResolveOptions, resolveNeo4j } from './neo4j/find.ts'

/** Everything below HTTP, open and checked. */
export interface Service {
  neo4j: Neo4j
  database: Database
  ledger: Ledger
  keys: ReturnType<typeof openKeyring>
  /** Ends in the reverse order of opening: what was accepted is answered first. */
  close(): Promise<void>
}

/**
 * Finds Neo4j, brings it to the newest migration, and opens the ledger with the keys and the signing
 * register under the home directory.
 *
 * @param onError Told what fails in the background.
 * @throws {Problem} Where no Neo4j is found, or keys are not those of this database.
 */
export async function openService(
  config: Config,
  options: ResolveOptions & { onError?: (error: unknown) => void },
): Promise<Service> {
  const neo4j = await resolveNeo4j(config, options)
  const ends: (() => unknown)[] = [() => neo4j.stop()]
  const close = async () => {
    const failures: unknown[] = []
    for (const end of ends.splice(0).reverse()) {
      try {
        await end()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
  try {
    const database = openDatabase(neo4j)
    ends.push(() => database.close())
    await database.verify()
    await migrate(database)
    const keys = openKeyring(join(config.home, 'keys'))
    const register = config.signer ? openRegister(join(config.home, 'register.sqlite')) : null
    ends.push(() => register?.close())
    const ledger = await openLedger({
      database,
      service: config.service,
      keys,
      register,
      onError: options.onError,
    })
    ends.push(() => ledger.close())
    return { neo4j, database, ledger, keys, close }
  } catch (error) {
    // What went wrong first is what the caller must hear of.
    await close().catch(() => {})
    throw error
  }
}
