import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import type { Kind } from '../../lineage/kinds.ts'
import { MOST_LOOKED_AT } from '../../lineage/search.ts'
import { leastBody, recordedKind } from '../kinds/recording.ts'
import { expectClean } from '../ledger/support.ts'
import { dataset, job, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { counts, expectedHits, type Thing } from './reference.ts'

vi.setConfig({ testTimeout: 120_000 })
const test = await testApp()
const { ask, freshTenant, reads, faults, database, ledger } = test

const SEARCH = `query Search($text: String!, $kinds: [Kind!], $first: Int = 20, $after: String, $spread: Boolean = true) {
  search(text: $text, kinds: $kinds, first: $first, after: $after) {
    nodes { id kind name }
    total more complete position
    facets @include(if: $spread) {
      kinds { value count }
      owners { value count }
      licences { entity { name } count }
      risks { value count }
    }
    pageInfo { hasNextPage endCursor }
  }
}`
interface Found {
  nodes: { id: string; kind: string; name: string }[]
  total: number
  more: boolean
  complete: boolean
  position: string
  facets: Record<'kinds' | 'owners' | 'licences' | 'risks', { value: string; count: number }[]>
  pageInfo: { hasNextPage: boolean; endCursor: string }
}

async function search(tenant: string, text: string, more: Record<string, unknown> = {}) {
  const { data, errors } = await ask<{ search: Found }>(SEARCH, {
    tenant,
    variables: { text, ...more },
  })
  expect(errors).toBeUndefined()
  return data.search
}
const names = ({ nodes }: Pick<Found, 'nodes'>) => nodes.map(({ name }) => name)

it('finds by words wherever they stand, those of the name first', async () => {
  const tenant = await freshTenant()
  const schema = { fields: [{ name: 'itemId' }, { name: 'soldAt' }] }
  await recorded(test, tenant, [
    dataset('orders_daily'),
    dataset('orders'),
    dataset('ordersArchive'),
    dataset('sales', { description: 'All orders, summed up.' }),
    dataset('facts', { facets: [{ group: 'dataset', name: 'schema', value: schema }] }),
    job('load/orders'),
  ])
  reads()
  const all = await search(tenant, 'orders')
  expect(reads()).toEqual([
    'hits of a search in order',
    'hits of a search by kind, owner, licence and risk',
  ])
  expect(names(all).slice(0, 1)).toEqual(['orders'])
  expect(names(all).slice(1, 3).sort()).toEqual(['ordersArchive', 'orders_daily'])
  expect(names(all).slice(3)).toEqual(['load/orders', 'sales'])
  expect(all).toMatchObject({ total: 5, more: false, complete: true })
  for (const [text, found] of [
    ['daily', ['orders_daily']],
    ['daily orders', ['orders_daily']],
    ['archive', ['ordersArchive']],
    ['ordersarchive', ['ordersArchive']],
    ['dialy', ['orders_daily']],
    ['daly', ['orders_daily']],
    ['sold at', ['facts']],
    ['ITEM ID', ['facts']],
    ['summ', ['sales']],
    ['orders nowhere', []],
    ['x', []],
  ] as const) {
    expect([text, names(await search(tenant, text))]).toEqual([text, found])
  }
  expect(names(await search(tenant, 'orders', { kinds: ['Job'] }))).toEqual(['load/orders'])
  expect(faults).toEqual([])
})

it('follows what is said now: what is changed, retired or erased is not found by what it was', async () => {
  const tenant = await freshTenant()
  const [a, b, c] = await recorded(test, tenant, [
    dataset('alpha', { description: 'wonderful' }),
    dataset('beta', { description: 'wonderful' }),
    dataset('gamma', { description: 'wonderful' }),
  ])
  expect(names(await search(tenant, 'wonderful')).length).toBe(3)
  await recorded(test, tenant, [dataset('alpha', { description: 'dull' })])
  await ask(`mutation { retire(id: "${b!.id}") { position } }`, { tenant })
  await ask(`mutation { erase(id: "${c!.id}", ground: OTHER, reason: "a test") { position } }`, {
    tenant,
  })
  expect((await search(tenant, 'wonderful')).nodes).toEqual([])
  expect(names(await search(tenant, 'dull'))).toEqual(['alpha'])
  expect((await search(tenant, 'beta')).nodes).toEqual([])
  expect((await search(tenant, 'gamma')).nodes).toEqual([])
  await recorded(test, tenant, [dataset('beta', { description: 'back' })])
  expect(names(await search(tenant, 'back'))).toEqual(['beta'])
  expect(a!.version).toBe(1)
  await expectClean(database, tenant)
})

it('counts the hits by kind, owner, licence and risk', async () => {
  const tenant = await freshTenant()
  const owned = (...owners: string[]) => [
    { group: 'dataset', name: 'ownership', value: { owners: owners.map((name) => ({ name })) } },
  ]
  await recorded(test, tenant, [
    dataset('sales a', { facets: owned('ann', 'bob') }),
    dataset('sales b', { facets: owned('bob') }),
    dataset('sales c'),
    dataset('other', { facets: owned('eve') }),
    job('sales'),
  ])
  const linked = await ask(
    `mutation {
      linksRecord(items: [{ entity: { kind: Dataset, namespace: "db", name: "sales a" },
        licensedUnder: [{ namespace: "l", name: "CC0" }], assessedBy: [{ namespace: "p", name: "sold" }] }]) { position }
    }`,
    { tenant },
  )
  expect(linked.errors).toBeUndefined()
  const body = { ...leastBody('DpiaPacket'), residualRisk: 'HIGH' }
  await recordedKind(test, 'DpiaPacket', {
    ...{ tenant, items: [{ namespace: 'p', name: 'sold', body }] },
  })
  const { facets } = await search(tenant, 'sales', { first: 1 })
  expect(facets).toEqual({
    kinds: [
      { value: 'Dataset', count: 3 },
      { value: 'Job', count: 1 },
    ],
    owners: [
      { value: 'bob', count: 2 },
      { value: 'ann', count: 1 },
    ],
    licences: [{ entity: { name: 'CC0' }, count: 1 }],
    risks: [{ value: 'HIGH', count: 1 }],
  })
  await expectClean(database, tenant)
})

const HOSTILE = [
  ...['orders*', 'or?ers', '/orders/', '"orders"', 'orders~2', 'orders^100', 'words:orders'],
  ...[
    'orders AND NOT x',
    'orders OR daily',
    '+orders -daily',
    '[a TO z] orders',
    '(orders',
    'orders)',
  ],
  ...['orders\\', '*:* orders', 'orders && daily', '{orders}', 'ord\u0000ers', 'orders\u2028daily'],
]

it('takes no text for syntax, whatever stands in it', async () => {
  const tenant = await freshTenant()
  await recorded(test, tenant, [dataset('orders'), dataset('and or not words')])
  for (const text of HOSTILE) {
    const { nodes } = await search(tenant, text)
    // The words alone count: each of these texts has one that nothing here has, or is found as it is.
    const plain = text.replace(/[^a-zA-Z0-9]+/g, ' ').trim()
    expect([text, nodes]).toEqual([text, (await search(tenant, plain)).nodes])
  }
  expect(names(await search(tenant, 'orders*'))).toEqual(['orders'])
  expect(names(await search(tenant, 'AND OR'))).toEqual(['and or not words'])
  expect(faults).toEqual([])
})

it.each([
  ['nothing but signs', '*~?"/ -'],
  ['nothing', ''],
  ['too many characters', 'x'.repeat(1_001)],
  ['ten thousand of them', 'orders '.repeat(2_000)],
  ['too many words', 'a b c d e f g h i'],
])('refuses %s', async (_what, text) => {
  const tenant = await freshTenant()
  const { errors } = await ask(SEARCH, { tenant, variables: { text } })
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'SEARCH_TEXT_INVALID' })
})

it('refuses a cursor of another text, and a page that is too large', async () => {
  const tenant = await freshTenant()
  await recorded(test, tenant, [dataset('orders a'), dataset('orders b')])
  const { pageInfo } = await search(tenant, 'orders', { first: 1 })
  const code = async (variables: Record<string, unknown>) =>
    (await ask(SEARCH, { tenant, variables })).errors?.[0]?.extensions.code
  const [key, epoch, seq, , ...place] = JSON.parse(
    Buffer.from(pageInfo.endCursor, 'base64url').toString(),
  ) as unknown[]
  const forged = JSON.stringify([key, epoch, seq, 1_000, ...place])
  expect(await code({ text: 'other', after: pageInfo.endCursor })).toBe('LINEAGE_CURSOR_INVALID')
  expect(await code({ text: 'orders', after: Buffer.from(forged).toString('base64url') })).toBe(
    'LINEAGE_CURSOR_INVALID',
  )
  expect(await code({ text: 'orders', first: 201 })).toBe('LINEAGE_PAGE_OUT_OF_RANGE')
})

it('shows later pages at the position of the first', async () => {
  const tenant = await freshTenant()
  await recorded(test, tenant, [dataset('orders a'), dataset('orders b')])
  const first = await search(tenant, 'orders', { first: 1 })
  await recorded(test, tenant, [dataset('orders c')])
  const { endCursor: after } = first.pageInfo
  const next = await search(tenant, 'orders', { first: 5, after })
  expect(next.position).toBe(first.position)
  expect([...names(first), ...names(next)].sort()).toEqual(['orders a', 'orders b'])
})

it('prefers names where more is found than is looked at, and tells it', async () => {
  const tenant = await freshTenant()
  const many = MOST_LOOKED_AT + 200
  for (let from = 0; from < many; from += 400) {
    const fields = { description: 'mentions orders' }
    const things = Array.from({ length: Math.min(400, many - from) }, (_, i) => `thing ${from + i}`)
    await ledger.submit({
      ...{ tenant, subject: 'ada', request: `${from}` },
      names: things.map((name) => ({ kind: 'Dataset', namespace: 'db', name })),
      run: async (draft) =>
        things.map((name) => {
          const id = draft.urn('Dataset', 'db', name)
          return draft.assert({ kind: 'Dataset', id, namespace: 'db', name, fields })
        }),
    })
  }
  await recorded(test, tenant, [dataset('orders'), dataset('all_orders'), job('orders_load')])
  const found = await search(tenant, 'orders', { first: 3 })
  expect([names(found), found.more]).toEqual([['orders', 'orders_load', 'all_orders'], true])
  expect(found.total).toBeGreaterThan(3)
  expect(found.total).toBeLessThan(MOST_LOOKED_AT)
  const ids = new Set<string>()
  for (let after: string | undefined; ; ) {
    const page = await search(tenant, 'orders', { first: 150, after })
    for (const { id } of page.nodes) ids.add(id)
    if (!page.pageInfo.hasNextPage) break
    after = page.pageInfo.endCursor
  }
  expect(ids.size).toBe(found.total)
  const jobs = await search(tenant, 'orders', { kinds: ['Job'] })
  expect([names(jobs), jobs.more]).toEqual([['orders_load'], false])
})

const WORDS = ['orders', 'order', 'daily', 'dally', 'Data', 'v2', 'raw', 'custOmer']
const text = fc
  .array(fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom('_', '.', '/', '', ' ')), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => parts.flat().slice(0, -1).join(''))
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('say' as const),
      kind: fc.constantFrom('Dataset' as const, 'Job' as const),
      name: text,
      description: fc.option(text),
      columns: fc.array(text, { maxLength: 2 }),
      owners: fc.uniqueArray(fc.constantFrom('ann', 'bob', 'eve'), { maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constantFrom('retire' as const, 'erase' as const),
      which: fc.nat(),
    }),
  },
)

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

/** A tenant, and what a reader of all of it knows to be there. */
interface Side {
  tenant: string
  things: Map<string, Thing>
}

async function play({ tenant, things }: Side, all: readonly Step[]) {
  for (const one of all) {
    if (one.does !== 'say') {
      const id = [...things.keys()].sort()[one.which % Math.max(1, things.size)]
      if (id === undefined) continue
      things.delete(id)
      const { errors } = await ask(
        one.does === 'retire'
          ? `mutation { retire(id: "${id}") { position } }`
          : `mutation { erase(id: "${id}", ground: OTHER, reason: "a test") { position } }`,
        { tenant },
      )
      expect(errors).toBeUndefined()
      continue
    }
    const { kind, name, description, columns, owners } = one
    const group = kind.toLowerCase()
    const value = (of: object) => (Object.values(of)[0].length > 0 ? of : null)
    const facets = [
      {
        group: 'dataset',
        name: 'schema',
        value: value({ fields: columns.map((of) => ({ name: of })) }),
      },
      { group, name: 'ownership', value: value({ owners: owners.map((of) => ({ name: of })) }) },
    ]
    const item = (kind === 'Dataset' ? dataset : job)(name, { description, facets })
    const { id } = (await recorded(test, tenant, [item]))[0]!
    const texts = ['db', name, description ?? '', ...columns]
    things.set(id, { id, kind, name, texts, owners })
  }
}

async function compare({ tenant, things }: Side, asked: string, kinds: Kind[], first: number) {
  const expected = expectedHits([...things.values()], asked, kinds)
  const nodes: Found['nodes'] = []
  for (let after: string | undefined; ; ) {
    const spread = after === undefined
    const page = await search(tenant, asked, { kinds, first, after, spread })
    nodes.push(...page.nodes)
    expect([page.total, page.more]).toEqual([expected.length, false])
    if (spread)
      expect(page.facets).toMatchObject({
        kinds: counts(expected.map(({ kind }) => kind)),
        owners: counts(expected.flatMap(({ owners }) => owners)),
      })
    if (!page.pageInfo.hasNextPage) break
    after = page.pageInfo.endCursor
  }
  expect([asked, nodes.map(({ id }) => id)]).toEqual([asked, expected.map(({ id }) => id)])
  return nodes
}

it('finds what a look at everything finds, in its order, whatever another tenant writes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 4, maxLength: 14 }),
      fc.array(step, { maxLength: 10 }),
      fc.array(fc.tuple(text, fc.subarray<Kind>(['Dataset', 'Job'])), {
        minLength: 3,
        maxLength: 5,
      }),
      fc.integer({ min: 1, max: 5 }),
      async (ours, theirs, questions, first) => {
        const [us, them] = await Promise.all(
          [1, 2].map(async () => ({ tenant: await freshTenant(), things: new Map() })),
        )
        await play(us!, ours)
        const before = []
        for (const [asked, kinds] of questions) before.push(await compare(us!, asked, kinds, first))
        await play(them!, theirs)
        const after = []
        for (const [asked, kinds] of questions) {
          after.push(await compare(us!, asked, kinds, first))
          await compare(them!, asked, kinds, first)
        }
        expect(after).toEqual(before)
        await expectClean(database, us!.tenant)
      },
    ),
    { numRuns: 5, endOnFailure: true },
  )
})
