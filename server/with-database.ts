import { type Database, openDatabase } from '../lineage/graph.ts'
import type { Config } from './config.ts'
import { type ResolveOptions, resolveNeo4j } from './neo4j/find.ts'
import { verifyDatabase } from './verify-database.ts'

/**
 * Finds Neo4j, starting it where it is ours and does not run, and lets `work` look at the database.
 * Nothing is migrated, and no key or register is touched: this is for looking, not for writing.
 */
export async function withDatabase<T>(
  config: Config,
  options: ResolveOptions,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const neo4j = await resolveNeo4j(config, options)
  try {
    const database = openDatabase(neo4j)
    try {
      await verifyDatabase(database, neo4j, config)
      return await work(database)
    } finally {
      await database.close()
    }
  } finally {
    await neo4j.stop()
  }
}
