import { expect, it } from 'vitest'
import { linksOfKind, mayBeNamed, OTHERS_KINDS } from '../../domains/kinds/links.ts'
import { farKinds, KINDS, type TypedKind } from '../../lineage/kinds.ts'
import { dataset, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { leastBody, recordedKind, sendKind } from './recording.ts'

const test = await testApp()
const { app, ask, freshTenant, faults } = test

const LINKS =
  'mutation L($items: [LinksInput!]!) { linksRecord(items: $items) { results { id changed } } }'

const link = (tenant: string, items: unknown[]) =>
  ask<{ linksRecord: { results: { id: string; changed: boolean }[] } | null }>(LINKS, {
    tenant,
    variables: { items },
  })

const RUN = '01936893-9751-7a91-a2a0-a51101a3970'

/** A run event of a job that reads `raw` and writes `clean`, or a job event that states so. */
const event = (
  hour: number,
  more: object = { run: { runId: `${RUN}${hour}` }, eventType: 'COMPLETE' },
) => ({
  eventTime: `2026-03-31T0${hour}:00:00Z`,
  producer: 'https://example.org/test',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json',
  job: { namespace: 'db', name: 'daily' },
  inputs: [{ namespace: 'db', name: 'raw' }],
  outputs: [{ namespace: 'db', name: 'clean' }],
  ...more,
})

async function send(tenant: string, ...events: object[]) {
  const response = await app.fetch(
    new Request('http://localhost/api/v1/lineage/batch', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
      body: JSON.stringify(events),
    }),
  )
  const { results } = (await response.json()) as { results: { ok: boolean }[] }
  expect(results.map(({ ok }) => ok)).toEqual(events.map(() => true))
}

const source = (tenant: string, name: string) =>
  recordedKind(test, 'Source', { tenant, items: [{ ...near(name), body: leastBody('Source') }] })

/** Both ways of writing, as they show in one dataset. */
const seen = async (tenant: string, name: string) => {
  const { data } = await ask<{ entity: Record<string, unknown> | null }>(
    `{ entity(kind: Dataset, namespace: "db", name: "${name}") {
      ... on Dataset { generatedBy { name } fromSource { name ... on Source { body { title } } } } } }`,
    { tenant },
  )
  return data.entity
}

const FROM_SHOP = { fromSource: [{ name: 'shop', body: { title: 'Orders' } }] }
const BY_DAILY = { generatedBy: [{ name: 'daily' }] }

it('gives a dataset that events recorded its source, and no later event takes it away', async () => {
  const tenant = await freshTenant()
  await send(tenant, event(1))
  await source(tenant, 'shop')
  await link(tenant, [
    { entity: { kind: 'Dataset', ...near('clean') }, fromSource: [near('shop')] },
  ])
  expect(await seen(tenant, 'clean')).toEqual({ ...BY_DAILY, ...FROM_SHOP })
  await send(tenant, event(2))
  expect(await seen(tenant, 'clean')).toEqual({ ...BY_DAILY, ...FROM_SHOP })
  // A job event states the outputs whole: what it leaves out loses its job, and nothing else.
  await send(tenant, event(3, { outputs: [{ namespace: 'db', name: 'other' }] }))
  expect(await seen(tenant, 'clean')).toEqual({ generatedBy: [], ...FROM_SHOP })
  await send(tenant, {
    ...event(4, { dataset: near('clean') }),
    job: undefined,
    inputs: undefined,
    outputs: undefined,
  })
  expect(await seen(tenant, 'clean')).toEqual({ generatedBy: [], ...FROM_SHOP })
})

it('leaves what events say as it is, also where it comes first', async () => {
  const tenant = await freshTenant()
  const { data } = await link(tenant, [
    { entity: { kind: 'Dataset', ...near('clean') }, fromSource: [near('shop')] },
  ])
  expect(data.linksRecord!.results).toMatchObject([{ changed: true }])
  expect(await seen(tenant, 'clean')).toEqual({
    generatedBy: [],
    fromSource: [{ name: 'shop', body: null }],
  })
  await source(tenant, 'shop')
  await send(tenant, event(1))
  expect(await seen(tenant, 'clean')).toEqual({ ...BY_DAILY, ...FROM_SHOP })
  const id = data.linksRecord!.results[0]!.id
  await link(tenant, [{ entity: { id } }])
  expect(await seen(tenant, 'clean')).toEqual({ ...BY_DAILY, ...FROM_SHOP })
  await link(tenant, [{ entity: { id }, fromSource: [] }])
  expect(await seen(tenant, 'clean')).toEqual({ ...BY_DAILY, fromSource: [] })
})

it('follows a dataset that turns out to be another name of one', async () => {
  const tenant = await freshTenant()
  await send(tenant, event(1))
  await source(tenant, 'shop')
  await link(tenant, [
    { entity: { kind: 'Dataset', ...near('clean') }, fromSource: [near('shop')] },
  ])
  const symlinks = {
    _producer: 'https://example.org/test',
    _schemaURL: 'https://openlineage.io/spec/facets/1-0-1/SymlinksDatasetFacet.json',
    identifiers: [{ namespace: 'db', name: 'clean', type: 'TABLE' }],
  }
  await send(
    tenant,
    event(2, {
      run: { runId: `${RUN}2` },
      eventType: 'COMPLETE',
      outputs: [{ namespace: 's3', name: 'clean', facets: { symlinks } }],
    }),
  )
  await send(
    tenant,
    event(3, {
      run: { runId: `${RUN}3` },
      eventType: 'COMPLETE',
      outputs: [{ namespace: 's3', name: 'clean' }],
    }),
  )
  expect(await seen(tenant, 'clean')).toEqual({ ...BY_DAILY, ...FROM_SHOP })
})

it('is walked by lineage, as far as the source', async () => {
  const tenant = await freshTenant()
  await send(tenant, event(1))
  await link(tenant, [{ entity: { kind: 'Dataset', ...near('raw') }, fromSource: [near('shop')] }])
  const { data } = await ask<{ entity: { id: string } }>(
    '{ entity(kind: Dataset, namespace: "db", name: "clean") { id } }',
    { tenant },
  )
  const walked = await ask<{ lineage: { nodes: object[] } }>(
    `{ lineage(root: "${data.entity.id}", direction: UPSTREAM, depth: 5) { nodes { distance entity { kind name } } } }`,
    { tenant },
  )
  expect(walked.data.lineage.nodes).toEqual([
    { distance: 0, entity: { kind: 'Dataset', name: 'clean' } },
    { distance: 1, entity: { kind: 'Job', name: 'daily' } },
    { distance: 2, entity: { kind: 'Dataset', name: 'raw' } },
    { distance: 3, entity: { kind: 'Source', name: 'shop' } },
  ])
})

it('goes through a grant, its body as far as the fields are granted', async () => {
  const [tenant, other] = [await freshTenant(), await freshTenant()]
  const [{ id } = { id: '' }] = await source(tenant, 'shop')
  const grant = `mutation { grantCreate(input: {to: "${other}", root: "${id}", direction: UPSTREAM, depth: 1, kinds: [Source], fields: ["Source.title"], until: "${new Date(Date.now() + 3.6e6).toISOString()}"}) { grant { id } } }`
  const given = await ask<{ grantCreate: { grant: { id: string } } }>(grant, { tenant })
  expect(given.errors).toBeUndefined()
  const read = await ask<{ granted: object }>(
    `{ granted(grant: "${given.data.grantCreate.grant.id}") { entity(id: "${id}") { kind name body { ... on SourceBody { title description } } } } }`,
    { tenant: other },
  )
  expect(read.data.granted).toEqual({
    entity: { kind: 'Source', name: null, body: { title: 'Orders', description: null } },
  })
})

const EVERY_LINK = KINDS.flatMap((kind) =>
  linksOfKind(kind).flatMap((link) =>
    farKinds(kind, link.relation)
      .filter(mayBeNamed)
      .map((far) => ({ kind, far, ...link })),
  ),
)

/** One tenant for all of these. */
const linked = freshTenant()

it.each(EVERY_LINK)(
  'leads from a $kind by $field to a $far',
  async ({ kind, far, field, relation }) => {
    const tenant = await linked
    const own = near(`own-${kind}-${field}-${far}`)
    const links = { [field]: [{ kind: far, ...near(`far-${kind}`) }] }
    if (OTHERS_KINDS.includes(kind)) {
      await link(tenant, [{ entity: { kind, ...own }, ...links }])
    } else {
      const typed = kind as TypedKind
      await recordedKind(test, typed, {
        tenant,
        items: [{ ...own, body: leastBody(typed), ...links }],
      })
    }
    const found = `entity(kind: ${kind}, namespace: "db", name: "${own.name}")`
    const { data } = await ask<{ entity: { id: string } & Record<string, unknown> }>(
      `{ ${found} { id ... on ${kind} { ${field} { kind name } } } }`,
      { tenant },
    )
    expect(data.entity[field]).toEqual([{ kind: far, name: `far-${kind}` }])
    const walked = await ask<{ lineage: { edges: object[] } }>(
      `{ lineage(root: "${data.entity.id}", direction: UPSTREAM, depth: 1) { edges { relation } } }`,
      { tenant },
    )
    expect(walked.data.lineage.edges).toEqual([{ relation }])
  },
)

it('has a link for every relation of sources, terms, privacy, models, explanations, principals and decisions', () => {
  expect([...new Set(EVERY_LINK.map(({ relation }) => relation))].sort()).toEqual(
    [
      ...['FROM_SOURCE', 'LICENSED_UNDER', 'HAS_CLAUSE', 'ASSESSED_BY'],
      ...['DESCRIBED_BY', 'TRAINED_ON', 'PREDICTED_BY', 'EXPLAINS', 'WAS_ATTRIBUTED_TO'],
      'BASED_ON',
    ].sort(),
  )
})

it('moves what a model was trained on, where that turns out to be another name', async () => {
  const tenant = await freshTenant()
  await send(
    tenant,
    event(1, {
      run: { runId: `${RUN}1` },
      eventType: 'COMPLETE',
      outputs: [{ namespace: 's3', name: 'clean' }],
    }),
  )
  const items = [{ ...near('model'), body: leastBody('Model'), trainedOn: [near('clean')] }]
  await recordedKind(test, 'Model', { tenant, items })
  const symlinks = {
    _producer: 'https://example.org/test',
    _schemaURL: 'https://openlineage.io/spec/facets/1-0-1/SymlinksDatasetFacet.json',
    identifiers: [{ ...near('clean'), type: 'TABLE' }],
  }
  await send(
    tenant,
    event(2, {
      run: { runId: `${RUN}2` },
      eventType: 'COMPLETE',
      outputs: [{ namespace: 's3', name: 'clean', facets: { symlinks } }],
    }),
  )
  const { data } = await ask<{ entity: object }>(
    '{ entity(kind: Model, namespace: "db", name: "model") { ... on Model { body { title } trainedOn { namespace name } } } }',
    { tenant },
  )
  expect(data.entity).toEqual({
    body: { title: 'Score' },
    trainedOn: [{ namespace: 's3', name: 'clean' }],
  })
})

it('wants the kind of a name that may be of several', async () => {
  const tenant = await freshTenant()
  const { errors } = await sendKind(test, 'XaiExport', {
    ...{ tenant, items: [{ ...near('a'), body: leastBody('XaiExport'), explains: [near('b')] }] },
  })
  expect(errors).toMatchObject([{ extensions: { code: 'RECORD_ITEM_INVALID' } }])
})

it.each([
  ['a run', { entity: { kind: 'Run', ...near('a') } }, 'RECORD_ITEM_INVALID'],
  [
    'what has a body of its own',
    { entity: { kind: 'Source', ...near('a') } },
    'RECORD_ITEM_INVALID',
  ],
  ['a name that may be of several kinds', { entity: near('a') }, 'RECORD_ITEM_INVALID'],
  [
    'an id of another kind',
    { entity: { id: `urn:selvedge:source:h:${'A'.repeat(43)}` } },
    'RECORD_ITEM_INVALID',
  ],
  [
    'what is not there',
    { entity: { id: `urn:selvedge:dataset:h:${'A'.repeat(43)}` } },
    'ENTITY_UNKNOWN',
  ],
  [
    'a source that is no source',
    { entity: { kind: 'Dataset', ...near('a') }, fromSource: [{ kind: 'Job', ...near('b') }] },
    'RECORD_ITEM_INVALID',
  ],
  [
    'a source that is not there',
    {
      entity: { kind: 'Dataset', ...near('a') },
      fromSource: [{ id: `urn:selvedge:source:h:${'A'.repeat(43)}` }],
    },
    'UNKNOWN_NEIGHBOUR',
  ],
  [
    'a relation that the kind has not',
    { entity: { kind: 'Job', ...near('a') }, fromSource: [near('b')] },
    'RECORD_ITEM_INVALID',
  ],
])('refuses %s', async (_what, item, code) => {
  const tenant = await freshTenant()
  const { errors } = await link(tenant, [item])
  expect(errors).toMatchObject([{ extensions: { code } }])
})

it('refuses an edge to a thing of another kind by its id', async () => {
  const tenant = await freshTenant()
  const [a] = await recorded(test, tenant, [dataset('a')])
  const { errors } = await link(tenant, [{ entity: { id: a!.id }, fromSource: [{ id: a!.id }] }])
  expect(errors).toMatchObject([{ extensions: { code: 'RELATION_INVALID' } }])
})

it('had no fault of its own', () => expect(faults).toEqual([]))
