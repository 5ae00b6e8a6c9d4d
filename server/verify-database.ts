import type { Database } from '../lineage/graph.ts'
import type { Neo4j } from './neo4j/find.ts'
import { homeAt } from './neo4j/home.ts'
import { credentialsRefused, passwordWrong } from './neo4j/problems.ts'

/** As Neo4j tells that it does not know whoever asks; the second where they tried too often. */
const UNKNOWN_THERE = /^Neo\.ClientError\.Security\.(Unauthorized|AuthenticationRateLimit)$/

/**
 * Asks the database for an answer, before anything else is done with it.
 *
 * @throws {Problem} `DATABASE_UNAVAILABLE`, `NEO4J_PASSWORD_WRONG`, `NEO4J_CREDENTIALS_REFUSED`.
 */
export async function verifyDatabase(
  database: Database,
  { ours }: Pick<Neo4j, 'ours'>,
  { home }: { home: string },
): Promise<void> {
  await database.verify().catch((error: { code?: string }) => {
    if (!UNKNOWN_THERE.test(error.code ?? '')) throw error
    throw ours ? passwordWrong(homeAt(home).password, error) : credentialsRefused(error)
  })
}
