import type { Config } from '../config.ts'

/** The Neo4j that NEO4J_URI names: used as it is, never started or stopped. */
export function givenNeo4j({ neo4jUri, neo4jUsername, neo4jPassword }: Config) {
  if (neo4jUri === null) return null
  return { uri: neo4jUri, username: neo4jUsername, password: neo4jPassword }
}
