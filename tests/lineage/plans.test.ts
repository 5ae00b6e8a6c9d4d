import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import neo4j from 'neo4j-driver'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { queries } from '../../lineage/graph.ts'
import { newestRecordFirst } from '../../lineage/index-order.ts'
import { testApp } from '../setup/app.ts'
import { testNeo4j } from '../setup/database.ts'

await testApp()
/** A text is registered where its module is loaded. */
for (const file of globSync('{lineage,ledger,domains,server}/**/*.ts')) {
  if (/uery(<[^(]*)?\(`/.test(readFileSync(file, 'utf8'))) await import(resolve(file))
}
const { uri, username, password } = testNeo4j()
const driver = neo4j.driver(uri, neo4j.auth.basic(username, password))
const FILLER = `plans-${crypto.randomUUID().slice(0, 8)}/`
const TENANTS = 20
const NODES = 2_000

/**
 * Nodes of every label, of tenants of their own that are on no list: a database that has next to none
 * of a label is right to read them all, and which labels those are goes by the tests that ran before.
 */
beforeAll(async () => {
  const { records } = await driver.executeQuery(
    `SHOW INDEXES YIELD type, entityType, labelsOrTypes, properties
     WHERE type = 'RANGE' AND entityType = 'NODE' AND NOT labelsOrTypes[0] ENDS WITH 'Lock'
     RETURN labelsOrTypes[0] AS label, collect(properties) AS indexed`,
  )
  for (const record of records) {
    const others = [...new Set((record.get('indexed') as string[][]).flat())].filter(
      (property) => property !== 'tenant',
    )
    await driver.executeQuery(
      `UNWIND range(1, $nodes) AS i
       CREATE (n:${record.get('label')} {tenant: $filler + CASE WHEN $each THEN i ELSE i % $tenants END})
       SET ${['n.filler = true', ...others.map((property) => `n.${property} = i`)].join(', ')}`,
      {
        ...{ filler: FILLER, nodes: neo4j.int(NODES), tenants: neo4j.int(TENANTS) },
        // Where nothing else tells them apart, there is one for each tenant.
        each: !others.some((property) => property !== 'unsigned'),
      },
    )
  }
  await driver.executeQuery('CALL db.prepareForReplanning(300)')
}, 240_000)

afterAll(async () => {
  await driver.executeQuery('MATCH (n) WHERE n.tenant STARTS WITH $filler DETACH DELETE n', {
    filler: FILLER,
  })
  await driver.close()
}, 240_000)

/** There is one of each for a tenant, and who looks for them asks about all tenants. */
const ONE_A_TENANT = /\w+:(TenantEntry|Log)$/

interface Step {
  operatorType: string
  arguments: { Details?: string }
  children: Step[]
}

const steps = (step: Step): Step[] => [step, ...step.children.flatMap(steps)]

async function planOf(text: string): Promise<Step> {
  const names = [...text.matchAll(/\$(\w+)/g)].map(([, name]) => name!)
  const { summary } = await driver.executeQuery(
    `EXPLAIN ${text}`,
    Object.fromEntries(names.map((name) => [name, null])),
  )
  return summary.plan as unknown as Step
}

async function scansOf(text: string): Promise<string[]> {
  return steps(await planOf(text))
    .filter(({ operatorType }) =>
      /(AllNodes|NodeByLabel|RelationshipType|Index)Scan/.test(operatorType),
    )
    .map(({ arguments: { Details = '' } }) => Details)
    .filter((details) => !ONE_A_TENANT.test(details))
}

const LIMITED = /^Top/
const SOUGHT = /IndexSeek/
const PASSED_ON = /^(Projection|Filter|CacheProperties|Eager)@/

/** What is found by an index for a `LIMIT`, and is all read and sorted for it, though the index has an order. */
async function sortedOf(text: string): Promise<string[]> {
  const source = (step: Step): Step =>
    PASSED_ON.test(step.operatorType) && step.children.length === 1
      ? source(step.children[0]!)
      : step
  return steps(await planOf(text))
    .filter(({ operatorType }) => LIMITED.test(operatorType))
    .map(({ children }) => source(children[0]!))
    .filter(({ operatorType }) => SOUGHT.test(operatorType))
    .map(({ arguments: { Details = '' } }) => Details)
}

/** Of texts that differ in nothing but how many hops they go, these stand for all. */
const HOPS = [0, 1, 2, 20, 21]
const standsForItself = ({ name }: { name: string }) => {
  const [, hops] = / within (\d+) hops$/.exec(name) ?? []
  return hops === undefined || HOPS.includes(Number(hops))
}

it('finds every node of a tenant by an index, whatever other tenants have', async () => {
  const scans: Record<string, string[]> = {}
  for (const { text } of queries().filter(standsForItself)) {
    const found = await scansOf(text)
    if (found.length > 0) scans[text] = found
  }
  expect(queries().length).toBeGreaterThan(100)
  expect(scans).toEqual({})
}, 240_000)

it('reads no more of an index than is asked for, and in its order', async () => {
  const sorted: Record<string, string[]> = {}
  for (const { text } of queries().filter(standsForItself)) {
    if (!text.includes('LIMIT')) continue
    const found = await sortedOf(text)
    if (found.length > 0) sorted[text] = found
  }
  expect(sorted).toEqual({})
}, 240_000)

it('tells a text that reads all of an index and sorts it', async () => {
  const newest = (order: string) =>
    sortedOf(
      `MATCH (r:Record {tenant: $tenant, id: $id}) WHERE r.seq < $n RETURN r ${order} LIMIT 1`,
    )

  expect(await newest('ORDER BY r.seq DESC')).toHaveLength(1)
  expect(await newest(newestRecordFirst('r'))).toEqual([])
})

it('tells a text that looks through all nodes of a label', async () => {
  expect(await scansOf('MATCH (r:Record {tenant: $tenant, id: $id}) RETURN r')).toEqual([
    'r:Record',
  ])
})
