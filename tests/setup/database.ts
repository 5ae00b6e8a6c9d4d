import { inject } from 'vitest'
import type { TestNeo4j } from './neo4j.ts'

/** The Neo4j of this test run; fails clearly where the run was told to start none. */
export function testNeo4j(): TestNeo4j {
  const neo4j = inject('neo4j')
  if (neo4j === null) {
    throw new Error('this test needs a Neo4j, and SELVEDGE_TEST_NO_DB told the run to start none')
  }
  return neo4j
}
