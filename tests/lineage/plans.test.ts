import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import neo4j from 'neo4j-driver'
import { afterAll, expect, it } from 'vitest'
import { queries } from '../../lineage/graph.ts'
import { testApp } from '../setup/app.ts'
import { testNeo4j } from '../setup/database.ts'

await testApp()
/** A text is registered where its module is loaded. */
for (const file of globSync('{lineage,ledger,domains,server}/**/*.ts')) {
  if (/uery(<[^(]*)?\(`/.test(readFileSync(file, 'utf8'))) await import(resolve(file))
}
const { uri, username, password } = testNeo4j()
const driver = neo4j.driver(uri, neo4j.auth.basic(username, password))
afterAll(() => driver.close())

/** There is one of each for a tenant, and who looks for them asks about all tenants. */
const ONE_A_TENANT = /\w+:(TenantEntry|Log)$/

interface Step {
  operatorType: string
  arguments: { Details?: string }
  children: Step[]
}

const steps = (step: Step): Step[] => [step, ...step.children.flatMap(steps)]

async function scansOf(text: string): Promise<string[]> {
  const names = [...text.matchAll(/\$(\w+)/g)].map(([, name]) => name!)
  const { summary } = await driver.executeQuery(
    `EXPLAIN ${text}`,
    Object.fromEntries(names.map((name) => [name, null])),
  )
  return steps(summary.plan as unknown as Step)
    .filter(({ operatorType }) =>
      /(AllNodes|NodeByLabel|RelationshipType|Index)Scan/.test(operatorType),
    )
    .map(({ arguments: { Details = '' } }) => Details)
    .filter((details) => !ONE_A_TENANT.test(details))
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

it('tells a text that looks through all nodes of a label', async () => {
  expect(await scansOf('MATCH (r:Record {tenant: $tenant, id: $id}) RETURN r')).toEqual([
    'r:Record',
  ])
})
