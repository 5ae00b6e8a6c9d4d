import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../lineage/graph.ts'
import { DESIGN } from '../../lineage/kinds.ts'
import { migrate } from '../../lineage/migrations.ts'
import { MOST_COUNTED, type Neighbourhood, readNeighbourhood } from '../../lineage/neighbourhood.ts'
import { DIRECTIONS, type Direction } from '../../lineage/traversal-texts.ts'
import { edge, node, seedWorld, type World, type WorldEdge } from '../make/world.ts'
import { testNeo4j } from '../setup/database.ts'
import { arbitraryWorld } from './arbitrary-world.ts'
import { canonicalByHand } from './reference.ts'

let database: Database
beforeAll(async () => {
  database = openDatabase(testNeo4j())
  await migrate(database)
})
afterAll(() => database.close())

async function seeded(world: World) {
  const tenant = `t-${crypto.randomUUID()}`
  await seedWorld(database, tenant, world)
  return database.graph(tenant).read
}

interface Asked {
  root: string
  direction: Direction
  first: number
  n: number | null
  shown?: string[]
}

async function allPages(
  read: Awaited<ReturnType<typeof seeded>>,
  { n, shown = [], ...asked }: Asked,
) {
  const pages: Neighbourhood[] = []
  let after: string | undefined
  do {
    const page = (await readNeighbourhood(read, { ...asked, after, shown }, n))!
    pages.push(page)
    after = page.neighbours.at(-1)?.entity.id
  } while (pages.at(-1)!.more && pages.length < 100)
  return pages
}

const told = ({ relation, from, to, since }: WorldEdge | Neighbourhood['edges'][number]) =>
  `${since} ${relation} ${from} ${to}`
const idsOf = (pages: Neighbourhood[]) =>
  pages.flatMap(({ neighbours }) => neighbours.map(({ entity }) => entity.id))

describe('generated worlds', () => {
  it('has every neighbour once, with its own edges counted, and the edges of what is shown', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryWorld,
        fc.constantFrom(...DIRECTIONS),
        fc.constantFrom(1, 2, 50),
        fc.nat(13),
        fc.array(fc.nat(13), { maxLength: 4 }),
        fc.nat(),
        async (world, direction, first, at, others, late) => {
          const read = await seeded(world)
          const idAt = (i: number) => world.nodes[i % world.nodes.length]!.id
          const n = world.nodes.length + (late % (world.size - world.nodes.length + 1))
          const shown = others.map(idAt)
          const known = world.edges.filter(
            ({ relation, since, until }) => DESIGN.includes(relation) && since < n && until >= n,
          )
          const root = canonicalByHand(world, idAt(at), n)
          const ups = known.filter(({ from }) => from === root).map(({ to }) => to)
          const downs = known.filter(({ to }) => to === root).map(({ from }) => from)
          const around = {
            UPSTREAM: ups,
            DOWNSTREAM: downs,
            BOTH: [...ups, ...downs],
          }[direction].filter((id) => id !== root)

          const pages = await allPages(read, { root: idAt(at), direction, first, n, shown })

          expect(pages.every((page) => page.root?.entity.id === root)).toBe(true)
          expect(idsOf(pages)).toEqual([...new Set(around)].sort())
          for (const page of pages) {
            const here = page.neighbours.map(({ entity }) => entity.id)
            const drawn = [root, ...here, ...shown]
            const edges = known.filter(
              ({ from, to }) =>
                drawn.includes(from) &&
                drawn.includes(to) &&
                (here.includes(from) ||
                  here.includes(to) ||
                  (page === pages[0] && from === root && to === root)),
            )
            expect(page.edges.map(told).sort()).toEqual(edges.map(told).sort())
            for (const { entity, upstream, downstream } of [page.root!, ...page.neighbours]) {
              expect(upstream.count).toBe(known.filter(({ from }) => from === entity.id).length)
              expect(downstream.count).toBe(known.filter(({ to }) => to === entity.id).length)
            }
          }
        },
      ),
      { numRuns: 15 },
    )
  }, 240_000)
})

const [a, b, c] = [node(1, 1), node(2, 2), node(3, 3)] as const

it('answers what this tenant does not have with no root, and another tenant with nothing', async () => {
  const read = await seeded({ size: 9, nodes: [a], edges: [] })
  const ask = { root: b.id, direction: 'BOTH', first: 5, shown: [] } as const
  expect(await readNeighbourhood(read, ask, null)).toMatchObject({
    root: undefined,
    neighbours: [],
    edges: [],
    more: false,
  })
  const nobody = database.graph(`t-${crypto.randomUUID()}`).read
  expect(await readNeighbourhood(nobody, ask, null)).toBeUndefined()
})

it('shows nothing of what is said to be shown and is not there, or not yet', async () => {
  const late = node(3, 8)
  const read = await seeded({
    size: 9,
    nodes: [a, b, late],
    edges: [edge(b, a, 5), edge(late, a, 8)],
  })
  const ask = { root: b.id, direction: 'UPSTREAM', first: 5, shown: [late.id, c.id, 'x'] } as const
  const told_ = async (n: number) =>
    (await readNeighbourhood(read, ask, n))!.edges.map(({ from }) => from)
  expect(await told_(8)).toEqual([b.id])
  expect(await told_(9)).toEqual([b.id, late.id].sort())
})

describe('a hub of 10,000 edges', () => {
  const leaves = Array.from({ length: 10_000 }, (_, i) => node(10_000 + i, 10 + i))
  const edges = leaves.map((leaf) => edge(leaf, a, 20_000))
  const beside = edge(leaves[7]!, leaves[3]!, 20_000)
  let read: Awaited<ReturnType<typeof seeded>>
  beforeAll(async () => {
    read = await seeded({
      size: 30_000,
      nodes: [a, b, ...leaves],
      edges: [...edges, beside, edge(a, b, 20_000)],
    })
  }, 60_000)

  it('is paged through: each neighbour once, none left out, each with the edge that leads there', async () => {
    const pages = await allPages(read, { root: a.id, direction: 'DOWNSTREAM', first: 200, n: null })
    expect(pages).toHaveLength(50)
    expect(idsOf(pages)).toEqual(leaves.map(({ id }) => id))
    expect(pages.flatMap((page) => page.edges.map(told)).sort()).toEqual(
      [...edges, beside].map(told).sort(),
    )
  }, 60_000)

  it('is told as more than are counted, from itself and from its neighbours', async () => {
    const many = { count: MOST_COUNTED, more: true }
    const ask = { direction: 'UPSTREAM', first: 5, shown: [] } as const
    const hub = (await readNeighbourhood(read, { ...ask, root: a.id }, null))!
    expect(hub.root).toMatchObject({ downstream: many, upstream: { count: 1, more: false } })
    const leaf = (await readNeighbourhood(read, { ...ask, root: leaves[0]!.id }, null))!
    expect(leaf.neighbours).toMatchObject([{ entity: { id: a.id }, downstream: many }])
  })

  it('counts exactly up to the most that is counted', async () => {
    const at = (leavesThen: number, root: World['nodes'][0]) =>
      seeded({
        size: 30_000,
        nodes: [root, ...leaves.slice(0, leavesThen)],
        edges: leaves.slice(0, leavesThen).map((leaf) => edge(leaf, root, 20_000)),
      })
    const ask = { root: a.id, direction: 'UPSTREAM', first: 1, shown: [] } as const
    for (const [size, more] of [
      [MOST_COUNTED, false],
      [MOST_COUNTED + 1, true],
    ] as const) {
      const found = await readNeighbourhood(await at(size, a), ask, null)
      expect(found!.root!.downstream).toEqual({ count: MOST_COUNTED, more })
    }
  })
})
