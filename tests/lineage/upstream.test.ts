import { expect, it } from 'vitest'
import { newestBodies, readUpstream } from '../../lineage/upstream.ts'
import { edge, node, seedWorld, type WorldEdge } from '../make/world.ts'
import { testApp } from '../setup/app.ts'

const { database } = await testApp()
const newTenant = () => `t-${crypto.randomUUID()}`

/** Things of which each comes from the one before it, from one far before it, and from a few twice. */
function chain(length: number) {
  const nodes = Array.from({ length }, (_, i) => node(i, i))
  const edges: WorldEdge[] = nodes.flatMap((one, i) => {
    const to = [i - 1, Math.floor(i / 3), i % 5 === 0 ? i - 1 : -1].filter((j) => j >= 0 && j < i)
    return to.map((j) => edge(one, nodes[j]!))
  })
  return { nodes, edges }
}

it.each([1, 499, 500, 501, 1_200])(
  'reads all of %i things upstream, and where each of their edges leads',
  async (length) => {
    const tenant = newTenant()
    const { nodes, edges } = chain(length)
    await seedWorld(database, tenant, { size: length, nodes, edges })
    // What has the same ids, and other edges, is another tenant's.
    await seedWorld(database, `${tenant}-b`, { size: length, nodes, edges: edges.slice(0, 3) })
    const { read } = database.graph(tenant)

    const { ids, out, root, n } = (await readUpstream(read, nodes.at(-1)!.id, null))!

    expect([ids, root, n]).toEqual([nodes.map(({ id }) => id).sort(), nodes.at(-1)!.id, length])
    const told = out.flatMap((fars, near) => fars.map((far) => `${ids[near]} ${ids[far]}`))
    expect(told.sort()).toEqual([...new Set(edges.map(({ from, to }) => `${from} ${to}`))].sort())
  },
)

it('reads no edge that was not in force, and nothing beyond it', async () => {
  const tenant = newTenant()
  const nodes = [0, 1, 2, 3].map((i) => node(i, i))
  const [a, b, c, d] = nodes
  const edges = [edge(d!, c!), { ...edge(d!, b!), until: 5 }, edge(c!, a!, 7)]
  await seedWorld(database, tenant, { size: 9, nodes, edges })
  const { read } = database.graph(tenant)
  const upstreamAt = async (n: number) => (await readUpstream(read, d!.id, n))!

  expect((await upstreamAt(9)).ids).toEqual([a!.id, c!.id, d!.id].sort())
  expect((await upstreamAt(5)).ids).toEqual([b!.id, c!.id, d!.id].sort())
  expect((await upstreamAt(5)).depth).toBe(1)
})

it('tells that there is no such thing, and no such tenant', async () => {
  const tenant = newTenant()
  await seedWorld(database, tenant, { size: 1, nodes: [node(0)], edges: [] })
  const none = await readUpstream(database.graph(tenant).read, node(1).id, null)
  expect(none).toMatchObject({ root: null, ids: [], out: [] })
  expect(await readUpstream(database.graph(newTenant()).read, node(0).id, null)).toBeUndefined()
})

it('refuses what things say where that is too much to read, before any of it comes', async () => {
  let asked = 0
  const tooMuch = newestBodies(
    async () => {
      asked += 1
      return [{ characters: 30_000_000, ids: [], seqs: [], actions: [], fields: [] }] as never
    },
    Array.from({ length: 3_000 }, (_, i) => `${i}`),
    9,
  )
  await expect(tooMuch).rejects.toMatchObject({ code: 'LINEAGE_BODIES_TOO_LARGE' })
  expect(asked).toBe(2)
})
