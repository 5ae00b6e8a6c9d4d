import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { head, runId } from './events.ts'
import { send } from './world.ts'

const { ask, freshTenant, ledger, faults } = await testApp()

const parent = (n: number, name: string) => ({
  run: { runId: runId(n) },
  job: { namespace: 'jobs', name },
})
const event = (facets: object, more: { job?: object; run?: object } = {}) => ({
  ...head('2026-01-01T00:00:00Z'),
  run: { runId: runId(1), facets: more.run ?? {} },
  job: { namespace: 'jobs', name: 'etl', facets: more.job ?? {} },
  outputs: [{ namespace: 'db', name: 'out', facets }],
})

const ASK = `{
  d: entity(kind: Dataset, namespace: "db", name: "out") { facets { name value } ... on Dataset {
    columns { name type description position } owners { name type } tags { key value source column }
    qualityAssertions { assertion success column severity }
  } }
  j: entity(kind: Job, namespace: "jobs", name: "etl") { ... on Job { owners { name } tags { key } } }
  r: entity(kind: Run, namespace: "run", name: "${runId(1)}") {
    ... on Run { root { name } parents { name } tags { value } }
  }
}`

async function told(sent: object) {
  const tenant = await freshTenant()
  await send(ledger, tenant, sent)
  const { data, errors } = await ask<Record<'d' | 'j' | 'r', Record<string, unknown>>>(ASK, {
    tenant,
  })
  expect(errors).toBeUndefined()
  return data
}

it('tells what the facets say of columns, owners, tags and quality', async () => {
  const inner = { name: 'city', type: 'STRING' }
  const { d, j, r } = await told(
    event(
      {
        schema: {
          fields: [
            { name: 'id', type: 'BIGINT', description: 'which one', ordinal_position: 1 },
            { name: 'address', type: 'STRUCT', fields: [inner] },
          ],
        },
        ownership: { owners: [{ name: 'team:sales', type: 'MAINTAINER' }] },
        tags: { tags: [{ key: 'pii', value: 'true', source: 'DBT', field: 'address' }] },
        dataQualityAssertions: {
          assertions: [{ assertion: 'not_null', success: false, column: 'id' }],
        },
      },
      {
        job: {
          ownership: { owners: [{ name: 'ada' }] },
          tags: { tags: [{ key: 'k', value: 'v' }] },
        },
        run: { tags: { tags: [{ key: 'k', value: 'w' }] } },
      },
    ),
  )
  const nothing = { description: null, position: null }
  expect(d).toMatchObject({
    columns: [
      { name: 'id', type: 'BIGINT', description: 'which one', position: 1 },
      { name: 'address', type: 'STRUCT', ...nothing },
      { name: 'address.city', type: 'STRING', ...nothing },
    ],
    owners: [{ name: 'team:sales', type: 'MAINTAINER' }],
    tags: [{ key: 'pii', value: 'true', source: 'DBT', column: 'address' }],
    qualityAssertions: [{ assertion: 'not_null', success: false, column: 'id', severity: null }],
  })
  expect([j, r]).toEqual([
    { owners: [{ name: 'ada' }], tags: [{ key: 'k' }] },
    { root: null, parents: [], tags: [{ value: 'w' }] },
  ])
})

it('tells nothing of a facet that is not of its form, which is kept as it came', async () => {
  const facets = {
    schema: { fields: [{ name: 'id' }, { type: 'STRING' }] },
    ownership: { owners: 'everybody' },
    tags: { tags: [{ key: 'k', value: 7 }] },
    dataQualityAssertions: { assertions: [{ assertion: 'x', success: 'perhaps' }] },
  }
  const { d } = await told(event(facets))
  expect(d).toMatchObject({ columns: null, owners: null, tags: null, qualityAssertions: null })
  const kept = (d.facets as { name: string; value: unknown }[]).map(({ name, value }) => [
    name,
    value,
  ])
  expect(Object.fromEntries(kept)).toEqual(facets)
})

it('tells the run at the root of what started one', async () => {
  const { r } = await told(
    event({}, { run: { parent: { ...parent(2, 'dag'), root: parent(3, 'all') } } }),
  )
  expect(r.root).toEqual({ name: runId(3) })
  expect((r.parents as { name: string }[]).map(({ name }) => name).sort()).toEqual([
    runId(2),
    runId(3),
  ])
  expect(faults).toEqual([])
})
