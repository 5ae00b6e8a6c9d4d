import neo4j from 'neo4j-driver'
import { afterAll, expect, it } from 'vitest'
import { queries } from '../../lineage/graph.ts'
import { STATE_TREE, writePages } from '../../lineage/pages.ts'
import { testApp } from '../setup/app.ts'
import { testNeo4j } from '../setup/database.ts'

const { database } = await testApp()
const { uri, username, password } = testNeo4j()
const driver = neo4j.driver(uri, neo4j.auth.basic(username, password))
afterAll(() => driver.close())

interface Step {
  dbHits?: number
  children: Step[]
}
const hits = ({ dbHits = 0, children }: Step): number =>
  dbHits + children.reduce((sum, child) => sum + hits(child), 0)

/** What the database looks at, to do what a registered text says for the root of the state tree. */
async function looksAt(name: string, tenant: string, n: number) {
  const { text } = queries().find((one) => one.name === name)!
  const places = [{ tree: STATE_TREE, prefix: '' }]
  const { summary } = await driver.executeQuery(`PROFILE ${text}`, {
    tenant,
    places,
    n: neo4j.int(n),
    state: neo4j.int(n),
  })
  return hits(summary.profile as unknown as Step)
}

it.each(['end pages', 'pages at a state'])(
  '%s: costs the same, however many versions a place has had',
  async (name) => {
    const grow = async (tenant: string, versions: number) => {
      const page = { tree: STATE_TREE, prefix: '', bytes: 'AA', hash: 'AA' }
      await database.graph(tenant).write(async ({ run }) => {
        for (let n = 1; n <= versions; n++) await writePages(run, [page], n)
      })
    }
    const [young, old] = [`young-${name.length}`, `old-${name.length}`]
    await grow(young, 2)
    await grow(old, 200)

    expect(await looksAt(name, old, 201)).toBe(await looksAt(name, young, 3))
  },
)
