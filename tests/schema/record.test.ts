import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { dataset, job, near, RECORD, type Recorded, recorded, run } from './recording.ts'

const test = await testApp()
const { ask, app, freshTenant, faults } = test

const RUN_ID = '01936893-9751-7a91-a2a0-a51101a3970c'

const WHOLE = `query Whole($id: ID!) {
  entity(id: $id) {
    version
    facets { group name value }
    ... on Dataset { description derivedFrom { name } generatedBy { name } }
    ... on Job { description uses { name } partOf { name } }
    ... on Run { state startedAt endedAt job { name } used { name } generated { name } parents { name } }
  }
}`
const whole = async (tenant: string, id: string) =>
  (await ask<{ entity: Record<string, unknown> }>(WHOLE, { tenant, variables: { id } })).data.entity

it('keeps what is not mentioned, clears by an empty list, and deletes by null', async () => {
  const tenant = await freshTenant()
  const facets = [{ group: 'dataset', name: 'schema', value: { fields: [1] } }]
  const [first] = await recorded(test, tenant, [
    dataset('a', {
      description: 'A table.',
      derivedFrom: [near('b'), near('c')],
      generatedBy: [near('job')],
      facets,
    }),
  ])
  const id = first!.id
  const full = {
    version: 1,
    description: 'A table.',
    facets,
    generatedBy: [{ name: 'job' }],
  }
  expect(await whole(tenant, id)).toMatchObject(full)
  await recorded(test, tenant, [dataset('a', { derivedFrom: [near('b')] })])
  expect(await whole(tenant, id)).toMatchObject({
    ...full,
    version: 2,
    derivedFrom: [{ name: 'b' }],
  })
  await recorded(test, tenant, [dataset('a', { derivedFrom: [], description: null })])
  expect(await whole(tenant, id)).toMatchObject({
    version: 3,
    description: null,
    derivedFrom: [],
    generatedBy: [{ name: 'job' }],
  })
  await recorded(test, tenant, [
    dataset('a', { facets: [{ group: 'dataset', name: 'schema', value: null }] }),
  ])
  expect(await whole(tenant, id)).toMatchObject({ version: 4, facets: [] })
})

it('appends nothing for what says nothing new', async () => {
  const tenant = await freshTenant()
  const items = [dataset('a', { derivedFrom: [near('b')] })]
  const [once] = await recorded(test, tenant, items)
  const [twice] = await recorded(test, tenant, items)
  expect(once).toMatchObject({ version: 1, changed: true })
  expect(twice).toEqual({ ...once, changed: false })
})

it('gives 64-bit numbers back as they came, by variable and by literal', async () => {
  const tenant = await freshTenant()
  const value =
    '{"id":9223372036854775807,"small":1.10,"deep":[{"n":-0.1000000000000000055511151231257827}]}'
  const body = `{"query":${JSON.stringify(RECORD)},"variables":{"items":[{"dataset":{"namespace":"db","name":"big","facets":[{"group":"dataset","name":"ids","value":${value}}]}}]}}`
  const send = (text: string) =>
    app.fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
        body: text,
      }),
    )
  const answer = (await (await send(body)).json()) as { data: Recorded }
  const { id } = answer.data.record.results[0]!
  const read = JSON.stringify({ query: `{ entity(id: "${id}") { facets { value } } }` })
  // The order of members says nothing; a body is kept in its canonical form.
  const kept =
    '{"deep":[{"n":-0.1000000000000000055511151231257827}],"id":9223372036854775807,"small":1.1}'
  expect(await (await send(read)).text()).toContain(`[{"value":${kept}}]`)

  const literal = `mutation { record(items: [{ dataset: { namespace: "db", name: "big", facets: [
    { group: dataset, name: "ids", value: { id: 18446744073709551615, list: ["x", true, null, 2] } }
  ] } }]) { results { changed } } }`
  await send(JSON.stringify({ query: literal }))
  expect(await (await send(read)).text()).toContain(
    '[{"value":{"id":18446744073709551615,"list":["x",true,null,2]}}]',
  )
})

it('records runs with what they read and wrote, and leaves the job as it is', async () => {
  const tenant = await freshTenant()
  const parent = RUN_ID.replace('01936893', '01936892')
  const [made, jobMade] = await recorded(test, tenant, [
    run(RUN_ID.toUpperCase(), {
      job: near('daily'),
      state: 'COMPLETE',
      startedAt: '2026-03-31T11:15:02.5+02:00',
      endedAt: '2026-03-31T09:16:00Z',
      used: [near('in')],
      generated: [near('out')],
      parents: [{ runId: parent }],
    }),
    job('daily', { description: 'Every day.' }),
  ])
  expect(await whole(tenant, made!.id)).toMatchObject({
    state: 'COMPLETE',
    startedAt: '2026-03-31T09:15:02.500000000Z',
    endedAt: '2026-03-31T09:16:00.000000000Z',
    job: { name: 'daily' },
    used: [{ name: 'in' }],
    generated: [{ name: 'out' }],
    parents: [{ name: parent }],
  })
  expect(await whole(tenant, jobMade!.id)).toMatchObject({ uses: [], description: 'Every day.' })
  await recorded(test, tenant, [run(RUN_ID, { job: null, state: null })])
  expect(await whole(tenant, made!.id)).toMatchObject({
    job: null,
    state: null,
    used: [{ name: 'in' }],
  })
})

it('takes neighbours by id, and refuses the whole batch where one is unknown', async () => {
  const tenant = await freshTenant()
  const [a] = await recorded(test, tenant, [dataset('a')])
  const [b] = await recorded(test, tenant, [dataset('b', { derivedFrom: [{ id: a!.id }] })])
  expect(await whole(tenant, b!.id)).toMatchObject({ derivedFrom: [{ name: 'a' }] })
  const unknown = `urn:selvedge:dataset:h:${'A'.repeat(43)}`
  const items = [dataset('c'), dataset('d', { derivedFrom: [{ id: unknown }] })]
  const { errors, data } = await ask(RECORD, { tenant, variables: { items } })
  expect(data).toEqual({ record: null })
  expect(errors).toMatchObject([
    { path: ['record'], extensions: { code: 'UNKNOWN_NEIGHBOUR', id: unknown } },
  ])
  const { data: log } = await ask(
    '{ log { size } entity(kind: Dataset, namespace: "db", name: "c") { id } }',
    { tenant },
  )
  expect(log).toEqual({ log: { size: 5 }, entity: null })
})

it('carries a key out once, and tells a repetition', async () => {
  const tenant = await freshTenant()
  const headers = { 'idempotency-key': 'k1' }
  const send = (items: unknown[]) =>
    ask<Recorded>(RECORD, { tenant, headers, variables: { items } })
  const first = await send([dataset('a')])
  const again = await send([dataset('a')])
  expect(first.data.record.replayed).toBe(false)
  expect(again.data.record).toEqual({ ...first.data.record, replayed: true })
  expect((await send([dataset('b')])).errors).toMatchObject([
    { extensions: { code: 'IDEMPOTENCY_KEY_REUSED' } },
  ])
  const two = `mutation Two($a: [RecordItem!]!, $b: [RecordItem!]!) {
    a: record(items: $a) { position } b: record(items: $b) { position }
  }`
  const variables = { a: [dataset('c')], b: [dataset('d')] }
  const both = await ask<{ a: object; b: object }>(two, { tenant, headers, variables })
  expect(both).toMatchObject({
    data: { a: { position: '0:5' }, b: { position: '0:6' } },
    extensions: { position: '0:6' },
  })
})

it('takes keys of up to 255 characters, whatever the field is called', async () => {
  const tenant = await freshTenant()
  const query = `mutation R($items: [RecordItem!]!) { ${'a'.repeat(300)}: record(items: $items) { position } }`
  const codeFor = async (key: string) => {
    const headers = { 'idempotency-key': key }
    const variables = { items: [dataset('a')] }
    const { errors } = await ask(query, { tenant, headers, variables })
    return errors?.[0]?.extensions.code
  }
  expect(await codeFor('k'.repeat(255))).toBeUndefined()
  expect(await codeFor('k'.repeat(256))).toBe('IDEMPOTENCY_KEY_INVALID')
  expect(await codeFor('')).toBe('IDEMPOTENCY_KEY_INVALID')
  expect(await codeFor('two words')).toBe('IDEMPOTENCY_KEY_INVALID')
})

it('tells two fields apart under a long key', async () => {
  const tenant = await freshTenant()
  const headers = { 'idempotency-key': 'k'.repeat(255) }
  const two = `mutation Two($a: [RecordItem!]!, $b: [RecordItem!]!) {
    a: record(items: $a) { replayed } b: record(items: $b) { replayed }
  }`
  const send = () =>
    ask(two, { tenant, headers, variables: { a: [dataset('c')], b: [dataset('d')] } })
  expect((await send()).data).toEqual({ a: { replayed: false }, b: { replayed: false } })
  expect((await send()).data).toEqual({ a: { replayed: true }, b: { replayed: true } })
})

it('reads what the same request wrote, in the position that it tells', async () => {
  const tenant = await freshTenant()
  const { data, extensions } = await ask<Recorded>(RECORD, {
    tenant,
    variables: { items: [dataset('a')] },
  })
  expect(extensions).toEqual({ position: data.record.position })
  const headers = { 'x-selvedge-min-position': data.record.position }
  const read = await ask('{ entities(kind: Dataset) { nodes { name } } }', { tenant, headers })
  expect(read.data).toEqual({ entities: { nodes: [{ name: 'a' }] } })
})

it('retires an entity once, and refuses to retire the tenant or what is not there', async () => {
  const tenant = await freshTenant()
  const RETIRE = 'mutation Retire($id: ID!) { retire(id: $id) { results { version changed } } }'
  const [a] = await recorded(test, tenant, [dataset('a', { derivedFrom: [near('b')] })])
  const retire = (id: string) => ask(RETIRE, { tenant, variables: { id } })
  expect((await retire(a!.id)).data).toEqual({
    retire: { results: [{ version: 2, changed: true }] },
  })
  expect((await retire(a!.id)).data).toEqual({
    retire: { results: [{ version: 2, changed: false }] },
  })
  expect(await whole(tenant, a!.id)).toMatchObject({ derivedFrom: [] })
  const gone = await retire(`urn:selvedge:dataset:h:${'A'.repeat(43)}`)
  expect(gone.errors).toMatchObject([{ extensions: { code: 'ENTITY_UNKNOWN' } }])
  const { data } = await ask<{ entities: { nodes: { id: string }[] } }>(
    '{ entities(kind: Tenant) { nodes { id name } } }',
    { tenant },
  )
  expect(data.entities.nodes).toMatchObject([{ name: tenant }])
  expect((await retire(data.entities.nodes[0]!.id)).errors).toMatchObject([
    { extensions: { code: 'RETIRE_REFUSED' } },
  ])
})

it('had no fault of its own', () => expect(faults).toEqual([]))
