import { expect, it } from 'vitest'
import { openDatabase } from '../../lineage/graph.ts'
import { testNeo4j } from '../setup/database.ts'

it('answers to the credentials that were given', async () => {
  const database = openDatabase(testNeo4j())
  await database.verify()
  await database.close()
  expect(testNeo4j().uri).toMatch(/^bolt:/)
})
