import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../lineage/graph.ts'
import { migrate } from '../../lineage/migrations.ts'
import { distanceQuery, layersQuery } from '../../lineage/path-texts.ts'
import {
  MOST_PATH_EDGES,
  type PathsPage,
  pathsCursor,
  readPaths,
  readPathsCursor,
} from '../../lineage/paths.ts'
import { rankPaths } from '../../lineage/paths-by-rank.ts'
import { MOST_HOPS } from '../../lineage/traversal-texts.ts'
import { edge, node, seedWorld, type World, type WorldEdge } from '../make/world.ts'
import { testNeo4j } from '../setup/database.ts'
import { arbitraryWorld } from './arbitrary-world.ts'
import { pathsByHand } from './reference.ts'

let database: Database
beforeAll(async () => {
  database = openDatabase(testNeo4j())
  await migrate(database)
})
afterAll(() => database.close())

async function seeded(world: World) {
  const tenant = `t-${crypto.randomUUID()}`
  await seedWorld(database, tenant, world)
  return { tenant, read: database.graph(tenant).read }
}

interface Asked {
  from: string
  to: string
  depth: number
  n: number | null
}

/** All pages, each asked for by the cursor that the one before it gave. */
async function allPages(tenant: string, { n, ...asked }: Asked, first: number) {
  const question = { tenant, ...asked }
  const pages: PathsPage[] = []
  let [start, pinned] = [0n, n]
  do {
    const page = (await readPaths(database.graph(tenant).read, asked, { first, start }, pinned))!
    pages.push(page)
    const next = start + BigInt(page.paths.length)
    if (next >= page.total) return pages
    const cursor = readPathsCursor(
      question,
      pathsCursor(question, { epoch: page.epoch, seq: page.n }, next),
    )
    start = cursor.start
    pinned = cursor.position.seq
  } while (pages.length < 300)
  throw new Error('the pages do not end')
}

type Hop = Pick<WorldEdge, 'relation' | 'from' | 'to' | 'since'>
const told = ({ relation, from, to, since }: Hop) => `${since} ${relation} ${from} ${to}`
const pathsOf = (pages: PathsPage[]) =>
  pages.flatMap(({ paths }) => paths.map(({ hops }) => hops.map(told)))

/**
 * Worlds with long ways: most edges lead to one of the next few nodes, so that ends are many hops apart,
 * with several ways of the same length between them; some lead anywhere, back or to themselves.
 */
const longWorld: fc.Arbitrary<World> = fc.integer({ min: 6, max: 12 }).chain((count) => {
  const nodes = Array.from({ length: count }, (_, i) => node(i, i))
  const near = fc.tuple(fc.nat(count - 1), fc.integer({ min: 1, max: 2 }))
  const nearby = near.map(([from, by]) => [from, Math.min(from + by, count - 1)])
  const anywhere = fc.tuple(fc.nat(count - 1), fc.nat(count - 1))
  const ends = fc.oneof({ weight: 9, arbitrary: nearby }, { weight: 1, arbitrary: anywhere })
  const relation = fc.constantFrom('WAS_DERIVED_FROM' as const, 'USED' as const)
  return fc
    .uniqueArray(fc.tuple(ends, relation), {
      minLength: 2 * count,
      maxLength: 40,
      selector: ([[from, to], rel]) => `${from} ${to} ${rel}`,
    })
    .map((made) => ({
      size: count + made.length,
      nodes,
      edges: made.map(([[from, to], rel], i) => ({
        ...edge(nodes[from!]!, nodes[to!]!, count + i),
        relation: rel,
      })),
    }))
})

describe('generated worlds', () => {
  const asked = fc.record({
    depth: fc.constantFrom(0, 1, 3, 20, 20),
    first: fc.constantFrom(2, 100),
    from: fc.nat(13),
    to: fc.nat(13),
    n: fc.option(fc.nat(), { freq: 2 }),
  })

  it('finds just the shortest paths that a search by hand finds, in their order, on pages of any size', async () => {
    let longest = 0
    let most = 0
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(arbitraryWorld, longWorld),
        fc.array(asked, { minLength: 5, maxLength: 5 }),
        async (world, questions) => {
          const { tenant } = await seeded(world)
          for (const { depth, first, ...by } of questions) {
            const from = world.nodes[by.from % world.nodes.length]!.id
            const to = world.nodes[by.to % world.nodes.length]!.id
            const spare = world.size - world.nodes.length
            const n = world.nodes.length + (by.n === null ? spare : by.n % (spare + 1))
            const expected = pathsByHand(world, { from, to, depth, n })
            const pages = await allPages(tenant, { from, to, depth, n }, first)
            expect(pathsOf(pages)).toEqual(expected.map((path) => path.map(told)))
            expect(pages[0]!.total).toBe(BigInt(expected.length))
            expect(pages[0]!.distance).toBe(expected[0]?.length ?? null)
            longest = Math.max(longest, expected[0]?.length ?? 0)
            most = Math.max(most, expected.length)
          }
        },
      ),
      { numRuns: 20 },
    )
    // What was compared is not all trivial.
    expect(longest).toBeGreaterThan(3)
    expect(most).toBeGreaterThan(1)
  }, 240_000)
})

describe('worlds by hand', () => {
  const [a, b, c, d] = [node(1, 1), node(2, 2), node(3, 3), node(4, 4)] as const
  const ask = { from: d.id, to: a.id, depth: 20 }
  const page = { first: 10, start: 0n }

  it('counts two relations between the same two as two paths', async () => {
    const edges = [edge(d, a, 5), { ...edge(d, a, 6), relation: 'USED' as const }]
    const { tenant } = await seeded({ size: 9, nodes: [a, d], edges })
    const [answer] = await allPages(tenant, { ...ask, n: null }, 10)
    expect(answer).toMatchObject({ distance: 1, total: 2n })
    expect(pathsOf([answer!])).toEqual([...edges].reverse().map((one) => [told(one)]))
  })

  it('walks upstream alone, and not over what is in force no more', async () => {
    const edges = [edge(a, d, 5), { ...edge(d, a, 5), until: 6 }, edge(d, b, 5), edge(c, b, 5)]
    const { read } = await seeded({ size: 9, nodes: [a, b, c, d], edges })
    expect(await readPaths(read, ask, page, null)).toMatchObject({ distance: null, total: 0n })
    expect(await readPaths(read, ask, page, 6)).toMatchObject({ distance: 1, total: 1n })
    expect(await readPaths(read, { ...ask, to: c.id }, page, null)).toMatchObject({ total: 0n })
  })

  it('has one path of no hop from an entity to itself, whatever circles there are', async () => {
    const edges = [edge(a, a, 5), edge(a, b, 5), edge(b, a, 5)]
    const { read } = await seeded({ size: 9, nodes: [a, b], edges })
    const answer = await readPaths(read, { from: a.id, to: a.id, depth: 0 }, page, null)
    expect(answer).toMatchObject({ distance: 0, total: 1n, paths: [{ hops: [] }] })
  })

  it('answers an end that this tenant does not have, or not yet, with null', async () => {
    const { read } = await seeded({ size: 9, nodes: [a, d], edges: [edge(d, a, 5)] })
    const missing = await readPaths(read, { ...ask, to: b.id }, page, null)
    expect(missing).toMatchObject({ from: d.id, to: null, distance: null })
    expect(await readPaths(read, ask, page, 3)).toMatchObject({ from: null, to: a.id })
    const nobody = database.graph(`t-${crypto.randomUUID()}`).read
    expect(await readPaths(nobody, ask, page, null)).toBeUndefined()
  })

  it('goes no further than the depth', async () => {
    const edges = [edge(d, c, 5), edge(c, b, 5), edge(b, a, 5)]
    const { read } = await seeded({ size: 9, nodes: [a, b, c, d], edges })
    for (const [depth, distance] of [
      [0, null],
      [2, null],
      [3, 3],
    ] as const) {
      expect(await readPaths(read, { ...ask, depth }, page, null)).toMatchObject({ distance })
    }
  })

  it('refuses a page that begins after the last path', async () => {
    const { read } = await seeded({ size: 9, nodes: [a, d], edges: [edge(d, a, 5)] })
    await expect(readPaths(read, ask, { first: 1, start: 1n }, null)).rejects.toMatchObject({
      code: 'LINEAGE_CURSOR_INVALID',
    })
  })
})

/** Layers of so many nodes between two ends, each node linked with all of the next layer. */
function ladder(layers: number, width: number) {
  const rungs = Array.from({ length: layers }, (_, layer) =>
    Array.from({ length: width }, (_, i) => node(1_001 + layer * width + i, 1 + layer * width + i)),
  )
  const [from, to] = [node(1_000, 0), node(2_000, 1 + layers * width)]
  const all = [[from], ...rungs, [to]]
  const edges = all
    .slice(1)
    .flatMap((upper, i) => all[i]!.flatMap((near) => upper.map((far) => edge(near, far, 5_000))))
  return { from, to, world: { size: 6_000, nodes: all.flat(), edges } }
}

it('counts 10^19 paths exactly, and gives any page of them', async () => {
  const { from, to, world } = ladder(19, 10)
  const { read } = await seeded(world)
  const ask = { from: from.id, to: to.id, depth: 20 }
  const last = 10n ** 19n - 1n
  const page = (await readPaths(read, ask, { first: 5, start: last - 1n }, null))!
  expect([page.total, page.distance, page.paths.length]).toEqual([10n ** 19n, 20, 2])
  // The last path leads through the last of each layer, the one before it only nearly.
  expect(page.paths[1]!.hops.slice(0, -1).map((hop) => hop.to)).toEqual(
    Array.from({ length: 19 }, (_, layer) => node(1_010 + layer * 10).id),
  )
  expect(page.paths[0]!.hops.map((hop) => hop.to).at(-2)).toBe(node(1_009 + 18 * 10).id)
})

it('gives each of the paths through some layers once', () => {
  const ups = [0, 1, 1, 2, 2, 3]
  const places = [1, 2, 3, 4, 5]
  const [used, part] = ['USED', 'PART_OF'] as const
  const steps = [
    [[0, used, 1] as const],
    [[0, used, 1] as const, [0, part, 2] as const],
    [[1, used, 1] as const, [2, used, 1] as const],
    [[2, used, 1] as const],
    [[3, used, 1] as const, [4, used, 1] as const],
  ].map((some) => some.map((step) => [...step] as [number, typeof used | typeof part, number]))
  const paths = rankPaths({ ups, places, steps })
  expect(paths.total).toBe(5n)
  const each = Array.from({ length: 5 }, (_, i) => JSON.stringify(paths.at(BigInt(i))))
  expect(new Set(each).size).toBe(5)
  expect(() => paths.at(5n)).toThrow('no path of rank 5')
})

it('refuses what lies along more edges than it looks through', async () => {
  const edges = MOST_PATH_EDGES + 1
  const answers = [[{ n: 9, lower: 'a', upper: 'b', distance: 2 }], [{ edges }]]
  const ask = async () => answers.shift() as never
  await expect(
    readPaths(ask, { from: 'a', to: 'b', depth: 2 }, { first: 1, start: 0n }, null),
  ).rejects.toMatchObject({ code: 'LINEAGE_PATHS_TOO_WIDE', details: { edges } })
})

it('tells of too many edges how many there are, and sends none of them', async () => {
  const { from, to, world } = ladder(2, 3)
  const { read } = await seeded(world)
  const asked = { lower: from.id, upper: to.id, n: 6_000 }
  const [over] = await read(layersQuery(3), { ...asked, most: 14 })
  expect(over).toMatchObject({ edges: 15, ids: [], places: [], steps: [] })
  const [just] = await read(layersQuery(3), { ...asked, most: 15 })
  expect(just).toMatchObject({ edges: 15, ids: expect.any(Array) })
  expect(just!.ids).toHaveLength(8)
})

it('has every text planned as a search that visits a node once', async () => {
  for (const hops of [1, 2, 3, MOST_HOPS]) {
    const distance = await database.explain(distanceQuery(hops))
    expect(distance.filter((name) => name.includes('ShortestPath'))).toHaveLength(1)
    // Those that there are find what an alias means.
    expect(distance.filter((name) => name.includes('VarLengthExpand'))).toHaveLength(2)
    const layers = await database.explain(layersQuery(hops))
    const searches = layers.filter((name) => name.includes('VarLengthExpand'))
    expect(searches).toHaveLength(2)
    if (hops > 1) expect(searches.every((name) => name.includes('Pruning,BFS'))).toBe(true)
  }
}, 240_000)
