import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HeldGrant, openGranted } from '../../lineage/granted.ts'
import { grantedQuery, placesQuery } from '../../lineage/granted-texts.ts'
import { type Database, openDatabase, query } from '../../lineage/graph.ts'
import { migrate } from '../../lineage/migrations.ts'
import { DIRECTIONS } from '../../lineage/traversal-texts.ts'
import { edge, node, seedWorld, type WorldEdge } from '../make/world.ts'
import { testNeo4j } from '../setup/database.ts'

let database: Database
beforeAll(async () => {
  database = openDatabase(testNeo4j())
  await migrate(database)
  await planned()
}, 240_000)
afterAll(() => database.close())

const GIVE = query(`
  // give a grant of a test
  MATCH (log:Log {tenant: $tenant})
  CREATE (e:Entity:Grant {tenant: $tenant, id: $id}) SET e += $row`)

const SAY_ANEW = query(`
  // give a grant of a test another record
  MATCH (e:Entity {tenant: $tenant, id: $id}) SET e.leaf = 'another', e.seq = 8`)

const GRANT = 'urn:selvedge:grant:01936893-9751-7a91-a2a0-a51101a3970c'
const UNTIL = '2100-01-01T00:00:00.000Z'
const [a, b, c, hidden] = [node(1, 0), node(2, 1), node(3, 2), node(4, 3, 'Job')] as const

/** c <- b <- a, and a job beside b; the grant is the record at 5, of a log of 9. */
async function seeded(edges: WorldEdge[] = [edge(a, b, 4), edge(b, c, 4), written()]) {
  const tenant = `t-${crypto.randomUUID()}`
  await seedWorld(database, tenant, { size: 9, nodes: [a, b, c, hidden], edges })
  await database.graph(tenant).write(({ run }) =>
    run(GIVE, {
      id: GRANT,
      row: { kind: 'Grant', leaf: 'leaf', action: 'assert', first: 5, seq: 5, version: 1 },
    }),
  )
  return tenant
}

const written = (): WorldEdge => ({ ...edge(b, hidden, 4), relation: 'WAS_GENERATED_BY' })

const open = (tenant: string, more: Partial<HeldGrant> = {}) =>
  openGranted(database.graph(tenant), {
    id: GRANT,
    given: { seq: 5, leaf: 'leaf' },
    root: a.id,
    direction: 'UPSTREAM',
    depth: 20,
    kinds: ['Dataset'],
    until: UNTIL,
    ...more,
  })

const PAGE = { first: 100 }

/** Has the texts planned that this file uses: on a busy machine that may take longer than a read may. */
async function planned() {
  const granted = openGranted(database.graph('no-such-tenant'), {
    id: GRANT,
    given: { seq: 5, leaf: 'leaf' },
    root: a.id,
    direction: 'UPSTREAM',
    depth: 20,
    kinds: ['Dataset'],
    until: UNTIL,
  })
  const isPlanned = (work: Promise<unknown>) =>
    work.then(
      () => true,
      ({ code }: { code?: string }) => code === 'GRANT_UNKNOWN',
    )
  for (let tries = 1; tries < 10; tries++) {
    if ((await isPlanned(granted.lineage({}, PAGE))) && (await isPlanned(granted.entities([]))))
      return
  }
}

describe('the handle of a grant', () => {
  it('reads what the grant bounds, and counts what is beside it', async () => {
    const page = await open(await seeded()).lineage({}, PAGE)
    expect(page.nodes.map(({ entity }) => entity.id)).toEqual([a.id, b.id, c.id])
    expect(page.hidden).toBe(1)
    expect((await open(await seeded(), { depth: 1 }).lineage({}, PAGE)).hidden).toBe(0)
  })

  it('counts an entity once, however many edges lead to it', async () => {
    const edges = [edge(a, b, 4), written(), { ...written(), from: a.id }]
    expect((await open(await seeded(edges)).lineage({}, PAGE)).hidden).toBe(1)
  })

  it.each<[string, Partial<HeldGrant>]>([
    ['is over by the clock of the database', { until: '2020-01-01T00:00:00.000Z' }],
    ['has another record than it was opened by', { given: { seq: 5, leaf: 'other' } }],
    ['is not there', { id: GRANT.replace('3970c', '3970d') }],
    ['is no grant', { id: a.id, given: { seq: 0, leaf: '' } }],
  ])('reads nothing of a grant that %s', async (_what, more) => {
    const granted = open(await seeded(), more)
    await expect(granted.lineage({}, PAGE)).rejects.toMatchObject({ code: 'GRANT_UNKNOWN' })
    await expect(granted.entities([a.id])).rejects.toMatchObject({ code: 'GRANT_UNKNOWN' })
    await expect(granted.position()).rejects.toMatchObject({ code: 'GRANT_UNKNOWN' })
  })

  it('reads nothing once the grant was revoked, though it was opened before', async () => {
    const tenant = await seeded()
    const granted = open(tenant)
    await granted.lineage({}, PAGE)
    await database.graph(tenant).write(({ run }) => run(SAY_ANEW, { id: GRANT }))
    await expect(granted.lineage({}, PAGE)).rejects.toMatchObject({ code: 'GRANT_UNKNOWN' })
  })

  it('reads no position before the grant', async () => {
    const granted = open(await seeded())
    const at = (seq: number) => granted.lineage({}, PAGE, { epoch: 0, seq })
    await expect(at(5)).rejects.toMatchObject({ code: 'LINEAGE_CURSOR_INVALID' })
    expect((await at(6)).n).toBe(6)
  })

  it('reads all of one request at one position', async () => {
    const granted = open(await seeded())
    await granted.lineage({}, PAGE, { epoch: 0, seq: 7 })
    expect(await granted.position()).toEqual({ epoch: 0, seq: 7 })
  })

  it('tells more of no entity but those that it has shown', async () => {
    const tenant = await seeded()
    const granted = open(tenant)
    const { nodes } = await open(tenant).lineage({}, PAGE)
    const [other] = nodes.map(({ entity }) => entity)
    expect(() => granted.bodies([other!])).toThrow('no grant has shown that')
    expect(() => granted.recordTimes([other!])).toThrow('no grant has shown that')
    expect(() => granted.erasures([other!])).toThrow('no grant has shown that')
    expect(() => granted.proofAsk(other!)).toThrow('no grant has shown that')
  })

  it('proves a leaf that it has shown, and reads no other for that', async () => {
    const granted = open(await seeded())
    const { nodes } = await granted.lineage({}, PAGE)
    const ask = granted.proofAsk(nodes[1]!.entity)
    expect(() => ask(grantedQuery('UPSTREAM', 1))).toThrow('no part of the proof')
  })

  it('starts at a granted alias under its own name, not where that leads', async () => {
    const alias: WorldEdge = { ...edge(b, hidden, 4), relation: 'ALIAS_OF', to: c.id }
    const tenant = await seeded([edge(a, b, 4), alias])
    const granted = open(tenant)
    const page = await granted.lineage({ root: b.id }, PAGE)
    expect(page.nodes.map(({ entity }) => entity.id)).toEqual([b.id])
    await expect(granted.lineage({ root: c.id }, PAGE)).rejects.toMatchObject({
      code: 'LINEAGE_ROOT_UNKNOWN',
    })
  })

  it('follows the granted name where it turns out to be another’s', async () => {
    const alias: WorldEdge = { ...edge(a, b, 4), relation: 'ALIAS_OF' }
    const page = await open(await seeded([alias, edge(b, c, 4)])).lineage({}, PAGE)
    expect([page.root, ...page.nodes.map(({ entity }) => entity.id)]).toEqual([b.id, b.id, c.id])
  })
})

it('has granted walks planned as pruning breadth-first searches', async () => {
  for (const hops of [2, 20]) {
    for (const direction of DIRECTIONS) {
      const operators = await database.explain(grantedQuery(direction, hops))
      const pruning = operators.filter((name) => name.includes('Pruning,BFS'))
      // One for the root's aliases, and one a way.
      expect(pruning).toHaveLength(direction === 'BOTH' ? 3 : 2)
    }
    const places = await database.explain(placesQuery('UPSTREAM', hops))
    expect(places.filter((name) => name.includes('Pruning,BFS'))).toHaveLength(2)
  }
}, 120_000)
