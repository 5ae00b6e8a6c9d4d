import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { dataset, job, near, recorded, run } from './recording.ts'

const test = await testApp()
const { ask, freshTenant, reads } = test

const RUN_ID = '01936893-9751-7a91-a2a0-a51101a3970c'

it('finds an entity by id, by name, as a node, and not at all', async () => {
  const tenant = await freshTenant()
  const [made] = await recorded(test, tenant, [dataset('a'), run(RUN_ID, {})])
  const { data } = await ask(
    `query Find($id: ID!, $other: ID!) {
      byId: entity(id: $id) { id }
      byName: entity(kind: Dataset, namespace: "db", name: "a") { id recordedAt seq }
      byNfd: entity(kind: Dataset, namespace: "db", name: "a\\u0301") { id }
      run: entity(kind: Run, namespace: "run", name: "${RUN_ID.toUpperCase()}") { name }
      tenant: entity(kind: Tenant, namespace: "tenant", name: "${tenant}") { seq version }
      node(id: $id) { __typename id }
      nodes(ids: [$other, $id, $id]) { id }
      nobody: nodes(ids: []) { id }
      none: entity(kind: Job, namespace: "db", name: "a") { id }
    }`,
    { tenant, variables: { id: made!.id, other: `urn:selvedge:job:h:${'A'.repeat(43)}` } },
  )
  expect(data).toEqual({
    byId: { id: made!.id },
    byName: { id: made!.id, seq: 3, recordedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
    byNfd: null,
    run: { name: RUN_ID },
    tenant: { seq: 2, version: 1 },
    node: { __typename: 'Dataset', id: made!.id },
    nodes: [null, { id: made!.id }, { id: made!.id }],
    nobody: [],
    none: null,
  })
})

it('lists entities in pages that hold each one once, whatever is recorded meanwhile', async () => {
  const tenant = await freshTenant()
  await recorded(test, tenant, [
    ...Array.from({ length: 7 }, (_, i) => dataset(`d${i}`)),
    ...Array.from({ length: 4 }, (_, i) => job(`j${i}`)),
  ])
  const LIST = `query List($kind: Kind, $first: Int!, $after: String) {
    entities(kind: $kind, first: $first, after: $after) {
      nodes { name } edges { cursor node { id } } pageInfo { hasNextPage endCursor }
    }
  }`
  interface Listed {
    entities: {
      nodes: { name: string }[]
      pageInfo: { hasNextPage: boolean; endCursor: string | null }
    }
  }
  const names: string[] = []
  let after: string | null = null
  for (let page = 0; page < 4; page++) {
    const variables: Record<string, unknown> = { kind: 'Dataset', first: 2, after }
    const { data } = await ask<Listed>(LIST, { tenant, variables })
    names.push(...data.entities.nodes.map(({ name }) => name))
    expect(data.entities.pageInfo.hasNextPage).toBe(page < 3)
    after = data.entities.pageInfo.endCursor
    await recorded(test, tenant, [
      dataset(`later ${page}`),
      dataset('d0', { description: `${page}` }),
    ])
  }
  expect(names.sort()).toEqual(['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6'])
  const all = await ask<Listed>(LIST, { tenant, variables: { first: 100 } })
  expect(all.data.entities.nodes).toHaveLength(7 + 4 + 4 + 1)
  const other = await ask(LIST, { tenant, variables: { kind: 'Job', first: 2, after } })
  expect(other.errors).toMatchObject([{ extensions: { code: 'LINEAGE_CURSOR_INVALID' } }])
})

it('reads bodies and times only where a field needs them, for all entities at once', async () => {
  const tenant = await freshTenant()
  await recorded(
    test,
    tenant,
    Array.from({ length: 20 }, (_, i) => dataset(`d${i}`, { description: `${i}` })),
  )
  const list = (fields: string) =>
    ask(`{ entities(kind: Dataset) { nodes { ${fields} } } }`, { tenant })
  reads()
  await list('id name version retired')
  expect(reads()).toEqual(['entities in the order of their ids'])
  await list('recordedAt facets { name } ... on Dataset { description derivedFrom { id } }')
  expect(reads().sort()).toEqual([
    'bodies of records',
    'entities in the order of their ids',
    'out-edges of entities',
    'times of records',
  ])
})

it('filters facets by group and name', async () => {
  const tenant = await freshTenant()
  const facets = [
    { group: 'input', name: 'rows', value: { n: 1 } },
    { group: 'dataset', name: 'schema', value: { fields: [] } },
    { group: 'dataset', name: 'a:b', value: { odd: 'name' } },
    { group: 'dataset', name: '__proto__', value: { polluted: true } },
  ]
  const [made] = await recorded(test, tenant, [dataset('a', { facets })])
  const { data } = await ask(
    `query Facets($id: ID!) { entity(id: $id) {
      all: facets { group name value }
      some: facets(group: dataset) { name }
      one: facets(group: dataset, name: "a:b") { value }
    } }`,
    { tenant, variables: { id: made!.id } },
  )
  expect(data).toEqual({
    entity: {
      all: [facets[3], facets[2], facets[1], facets[0]],
      some: [{ name: '__proto__' }, { name: 'a:b' }, { name: 'schema' }],
      one: [{ value: { odd: 'name' } }],
    },
  })
})

it('shows one tenant nothing of another that uses the same names', async () => {
  const [a, b] = [await freshTenant(), await freshTenant()]
  const [mine] = await recorded(test, a, [dataset('x', { derivedFrom: [near('y')] })])
  const [theirs] = await recorded(test, b, [dataset('x', { derivedFrom: [near('z')] })])
  expect(mine!.id).not.toBe(theirs!.id)
  const look = (tenant: string, id: string) =>
    ask(
      'query Look($id: ID!) { entity(id: $id) { id } node(id: $id) { id } nodes(ids: [$id]) { id } runs(of: {job: $id}) { nodes { id } } }',
      {
        tenant,
        variables: { id },
      },
    )
  expect((await look(a, theirs!.id)).data).toEqual({
    entity: null,
    node: null,
    nodes: [null],
    runs: { nodes: [] },
  })
})
