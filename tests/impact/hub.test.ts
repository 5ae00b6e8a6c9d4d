import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type HopBy, type HopRow, hopDownstream } from '../../lineage/downstream.ts'
import type { Ask } from '../../lineage/graph.ts'
import { edge, node, seedWorld } from '../make/world.ts'
import { type Answer, testApp } from '../setup/app.ts'
import { impactWorld, lengths } from './arbitrary.ts'
import { IMPACT, type ImpactAnswer } from './asking.ts'
import { seedImpact } from './world.ts'

const test = await testApp()
const newTenant = () => `t-${crypto.randomUUID()}`
const BY: HopBy[] = ['CARRYING', 'LICENSED_UNDER', 'HAS_CLAUSE', 'DESCRIBED_BY', 'ASSESSED_BY']
const STOPPING = ['LICENSED_UNDER', 'DESCRIBED_BY', 'ASSESSED_BY'] as const

const plain = ({ id, from, about }: HopRow) => ({ id, from: from.sort(), about: about.sort() })

/** A hop of which all is found among the ids in order, some of them at a time. */
async function fromItsEnd(
  read: Ask,
  asked: Parameters<typeof hopDownstream>[1],
  { order, among }: { order: readonly string[]; among: number },
) {
  const found: HopRow[] = []
  for (let at = 0; at < order.length; at += among) {
    const after = order[at - 1] ?? ''
    const rows = await hopDownstream(read, asked, { after, most: 1, among })
    const looked = order.slice(at, at + among)
    for (const { id } of rows) expect(looked).toContain(id)
    found.push(...rows)
  }
  return found.map(plain)
}

it('finds by its other end what a hop comes to, from wherever it was asked', async () => {
  let found = 0
  await fc.assert(
    fc.asyncProperty(
      impactWorld,
      impactWorld,
      lengths,
      fc.integer({ min: 6, max: 12 }),
      async (world, other, n, among) => {
        const tenant = newTenant()
        await seedImpact(test.database, tenant, world)
        await seedImpact(test.database, `${tenant}-b`, other)
        const { read } = test.database.graph(tenant)
        const order = [...world.said.keys()].sort()
        for (const by of BY) {
          const asked = { by, ids: [...order].reverse(), stopping: STOPPING, n }
          const rows = (await hopDownstream(read, asked, { after: '', most: 1_000 })).map(plain)
          expect(await fromItsEnd(read, asked, { order, among })).toEqual(rows)
          found += rows.length
        }
      },
    ),
    { numRuns: 5, endOnFailure: true },
  )
  expect(found).toBeGreaterThan(30)
}, 240_000)

it('tells how many edges lead to what another hop may go from, where all of a hop came', async () => {
  const tenant = newTenant()
  const [root, near, other, ...far] = [0, 1, 2, 3, 4].map((i) => node(i, i))
  const nodes = [root!, near!, other!, ...far]
  const edges = [edge(near!, root!), edge(other!, root!), ...far.map((one) => edge(one, near!))]
  await seedWorld(test.database, tenant, { size: 9, nodes, edges })
  const { read } = test.database.graph(tenant)
  const asked = { by: 'CARRYING' as const, ids: [root!.id], stopping: [], n: 9 }
  const degrees = async (most: number, goesOn: boolean) =>
    (await hopDownstream(read, asked, { after: '', most, goesOn })).map(({ degree }) => degree)

  expect(await degrees(3, true)).toEqual([2, 0])
  expect(await degrees(2, true)).toEqual([0, 0])
  expect(await degrees(3, false)).toEqual([0, 0])
})

/** Above what is taken for wide, and seeded in parts. */
const HUB = 5_200
const PART = 1_300
const FIRST = 400

it('tells pages of a hub without looking at all that it leads to', async () => {
  const tenant = newTenant()
  const [hub, ...rest] = Array.from({ length: HUB + 1 }, (_, i) => node(i, i))
  const edges = rest.map((one) => edge(one, hub!))
  await seedWorld(test.database, tenant, { size: HUB + 1, nodes: [hub!], edges: [] })
  for (let at = 0; at < HUB; at += PART) {
    const [nodes, some] = [rest.slice(at, at + PART), edges.slice(at, at + PART)]
    await seedWorld(test.database, tenant, { size: HUB + 1, nodes, edges: some })
  }
  const told: string[] = []
  test.reads()
  for (let after: string | null = null, pages = 0; pages < 3; pages++) {
    const variables: Record<string, unknown> = {
      id: hub!.id,
      change: 'RETIRE',
      first: FIRST,
      after,
    }
    const answer: Answer<ImpactAnswer> = await test.ask(IMPACT, { tenant, variables })
    expect(answer.errors).toBeUndefined()
    const { nodes, pageInfo } = answer.data.impact
    told.push(...nodes.map(({ entity }) => entity.id))
    after = pageInfo.endCursor
  }
  const sorted = rest.map(({ id }) => id).sort()
  expect(told).toEqual(sorted.slice(0, 3 * FIRST))
  expect(test.reads()).not.toContain('hop of impact carrying')
}, 240_000)
