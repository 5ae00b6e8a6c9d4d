import { expect, it } from 'vitest'
import { runId } from '../openlineage/events.ts'
import { testApp } from '../setup/app.ts'
import { chain, dataset, job, near, recorded, run } from './recording.ts'

const test = await testApp()
const { ask, freshTenant, ledger, reads, faults } = test

const PATH = `query Path($from: ID!, $to: ID!, $depth: Int = 20, $first: Int = 10, $after: String) {
  path(from: $from, to: $to, depth: $depth, first: $first, after: $after) {
    from { name } to { name } distance total truncated beyond position
    paths { entities { name } hops { relation from to since record { seq action version at } } }
    pageInfo { hasNextPage endCursor }
  }
}`
interface Paths {
  from: { name: string }
  to: { name: string }
  distance: number | null
  total: string
  truncated: boolean
  beyond: string
  position: string
  paths: { entities: { name: string }[]; hops: { relation: string; since: number }[] }[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

async function pathsOf(tenant: string, variables: Record<string, unknown>) {
  const { data, errors } = await ask<{ path: Paths }>(PATH, { tenant, variables })
  expect(errors).toBeUndefined()
  return data.path
}
const namesOf = ({ paths }: Paths) => paths.map(({ entities }) => entities.map(({ name }) => name))

/** report <- {left, right} <- raw: two ways of two hops. */
async function diamond(tenant: string) {
  const outcomes = await recorded(test, tenant, [
    dataset('raw'),
    dataset('left', { derivedFrom: [near('raw')] }),
    dataset('right', { derivedFrom: [near('raw')] }),
    dataset('report', { derivedFrom: [near('left'), near('right')] }),
  ])
  return outcomes.map(({ id }) => id) as [string, string, string, string]
}

it('tells the way from one to the other, and of each hop which record added it', async () => {
  const tenant = await freshTenant()
  const [raw, clean, root] = await chain(test, tenant)
  reads()
  const answer = await pathsOf(tenant, { from: root, to: raw })
  expect(reads()).toEqual([
    'distance within 20 hops',
    'shortest paths within 2 hops',
    'entities by ids',
    'times of records',
  ])
  const record = (seq: number) => ({ seq, action: 'assert', version: 1, at: expect.any(String) })
  expect(answer).toEqual({
    from: { name: 'public' },
    to: { name: 'raw' },
    distance: 2,
    total: '1',
    truncated: false,
    beyond: '0',
    position: '0:6',
    paths: [
      {
        entities: ['public', 'clean', 'raw'].map((name) => ({ name })),
        hops: [
          { relation: 'WAS_DERIVED_FROM', from: root, to: clean, since: 5, record: record(5) },
          { relation: 'WAS_DERIVED_FROM', from: clean, to: raw, since: 4, record: record(4) },
        ],
      },
    ],
    pageInfo: { hasNextPage: false, endCursor: null },
  })
  expect(faults).toEqual([])
})

it('has no way down, beside, or further than the depth', async () => {
  const tenant = await freshTenant()
  const [raw, left, right, report] = await diamond(tenant)
  const none = { distance: null, total: '0', paths: [], truncated: false }
  expect(await pathsOf(tenant, { from: raw, to: report })).toMatchObject(none)
  expect(await pathsOf(tenant, { from: left, to: right })).toMatchObject(none)
  expect(await pathsOf(tenant, { from: report, to: raw, depth: 1 })).toMatchObject(none)
  const here = await pathsOf(tenant, { from: raw, to: raw, depth: 0 })
  expect(here).toMatchObject({ distance: 0, total: '1', paths: [{ hops: [] }] })
  expect(namesOf(here)).toEqual([['raw']])
})

it('goes on at the position of the first page, whatever was recorded since', async () => {
  const tenant = await freshTenant()
  const [raw, , , report] = await diamond(tenant)
  const first = await pathsOf(tenant, { from: report, to: raw, first: 1 })
  expect(first).toMatchObject({ total: '2', truncated: true, beyond: '1', distance: 2 })
  await recorded(test, tenant, [dataset('report', { derivedFrom: [near('raw')] })])
  const { endCursor: after } = first.pageInfo
  const next = await pathsOf(tenant, { from: report, to: raw, first: 1, after })
  expect(next).toMatchObject({ total: '2', truncated: false, position: first.position })
  expect([...namesOf(first), ...namesOf(next)].sort()).toEqual([
    ['report', 'left', 'raw'],
    ['report', 'right', 'raw'],
  ])
  expect(namesOf(await pathsOf(tenant, { from: report, to: raw }))).toEqual([['report', 'raw']])
})

it('takes either end by any of its names', async () => {
  const tenant = await freshTenant()
  const [raw, , root] = await chain(test, tenant)
  const [other] = await recorded(test, tenant, [dataset('another name of raw')])
  await ledger.submit({
    tenant,
    subject: 'test',
    request: 'alias',
    ids: [other!.id, raw],
    run: async (draft) => [draft.retire(other!.id, raw)],
  })
  const answer = await pathsOf(tenant, { from: root, to: other!.id })
  expect(answer).toMatchObject({ to: { name: 'raw' }, distance: 2 })
  expect(await pathsOf(tenant, { from: other!.id, to: raw })).toMatchObject({ distance: 0 })
})

it('leads from a hop to the runs that brought it about', async () => {
  const tenant = await freshTenant()
  const id = runId(1)
  const [, , out] = await recorded(test, tenant, [
    dataset('in'),
    job('etl', { uses: [near('in')] }),
    dataset('out', { generatedBy: [near('etl')] }),
    run(id, { job: near('etl'), used: [near('in')], generated: [near('out')] }),
  ])
  const found = await ask<{ entity: { id: string } }>(
    '{ entity(kind: Dataset, namespace: "db", name: "in") { id } }',
    { tenant },
  )
  const { data, errors } = await ask(
    'query ($from: ID!, $to: ID!) { path(from: $from, to: $to) { paths { hops { relation runs { nodes { name } } } } } }',
    { tenant, variables: { from: out!.id, to: found.data.entity.id } },
  )
  expect(errors).toBeUndefined()
  const runs = { nodes: [{ name: id }] }
  expect(data).toEqual({
    path: {
      paths: [
        {
          hops: [
            { relation: 'WAS_GENERATED_BY', runs },
            { relation: 'USED', runs },
          ],
        },
      ],
    },
  })
})

it('refuses what is no question, and a cursor of another', async () => {
  const tenant = await freshTenant()
  const [raw, clean, root] = await chain(test, tenant)
  await recorded(test, tenant, [
    dataset('public', { derivedFrom: [near('clean'), near('beside')] }),
    dataset('beside', { derivedFrom: [near('raw')] }),
  ])
  const asked = { from: root, to: raw, first: 1 }
  const { endCursor: after } = (await pathsOf(tenant, asked)).pageInfo
  const forged = (rank: unknown) =>
    Buffer.from(JSON.stringify([['path', tenant, root, raw, 20], 0, 6, rank])).toString('base64url')
  const refused: [object, string][] = [
    [{ ...asked, from: 'raw' }, 'ENTITY_ID_INVALID'],
    [{ ...asked, to: '' }, 'ENTITY_ID_INVALID'],
    [{ ...asked, from: raw.slice(0, -3).concat('AAA') }, 'LINEAGE_ROOT_UNKNOWN'],
    [{ ...asked, to: raw.slice(0, -3).concat('AAA') }, 'LINEAGE_ROOT_UNKNOWN'],
    [{ ...asked, depth: 21 }, 'LINEAGE_DEPTH_OUT_OF_RANGE'],
    [{ ...asked, depth: -1 }, 'LINEAGE_DEPTH_OUT_OF_RANGE'],
    [{ ...asked, first: 0 }, 'LINEAGE_PAGE_OUT_OF_RANGE'],
    [{ ...asked, first: 101 }, 'LINEAGE_PAGE_OUT_OF_RANGE'],
    [{ ...asked, to: clean, after }, 'LINEAGE_CURSOR_INVALID'],
    [{ ...asked, depth: 3, after }, 'LINEAGE_CURSOR_INVALID'],
    [{ ...asked, after: forged('0') }, 'LINEAGE_CURSOR_INVALID'],
    [{ ...asked, after: forged('1e3') }, 'LINEAGE_CURSOR_INVALID'],
    [{ ...asked, after: forged(1) }, 'LINEAGE_CURSOR_INVALID'],
    [{ ...asked, after: forged('9'.repeat(150)) }, 'LINEAGE_CURSOR_INVALID'],
    [{ ...asked, after: forged('9'.repeat(250)) }, 'LINEAGE_CURSOR_INVALID'],
  ]
  for (const [variables, code] of refused) {
    const { errors } = await ask(PATH, { tenant, variables: variables as never })
    expect(errors, JSON.stringify(variables)).toMatchObject([{ extensions: { code } }])
  }
})
