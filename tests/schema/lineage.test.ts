import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { chain, dataset, job, near, recorded } from './recording.ts'

const test = await testApp()
const { ask, freshTenant, ledger, reads, faults } = test

const LINEAGE = `query Lineage(
  $root: ID!, $direction: Direction = UPSTREAM, $depth: Int = 4, $first: Int = 500, $after: String
) {
  lineage(root: $root, direction: $direction, depth: $depth, first: $first, after: $after) {
    root { id name }
    nodes { distance entity { id kind name version retired aliasOf ... on Dataset { __typename } } }
    edges { relation from to since }
    truncated beyond total position
    pageInfo { hasNextPage endCursor }
  }
}`
interface Page {
  root: { id: string; name: string }
  nodes: {
    distance: number
    entity: { id: string; name: string; kind: string; version: number; retired: boolean }
  }[]
  edges: { relation: string; from: string; to: string; since: number }[]
  truncated: boolean
  beyond: number
  total: number
  position: string
  pageInfo: { hasNextPage: boolean; endCursor: string }
}

async function lineageOf(tenant: string, variables: object, headers = {}) {
  const saying = { tenant, variables: variables as Record<string, unknown>, headers }
  const { data, errors } = await ask<{ lineage: Page }>(LINEAGE, saying)
  expect(errors).toBeUndefined()
  return data.lineage
}
const idsOf = ({ nodes }: Page) => nodes.map(({ entity }) => entity.id)

it('answers with one read, compiled or not', async () => {
  const tenant = await freshTenant()
  const [raw, clean, root] = await chain(test, tenant)
  // The third time round the operation is compiled.
  for (let i = 0; i < 3; i++) {
    reads()
    const { data, extensions, status } = await ask(LINEAGE, { tenant, variables: { root } })
    expect(reads()).toEqual(['lineage upstream within 4 hops'])
    expect(status).toBe(200)
    expect(extensions).toEqual({ position: '0:6' })
    expect(data).toEqual({
      lineage: {
        root: { id: root, name: 'public' },
        nodes: [root, clean, raw].map((id, distance) => ({
          distance,
          entity: {
            id,
            kind: 'Dataset',
            name: ['public', 'clean', 'raw'][distance],
            version: 1,
            retired: false,
            aliasOf: null,
            __typename: 'Dataset',
          },
        })),
        edges: [
          { relation: 'WAS_DERIVED_FROM', from: root, to: clean, since: 5 },
          { relation: 'WAS_DERIVED_FROM', from: clean, to: raw, since: 4 },
        ],
        truncated: false,
        beyond: 0,
        total: 3,
        position: '0:6',
        pageInfo: { hasNextPage: false, endCursor: expect.any(String) },
      },
    })
  }
  expect(faults).toEqual([])
})

it('reads later pages at the position of the first, whatever was recorded since', async () => {
  const tenant = await freshTenant()
  const [raw, clean, root] = await chain(test, tenant)
  const first = await lineageOf(tenant, { root, first: 2 })
  expect([idsOf(first), first.beyond, first.truncated]).toEqual([[root, clean], 1, true])
  await recorded(test, tenant, [
    dataset('clean', { derivedFrom: [near('other')], description: 'not the same any more' }),
    dataset('raw', { description: 'renewed' }),
  ])
  const next = await lineageOf(tenant, { root, first: 2, after: first.pageInfo.endCursor })
  expect(next).toMatchObject({ root: { id: root }, position: first.position, truncated: false })
  expect(next.nodes).toMatchObject([{ distance: 2, entity: { id: raw, version: 1 } }])
  expect(next.edges).toMatchObject([{ from: clean, to: raw }])
  expect(idsOf(await lineageOf(tenant, { root }))).not.toContain(raw)
})

it('refuses a cursor of another question, tenant or making', async () => {
  const tenant = await freshTenant()
  const twin = await freshTenant()
  const [raw, , root] = await chain(test, tenant)
  const { endCursor: after } = (await lineageOf(tenant, { root, first: 1 })).pageInfo
  const forged = (text: string) => Buffer.from(text).toString('base64url')
  const refused: [object, string][] = [
    [{ root, depth: 5, after }, tenant],
    [{ root, direction: 'BOTH', after }, tenant],
    [{ root: raw, after }, tenant],
    [{ root, after }, twin],
    [{ root, after: '' }, tenant],
    [{ root, after: 'not base64!' }, tenant],
    [{ root, after: forged('[') }, tenant],
    [{ root, after: forged('{}') }, tenant],
    [{ root, after: forged('[["lineage"],0,1,0,"x"]') }, tenant],
    [{ root, after: `${after}${after}` }, tenant],
    [{ root, after: 'A'.repeat(10_000) }, tenant],
  ]
  for (const [variables, of] of refused) {
    const { errors } = await ask(LINEAGE, { tenant: of, variables: variables as never })
    expect(errors).toMatchObject([{ extensions: { code: 'LINEAGE_CURSOR_INVALID' } }])
  }
})

it('loses a position, or a cursor, of another epoch', async () => {
  const tenant = await freshTenant()
  const [, , root] = await chain(test, tenant)
  const { endCursor } = (await lineageOf(tenant, { root, first: 1 })).pageInfo
  const parts = JSON.parse(Buffer.from(endCursor, 'base64url').toString())
  parts[1] = 7
  const after = Buffer.from(JSON.stringify(parts)).toString('base64url')
  const byCursor = await ask(LINEAGE, { tenant, variables: { root, after } })
  expect(byCursor.errors).toMatchObject([{ extensions: { code: 'POSITION_LOST' } }])
  const byHeader = await ask(LINEAGE, {
    tenant,
    variables: { root },
    headers: { 'x-selvedge-min-position': '7:3' },
  })
  expect(byHeader.errors).toMatchObject([{ extensions: { code: 'POSITION_LOST' } }])
})

it('waits for a position that is about to be reached, and for two seconds at most', async () => {
  const tenant = await freshTenant()
  const [, , root] = await chain(test, tenant)
  const headers = { 'x-selvedge-min-position': '0:7' }
  const answer = lineageOf(tenant, { root }, headers)
  await recorded(test, tenant, [dataset('late')])
  expect((await answer).position).toBe('0:7')

  const started = performance.now()
  const late = await ask(LINEAGE, {
    tenant,
    variables: { root },
    extensions: { minPosition: '0:1000' },
  })
  expect(performance.now() - started).toBeGreaterThan(1_900)
  expect(late).toMatchObject({
    status: 503,
    errors: [{ extensions: { code: 'POSITION_NOT_REACHED', asked: '0:1000', at: '0:7' } }],
  })
})

it('takes an alias for what it is an alias of, and shows what was retired', async () => {
  const tenant = await freshTenant()
  const [raw, clean, root] = await chain(test, tenant)
  const [other] = await recorded(test, tenant, [dataset('another name of raw')])
  await ledger.submit({
    tenant,
    subject: 'test',
    request: 'alias',
    ids: [other!.id, raw],
    run: async (draft) => [draft.retire(other!.id, raw)],
  })
  const down = await lineageOf(tenant, { root: other!.id, direction: 'DOWNSTREAM' })
  expect([down.root.id, idsOf(down)]).toEqual([raw, [raw, clean, root]])
  await ask('mutation Retire($id: ID!) { retire(id: $id) { position } }', {
    tenant,
    variables: { id: clean },
  })
  const up = await lineageOf(tenant, { root })
  expect(up.nodes).toMatchObject([
    { entity: { id: root, retired: false } },
    { entity: { id: clean, retired: true } },
  ])
  const entity = '{ entity(id: $id) { retired aliasOf } }'
  const alias = await ask(`query Entity($id: ID!) ${entity}`, {
    tenant,
    variables: { id: other!.id },
  })
  expect(alias.data).toEqual({ entity: { retired: true, aliasOf: raw } })
})

it('tells how much lies one hop beyond the depth, and gives the newest checkpoint', async () => {
  const tenant = await freshTenant()
  const [, , root] = await chain(test, tenant)
  await recorded(test, tenant, [
    dataset('clean', { derivedFrom: [near('raw'), near('b'), near('c')] }),
  ])
  const size = (await ledger.checkpointOf(tenant, 9)).size
  const { data } = await ask(
    'query Frontier($root: ID!) { lineage(root: $root, depth: 1) { total frontier checkpoint { size root note } } }',
    { tenant, variables: { root } },
  )
  expect(data).toMatchObject({ lineage: { total: 2, frontier: 3, checkpoint: { size } } })
})

it('follows jobs and datasets alike, and circles end', async () => {
  const tenant = await freshTenant()
  const [, reads_, , writes] = await recorded(test, tenant, [
    dataset('in'),
    job('reads', { uses: [near('in'), near('out')], partOf: [near('whole')] }),
    dataset('out', { generatedBy: [near('reads')], derivedFrom: [near('out')] }),
    job('whole', { uses: [near('out')] }),
  ])
  const page = await lineageOf(tenant, { root: reads_!.id, direction: 'BOTH', depth: 20 })
  expect(page.nodes.map(({ entity, distance }) => [entity.name, distance])).toContainEqual([
    'whole',
    1,
  ])
  expect(new Set(idsOf(page)).size).toBe(4)
  expect(page.edges).toHaveLength(6)
  expect(idsOf(page)).toContain(writes!.id)
})
