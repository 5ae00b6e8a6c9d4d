import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { node, seedWorld } from '../make/world.ts'
import { chain, dataset, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { happen, histories, RUNS } from './happening.ts'
import { headersOf, replayed } from './replay.ts'

const test = await testApp()
const { ask, freshTenant, database, reads } = test

const DIFF = `query Diff(
  $from: AsOf!, $to: AsOf, $root: LineageOf, $kinds: [Kind!], $first: Int = 500, $after: String
) {
  diff(from: $from, to: $to, root: $root, kinds: $kinds, first: $first, after: $after) {
    from to pageInfo { hasNextPage endCursor }
    nodes {
      id change fields { name change before after }
      before { kind version seq retired aliasOf } after { kind version seq retired aliasOf }
      edges { change relation to sinceBefore since }
    }
  }
}`

interface At {
  kind: string
  version: number
  seq: number
  retired: boolean
  aliasOf: string | null
}
interface Changed {
  id: string
  change: string
  before: At | null
  after: At | null
  fields: { name: string; change: string; before: unknown; after: unknown }[] | null
  edges: {
    change: string
    relation: string
    to: string
    sinceBefore: number | null
    since: number | null
  }[]
}
interface Diff {
  from: string
  to: string
  nodes: Changed[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

const askDiff = (tenant: string, variables: object) =>
  ask<{ diff: Diff }>(DIFF, { tenant, variables: variables as Record<string, unknown> })

async function pageOf(tenant: string, variables: object) {
  const { data, errors } = await askDiff(tenant, variables)
  expect(errors).toBeUndefined()
  return data.diff
}

/** The whole difference, page by page. */
async function wholeOf(tenant: string, variables: object) {
  const all: Changed[] = []
  for (let after: string | null = null; ; ) {
    const { nodes, pageInfo } = await pageOf(tenant, { ...variables, after })
    all.push(...nodes)
    if (!pageInfo.hasNextPage) return all
    after = pageInfo.endCursor
  }
}

const at = (n: number) => ({ position: `0:${n}` })

interface Known {
  seq: number
  out: Map<string, number>
}
type World = Map<string, Known>

/** Applies a difference to what was there; every single change must fit what it is applied to. */
function applied(world: World, diff: readonly Changed[]): World {
  const next: World = new Map(
    [...world].map(([id, one]) => [id, { ...one, out: new Map(one.out) }]),
  )
  expect(new Set(diff.map(({ id }) => id)).size).toBe(diff.length)
  for (const { id, before, after, edges } of diff) {
    const known = next.get(id)
    expect(known?.seq).toBe(before?.seq)
    const out = known?.out ?? new Map<string, number>()
    for (const { change, relation, to, sinceBefore, since } of edges) {
      const key = `${relation} ${to}`
      expect(out.get(key) ?? null).toBe(sinceBefore)
      expect(change).toBe(sinceBefore === null ? 'ADDED' : since === null ? 'REMOVED' : 'CHANGED')
      if (since === null) out.delete(key)
      else out.set(key, since)
    }
    if (after) next.set(id, { seq: after.seq, out })
    else {
      expect(out.size).toBe(0)
      next.delete(id)
    }
  }
  return next
}

const sorted = (world: World) =>
  [...world]
    .map(([id, { seq, out }]) => [
      id,
      seq,
      [...out].map(([key, since]) => `${key} ${since}`).sort(),
    ])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))

const LINEAGE = `query Lineage($root: ID!, $direction: Direction!, $depth: Int!, $asOf: AsOf) {
  lineage(root: $root, direction: $direction, depth: $depth, first: 5000, asOf: $asOf) {
    nodes { entity { id seq } } edges { relation from to since }
  }
}`
interface Walk {
  nodes: { entity: { id: string; seq: number } }[]
  edges: { relation: string; from: string; to: string; since: number }[]
}

/** A lineage as a world of its own; an empty one where its root was not there. */
async function lineageAt(tenant: string, root: object, n: number): Promise<World> {
  const { data } = await ask<{ lineage: Walk | null }>(LINEAGE, {
    tenant,
    variables: { ...root, asOf: at(n) },
  })
  const { nodes, edges } = data.lineage ?? { nodes: [], edges: [] }
  const world: World = new Map(
    nodes.map(({ entity: { id, seq } }) => [id, { seq, out: new Map<string, number>() }]),
  )
  for (const { relation, from, to, since } of edges) {
    world.get(from)!.out.set(`${relation} ${to}`, since)
  }
  return world
}

const moments = fc.tuple(fc.nat(), fc.nat(), fc.constantFrom(12, 500))

type Asked = readonly [from: number, to: number, first: number]

/** Two positions of a log, the earlier first. */
function positionsOf(size: number, a: number, b: number): [number, number] {
  const [x, y] = [3 + (a % (size - 2)), 3 + (b % (size - 2))]
  return x < y ? [x, y] : [y, x]
}

describe('any two moments of any history', () => {
  it('differ by just what leads from the one to the other', async () => {
    await fc.assert(
      fc.asyncProperty(
        histories,
        fc.array(moments, { minLength: 2, maxLength: 2 }),
        async (history, asked) => {
          const tenant = await freshTenant()
          for (const happening of history) await happen(test, tenant, happening)
          const headers = await headersOf(database.graph(tenant).read)
          const size = headers.at(-1)!.seq + 1
          // Right before and right after a record that drops edges, whatever chance picks.
          const drops = headers.filter(({ action, unlinks }) => action === 'retire' || unlinks[0])
          const edges = drops.slice(-1).flatMap(({ seq }): Asked[] => [
            [seq, seq + 1, 500],
            [3, seq, 500],
            [3, seq + 1, 12],
          ])
          const picked = asked.map(([a, b, first]): Asked => [...positionsOf(size, a, b), first])
          for (const [from, to, first] of [...picked, ...edges, [3, size, 500] as const]) {
            const diff = await wholeOf(tenant, { from: at(from), to: at(to), first })
            const [before, after] = [replayed(headers, from), replayed(headers, to)]
            expect(sorted(applied(before, diff))).toEqual(sorted(after))
            for (const { id, after: now } of diff) {
              const { out: _, ...expected } = after.get(id)!
              expect(now).toMatchObject(expected)
            }
          }
        },
      ),
      RUNS,
    )
  }, 240_000)

  it('differ in the lineage of an entity by just what leads from the one answer to the other', async () => {
    const roots = fc.record({
      direction: fc.constantFrom('UPSTREAM', 'DOWNSTREAM', 'BOTH'),
      depth: fc.constant(3),
      which: fc.nat(),
      when: moments,
    })
    await fc.assert(
      fc.asyncProperty(
        histories,
        fc.array(roots, { minLength: 2, maxLength: 2 }),
        async (history, asked) => {
          const tenant = await freshTenant()
          for (const happening of history) await happen(test, tenant, happening)
          const headers = await headersOf(database.graph(tenant).read)
          const size = headers.at(-1)!.seq + 1
          for (const { direction, depth, which, when } of asked) {
            const [from, to] = positionsOf(size, when[0], when[1])
            const ids = [...replayed(headers, to).keys()]
            const id = ids[which % ids.length]!
            const walk = { root: id, direction, depth }
            const diff = await wholeOf(tenant, {
              ...{ from: at(from), to: at(to), first: when[2] },
              root: { id, direction, depth },
            })
            const before = await lineageAt(tenant, walk, from)
            expect(sorted(applied(before, diff))).toEqual(sorted(await lineageAt(tenant, walk, to)))
          }
        },
      ),
      RUNS,
    )
  }, 240_000)
})

describe('a difference', () => {
  it('tells what was added, changed and removed, and how', async () => {
    const tenant = await freshTenant()
    const [raw, clean, root] = await chain(test, tenant)
    await recorded(test, tenant, [
      dataset('clean', { description: 'new', derivedFrom: [near('other')] }),
    ])
    await ask('mutation R($id: ID!) { retire(id: $id) { position } }', {
      tenant,
      variables: { id: raw },
    })
    const { nodes, from, to } = await pageOf(tenant, { from: at(6) })
    expect([from, to]).toEqual(['0:6', '0:9'])
    const [other, changed, retired] = nodes
    expect(other).toMatchObject({ change: 'ADDED', before: null, after: { version: 1 }, edges: [] })
    expect(changed).toMatchObject({
      ...{ id: clean, change: 'CHANGED', before: { version: 1 }, after: { version: 2 } },
      fields: [{ name: 'description', change: 'ADDED', before: null, after: 'new' }],
    })
    expect(changed!.edges).toHaveLength(2)
    expect(changed!.edges).toContainEqual({
      ...{ change: 'ADDED', relation: 'WAS_DERIVED_FROM', to: other!.id },
      ...{ sinceBefore: null, since: 7 },
    })
    expect(changed!.edges).toContainEqual({
      ...{ change: 'REMOVED', relation: 'WAS_DERIVED_FROM', to: raw },
      ...{ sinceBefore: 4, since: null },
    })
    expect(retired).toMatchObject({ id: raw, change: 'REMOVED', after: { retired: true } })
    expect(nodes).toHaveLength(3)
    const walk = { id: root, direction: 'UPSTREAM', depth: 4 }
    const inLineage = await pageOf(tenant, { from: at(6), root: walk })
    expect(inLineage.nodes.map(({ id, change }) => [id, change]).sort()).toEqual(
      [
        [clean, 'CHANGED'],
        [other!.id, 'ADDED'],
        [raw, 'REMOVED'],
      ].sort(),
    )
  })

  it('is nothing between a moment and itself, and shows nothing of what came and went in between', async () => {
    const tenant = await freshTenant()
    const [raw] = await chain(test, tenant)
    const link = dataset('clean', { derivedFrom: [near('raw'), near('public')] })
    await recorded(test, tenant, [link])
    await recorded(test, tenant, [dataset('clean', { derivedFrom: [near('raw')] })])
    expect((await pageOf(tenant, { from: at(6), to: at(6) })).nodes).toEqual([])
    const { nodes } = await pageOf(tenant, { from: at(6) })
    expect(nodes).toMatchObject([{ change: 'CHANGED', fields: [], edges: [] }])
    const only = { from: at(3), kinds: ['Job'] }
    expect((await pageOf(tenant, only)).nodes).toEqual([])
    expect(raw).toBeTruthy()
  })

  it('does not tell what was erased since', async () => {
    const tenant = await freshTenant()
    const [made] = await recorded(test, tenant, [dataset('a', { description: 'one' })])
    await recorded(test, tenant, [dataset('a', { description: 'two' })])
    const asked = { from: at(4), to: at(5) }
    const erase = `mutation E($id: ID!, $records: [Seq!]) {
      erase(id: $id, records: $records, ground: OTHER, reason: "r") { position }
    }`
    await ask(erase, { tenant, variables: { id: made!.id, records: [made!.seq] } })
    expect((await pageOf(tenant, asked)).nodes).toMatchObject([{ change: 'CHANGED', fields: null }])
  })

  it('goes through much of a log a page at a time, and finds an entity of many records once', async () => {
    const tenant = `t-${crypto.randomUUID()}`
    const versions = Array.from({ length: 20_001 }, (_, i) => ({
      ...{ seq: 3 + i, action: 'assert' as const },
    }))
    const busy = { ...node(1), versions }
    await seedWorld(database, tenant, { size: 20_004, nodes: [busy], edges: [] })
    const ids = `query Ids($after: String) {
      diff(from: { position: "0:3" }, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }
    }`
    const page = (after: string | null) =>
      ask<{ diff: Diff }>(ids, { tenant, variables: { after } })
    const { diff: first } = (await page(null)).data
    expect(first).toMatchObject({ nodes: [], pageInfo: { hasNextPage: true } })
    const { diff: second } = (await page(first.pageInfo.endCursor)).data
    expect(second).toEqual({
      nodes: [{ id: busy.id }],
      pageInfo: { hasNextPage: false, endCursor: null },
    })
  }, 60_000)

  it('costs what changed, and not what there is or what happened before', async () => {
    const tenant = await freshTenant()
    const costOf = async (from: number) => {
      reads()
      await pageOf(tenant, { from: at(from), to: at(from + 1) })
      return reads()
    }
    const [first] = await recorded(test, tenant, [dataset('a', { description: 'x' })])
    const small = await costOf(first!.seq)
    await recorded(
      test,
      tenant,
      Array.from({ length: 400 }, (_, i) => dataset(`d${i}`)),
    )
    const [last] = await recorded(test, tenant, [dataset('new', { description: 'x' })])
    expect(await costOf(last!.seq)).toEqual(small)
    expect(small.length).toBeLessThanOrEqual(8)
  })
})

describe('what is refused', () => {
  it.each([
    ['the later moment first', { from: at(6), to: at(5) }, 'DIFF_BACKWARDS'],
    ['a moment before the log', { from: at(2) }, 'AS_OF_BEFORE_LOG'],
    ['a moment of another epoch', { from: { position: '7:5' } }, 'POSITION_LOST'],
    ['a page that is too large', { from: at(3), first: 501 }, 'LINEAGE_PAGE_OUT_OF_RANGE'],
    [
      'a root that was there at neither',
      {
        from: at(3),
        root: { id: `urn:selvedge:dataset:h:${'A'.repeat(43)}`, direction: 'UPSTREAM', depth: 1 },
      },
      'LINEAGE_ROOT_UNKNOWN',
    ],
    [
      'a depth out of range',
      { from: at(3), root: { id: 'urn:selvedge:dataset:h:x', direction: 'UPSTREAM', depth: 21 } },
      'ENTITY_ID_INVALID',
    ],
  ])('%s', async (_what, variables, code) => {
    const tenant = await freshTenant()
    await chain(test, tenant)
    const { errors } = await askDiff(tenant, variables)
    expect(errors).toMatchObject([{ extensions: { code } }])
  })

  it('a cursor between other moments', async () => {
    const tenant = await freshTenant()
    await chain(test, tenant)
    const asked = { from: at(3), first: 1 }
    const { pageInfo } = await pageOf(tenant, asked)
    const after = pageInfo.endCursor
    expect((await pageOf(tenant, { ...asked, after })).nodes).toHaveLength(1)
    for (const [other, code] of [
      [{ ...asked, from: at(4), after }, 'AS_OF_CURSOR_MISMATCH'],
      [{ ...asked, to: at(5), after }, 'AS_OF_CURSOR_MISMATCH'],
      [{ ...asked, kinds: ['Job'], after }, 'LINEAGE_CURSOR_INVALID'],
    ] as const) {
      const { errors } = await askDiff(tenant, other)
      expect(errors).toMatchObject([{ extensions: { code } }])
    }
  })

  it('a cursor after which nothing was recorded stays at its own end', async () => {
    const tenant = await freshTenant()
    await chain(test, tenant)
    const { pageInfo, to } = await pageOf(tenant, { from: at(3), first: 1 })
    await recorded(test, tenant, [dataset('late')])
    const rest = await pageOf(tenant, { from: at(3), after: pageInfo.endCursor })
    expect(rest).toMatchObject({ to, pageInfo: { hasNextPage: false } })
    expect(rest.nodes).toHaveLength(2)
  })
})
