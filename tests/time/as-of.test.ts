import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chain, dataset, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { happen, histories, RUNS } from './happening.ts'
import { type Header, headersOf, replayed } from './replay.ts'

const test = await testApp()
const { ask, freshTenant, ledger, database } = test

const WORLD = `query World($asOf: AsOf) {
  entities(first: 200, asOf: $asOf) { nodes {
    id kind namespace name version seq recordedAt retired aliasOf facets { group name value }
    ... on Dataset { description generatedBy { id seq } derivedFrom { id seq } }
    ... on Job { description uses { id seq } partOf { id seq } runs(first: 50) { nodes { id seq } } }
    ... on Run { state startedAt endedAt job { id seq } used { id } generated { id } parents { id } }
  } }
}`
const LINEAGE = `query Lineage($root: ID!, $asOf: AsOf) {
  lineage(root: $root, direction: BOTH, depth: 4, asOf: $asOf) {
    root { id version } nodes { distance entity { id version } } total position
    edges { relation from to since }
  }
}`

interface Node extends Record<string, unknown> {
  id: string
  seq: number
  version: number
  retired: boolean
  aliasOf: string | null
  name: string | null
}

/** The world as it is, or as it was: entities with everything that hangs under them, and a walk from each. */
async function worldOf(tenant: string, position?: string) {
  const asOf = position === undefined ? null : { position }
  const { data, errors, extensions } = await ask<{ entities: { nodes: Node[] } }>(WORLD, {
    tenant,
    variables: { asOf },
  })
  expect(errors).toBeUndefined()
  const { nodes } = data.entities
  const walks: unknown[] = []
  for (const root of nodes.filter((_node, i) => i % 4 === 0).slice(0, 2)) {
    const walk = await ask(LINEAGE, { tenant, variables: { root: root.id, asOf } })
    expect(walk.errors).toBeUndefined()
    walks.push(walk.data)
  }
  return { position: extensions!.position!, nodes, walks }
}

type World = Awaited<ReturnType<typeof worldOf>>

/** What was erased since is not there any more; nothing else may differ. */
function withoutErased({ nodes, ...world }: World, headers: readonly Header[], now: World) {
  const gone = new Set(headers.flatMap(({ targets = [] }) => targets))
  const nameless = new Set(now.nodes.filter(({ name }) => name === null).map(({ id }) => id))
  const said = { description: null, state: null, startedAt: null, endedAt: null }
  const cut = (node: Node) => ({
    ...node,
    ...(gone.has(node.seq) && { facets: [] }),
    ...(gone.has(node.seq) &&
      Object.fromEntries(Object.entries(said).filter(([field]) => field in node))),
    ...(nameless.has(node.id) && { namespace: null, name: null }),
  })
  return { ...world, nodes: nodes.map(cut) }
}

describe('any history', () => {
  it('reads the past as it was read when it was the present', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const tenant = await freshTenant()
        const seen: World[] = []
        for (const [i, happening] of history.entries()) {
          await happen(test, tenant, happening)
          if (i % 4 === 0 || i === history.length - 1) seen.push(await worldOf(tenant))
        }
        const headers = await headersOf(database.graph(tenant).read)
        const now = seen.at(-1)!
        for (const world of seen) {
          expect(await worldOf(tenant, world.position)).toEqual(withoutErased(world, headers, now))
        }
      }),
      RUNS,
    )
  }, 240_000)

  it('reads at any position what a log of just that length says, within a batch too', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.nat(6), async (history, first) => {
        const tenant = await freshTenant()
        for (const happening of history) await happen(test, tenant, happening)
        const { read } = database.graph(tenant)
        const headers = await headersOf(read)
        const size = headers.at(-1)!.seq + 1
        for (let n = 3 + first; n <= size; n += 7) {
          const expected = replayed(headers, n)
          const { nodes, walks } = await worldOf(tenant, `0:${n}`)
          expect(
            nodes.map(({ id, version, seq, retired, aliasOf }) => [
              id,
              { version, seq, retired, aliasOf },
            ]),
          ).toEqual(
            [...expected]
              .map(([id, { out: _, ...entity }]) => [id, entity])
              .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
          )
          const edges = (walks as { lineage: { edges: Edge[] } }[]).flatMap(
            (one) => one.lineage.edges,
          )
          for (const { relation, from, to, since } of edges) {
            expect(expected.get(from)?.out.get(`${relation} ${to}`)).toBe(since)
          }
          for (const node of nodes) {
            const derived = (node.derivedFrom ?? node.uses) as { id: string }[] | undefined
            const relation = node.derivedFrom ? 'WAS_DERIVED_FROM' : 'USED'
            const links = [...expected.get(node.id)!.out.keys()]
            if (derived) {
              expect(derived.map(({ id }) => `${relation} ${id}`)).toEqual(
                links.filter((link) => link.startsWith(`${relation} `)).sort(),
              )
            }
          }
        }
      }),
      RUNS,
    )
  }, 240_000)
})

interface Edge {
  relation: string
  from: string
  to: string
  since: number
}

const NAME = `query Name($asOf: AsOf) {
  entity(kind: Dataset, namespace: "db", name: "a", asOf: $asOf) { version ... on Dataset { description } }
}`
interface Named {
  entity: { version: number; description: string | null } | null
}

const askName = (tenant: string, asOf: object) => ask<Named>(NAME, { tenant, variables: { asOf } })

/** Three versions of a dataset, with the position and the time of each. */
async function threeVersions(tenant: string) {
  const versions: { position: string; at: string }[] = []
  for (const description of ['one', 'two', 'three']) {
    const [made] = await recorded(test, tenant, [dataset('a', { description })])
    const { data } = await ask<{ entity: { recordedAt: string } }>(
      '{ entity(kind: Dataset, namespace: "db", name: "a") { recordedAt } }',
      { tenant },
    )
    versions.push({ position: `0:${made!.seq + 1}`, at: data.entity.recordedAt })
    // Times have milliseconds: the next one is to be another.
    const deadline = Date.now() + 2
    while (Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve))
  }
  return versions
}

describe('a moment', () => {
  it('is a position, a checkpoint or an instant', async () => {
    const tenant = await freshTenant()
    const versions = await threeVersions(tenant)
    const { note } = await ledger.checkpointOf(tenant, 6)
    await recorded(test, tenant, [dataset('a', { description: 'four' })])
    for (const [i, { position, at }] of versions.entries()) {
      const entity = { version: i + 1, description: ['one', 'two', 'three'][i] }
      const byPosition = await askName(tenant, { position })
      expect(byPosition).toMatchObject({ data: { entity }, extensions: { position } })
      const byInstant = await askName(tenant, { instant: at })
      expect(byInstant).toMatchObject({ data: { entity }, extensions: { position } })
    }
    const { data } = await askName(tenant, { checkpoint: note })
    expect(data.entity).toEqual({ version: 3, description: 'three' })
  })

  it('counts an instant in any offset, to the nanosecond, as all that was recorded by then', async () => {
    const tenant = await freshTenant()
    const [first, second] = await threeVersions(tenant)
    const elsewhere = new Date(Date.parse(first!.at) + 5.5 * 3_600_000).toISOString()
    const before = new Date(Date.parse(second!.at) - 1).toISOString()
    for (const instant of [
      elsewhere.replace('Z', '+05:30'),
      first!.at.replace('Z', '000001Z'),
      before.replace('Z', '999999Z'),
    ]) {
      expect((await askName(tenant, { instant })).data.entity?.version).toBe(1)
    }
  })

  it('finds an instant in a log of any length with reads that hardly grow', async () => {
    const tenant = await freshTenant()
    const times: string[] = []
    for (let part = 0; part < 3; part++) {
      const items = Array.from({ length: 150 }, (_, i) => dataset(`x${part}-${i}`))
      await recorded(test, tenant, items)
      times.push((await threeVersions(tenant))[2]!.at)
    }
    for (const [i, instant] of times.entries()) {
      test.reads()
      const { data } = await askName(tenant, { instant })
      expect(data.entity?.version).toBe(i === 0 ? 3 : (i + 1) * 3)
      const searching = test.reads().filter((read) => read === 'times of records')
      expect(searching.length).toBeLessThanOrEqual(2)
    }
  })

  it('shows nothing in a place where there was nothing yet', async () => {
    const tenant = await freshTenant()
    const [made] = await recorded(test, tenant, [dataset('a')])
    const asOf = { position: '0:3' }
    const { data } = await ask(
      `query Before($id: ID!, $asOf: AsOf) {
        byId: entity(id: $id, asOf: $asOf) { id }
        node(id: $id, asOf: $asOf) { id }
        nodes(ids: [$id], asOf: $asOf) { id }
        runs(of: { job: $id }, asOf: $asOf) { nodes { id } }
        entities(asOf: $asOf) { nodes { kind } }
      }`,
      { tenant, variables: { id: made!.id, asOf } },
    )
    expect(data).toEqual({
      byId: null,
      node: null,
      nodes: [null],
      runs: { nodes: [] },
      entities: { nodes: [{ kind: 'Tenant' }] },
    })
    const walk = await ask(LINEAGE, { tenant, variables: { root: made!.id, asOf } })
    expect(walk.errors).toMatchObject([{ extensions: { code: 'LINEAGE_ROOT_UNKNOWN' } }])
  })

  it('differs between two questions of a request, each read at its own', async () => {
    const tenant = await freshTenant()
    const [first, second] = await threeVersions(tenant)
    const { data } = await ask<Record<string, { description: string }>>(
      `query Two($a: AsOf, $b: AsOf) {
        a: entity(kind: Dataset, namespace: "db", name: "a", asOf: $a) { ... on Dataset { description } }
        b: entity(kind: Dataset, namespace: "db", name: "a", asOf: $b) { ... on Dataset { description } }
        now: entity(kind: Dataset, namespace: "db", name: "a") { ... on Dataset { description } }
      }`,
      { tenant, variables: { a: { position: first!.position }, b: { instant: second!.at } } },
    )
    expect(data).toEqual({
      a: { description: 'one' },
      b: { description: 'two' },
      now: { description: 'three' },
    })
  })

  it('shows what was erased since as erased', async () => {
    const tenant = await freshTenant()
    const [first] = await threeVersions(tenant)
    const [made] = await recorded(test, tenant, [dataset('a', { description: 'x' })])
    const { id } = made!
    await ask(
      'mutation E($id: ID!) { erase(id: $id, ground: OTHER, reason: "a test") { position } }',
      {
        tenant,
        variables: { id },
      },
    )
    const { data } = await ask(
      `query Past($id: ID!, $asOf: AsOf) {
        entity(id: $id, asOf: $asOf) { version name erased { ground } ... on Dataset { description } }
      }`,
      { tenant, variables: { id, asOf: { position: first!.position } } },
    )
    expect(data).toEqual({
      entity: { version: 1, name: null, erased: { ground: 'OTHER' }, description: null },
    })
  })
})

describe('what is refused', () => {
  it.each([
    ['no position', { position: '12' }, 'POSITION_INVALID'],
    ['a position of another epoch', { position: '7:12' }, 'POSITION_LOST'],
    ['a position before the tenant began', { position: '0:2' }, 'AS_OF_BEFORE_LOG'],
    ['the position before everything', { position: '0:0' }, 'AS_OF_BEFORE_LOG'],
    ['an instant before the tenant began', { instant: '2020-01-01T00:00:00Z' }, 'AS_OF_BEFORE_LOG'],
    ['an instant to come', { instant: '2999-01-01T00:00:00Z' }, 'AS_OF_IN_FUTURE'],
    ['an instant without an offset', { instant: '2026-01-01T00:00:00' }, 'VALUE_INVALID'],
    ['an instant that is none', { instant: 'yesterday' }, 'VALUE_INVALID'],
    ['what is no note', { checkpoint: 'selvedge.test/acme' }, 'AS_OF_CHECKPOINT_UNKNOWN'],
  ])('%s', async (_what, asOf, code) => {
    const tenant = await freshTenant()
    const { errors } = await askName(tenant, asOf)
    expect(errors).toMatchObject([{ extensions: { code } }])
  })

  it('a position that the log has not reached, once it was waited for', async () => {
    const tenant = await freshTenant()
    const { errors, status } = await askName(tenant, { position: '0:4' })
    expect(errors).toMatchObject([{ extensions: { code: 'POSITION_NOT_REACHED', at: '0:3' } }])
    expect(status).toBe(503)
  })

  it.each([
    ['no member', {}],
    ['two members', { position: '0:3', instant: '2026-01-01T00:00:00Z' }],
    ['a member that is null', { position: null }],
  ])('a moment of %s', async (_what, asOf) => {
    const { errors } = await askName(await freshTenant(), asOf)
    expect(errors).toHaveLength(1)
  })

  it('the checkpoint of another log, and one with another root', async () => {
    const [tenant, other] = [await freshTenant(), await freshTenant()]
    const { note } = await ledger.checkpointOf(tenant, 3)
    const strange = await ask<Named>(NAME, {
      tenant: other,
      variables: { asOf: { checkpoint: note } },
    })
    const lines = note.split('\n')
    lines[2] = Buffer.alloc(32).toString('base64')
    const forged = await askName(tenant, { checkpoint: lines.join('\n') })
    for (const { errors } of [strange, forged]) {
      expect(errors).toMatchObject([{ extensions: { code: 'AS_OF_CHECKPOINT_UNKNOWN' } }])
    }
    expect((await askName(tenant, { checkpoint: note })).errors).toBeUndefined()
  })
})

describe('together with a cursor', () => {
  const PAGE = `query Page($root: ID!, $after: String, $asOf: AsOf) {
    lineage(root: $root, first: 1, after: $after, asOf: $asOf) {
      nodes { entity { id version } } position pageInfo { endCursor }
    }
  }`
  interface Paged {
    lineage: { nodes: object[]; position: string; pageInfo: { endCursor: string } }
  }

  it('goes on at the same moment, and at no other', async () => {
    const tenant = await freshTenant()
    const [raw, clean, root] = await chain(test, tenant)
    await recorded(test, tenant, [dataset('clean', { derivedFrom: [near('other')] })])
    const page = (variables: object) =>
      ask<Paged>(PAGE, { tenant, variables: { root, ...variables } })
    const asOf = { position: '0:6' }
    const first = await page({ asOf })
    const second = await page({ asOf, after: first.data.lineage.pageInfo.endCursor })
    const path = `query Path($from: ID!, $to: ID!, $asOf: AsOf) {
      path(from: $from, to: $to, asOf: $asOf) { total position }
    }`
    const paths = (moment: object) =>
      ask(path, { tenant, variables: { from: root, to: raw, asOf: moment } })
    expect((await paths(asOf)).data).toEqual({ path: { total: '1', position: '0:6' } })
    expect((await paths({ position: '0:8' })).data).toMatchObject({ path: { total: '0' } })
    const third = await page({ after: second.data.lineage.pageInfo.endCursor })
    expect([second.data.lineage, third.data.lineage]).toMatchObject([
      { nodes: [{ entity: { id: clean, version: 1 } }], position: '0:6' },
      { nodes: [{ entity: { id: raw, version: 1 } }], position: '0:6' },
    ])
    const after = first.data.lineage.pageInfo.endCursor
    const { errors } = await page({ asOf: { position: '0:7' }, after })
    expect(errors).toMatchObject([
      { extensions: { code: 'AS_OF_CURSOR_MISMATCH', asOf: '0:7', cursor: '0:6' } },
    ])
  })
})
