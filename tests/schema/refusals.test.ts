import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { dataset, near, RECORD, recorded } from './recording.ts'

const test = await testApp()
const { ask, app, freshTenant, faults, ledger } = test

const tenant = await freshTenant()
const [known] = await recorded(test, tenant, [dataset('known')])
const root = known!.id
const URN = `urn:selvedge:dataset:h:${'A'.repeat(43)}`

const lineage = (args: string) => `{ lineage(root: "${root}", ${args}) { total } }`
const list = (items: string) => `mutation { record(items: [${items}]) { position } }`
const inDataset = (more: string) => list(`{dataset: {namespace: "db", name: "x", ${more}}}`)

it.each([
  ['a depth below 0', lineage('depth: -1'), 'LINEAGE_DEPTH_OUT_OF_RANGE'],
  ['a depth above 20', lineage('depth: 21'), 'LINEAGE_DEPTH_OUT_OF_RANGE'],
  ['a depth that is no whole number', lineage('depth: 1.5'), 'GRAPHQL_VALIDATION_FAILED'],
  ['a page of nothing', lineage('first: 0'), 'LINEAGE_PAGE_OUT_OF_RANGE'],
  ['a page above 5,000', lineage('first: 5001'), 'LINEAGE_PAGE_OUT_OF_RANGE'],
  ['a direction that does not exist', lineage('direction: SIDEWAYS'), 'GRAPHQL_VALIDATION_FAILED'],
  ['a root that is no id', '{ lineage(root: "x") { total } }', 'ENTITY_ID_INVALID'],
  ['a root that is not there', `{ lineage(root: "${URN}") { total } }`, 'LINEAGE_ROOT_UNKNOWN'],
  ['an entity without a name', '{ entity(kind: Job) { id } }', 'ENTITY_NOT_NAMED'],
  ['an entity named twice', `{ entity(id: "${root}", name: "x") { id } }`, 'ENTITY_NOT_NAMED'],
  ['an id that is none', '{ entity(id: "urn:x") { id } }', 'ENTITY_ID_INVALID'],
  ['a list of 0', '{ entities(first: 0) { nodes { id } } }', 'LINEAGE_PAGE_OUT_OF_RANGE'],
  ['a foreign cursor', '{ entities(after: "AAAA") { nodes { id } } }', 'LINEAGE_CURSOR_INVALID'],
  ['runs of nothing', '{ runs(of: {}) { nodes { id } } }', 'GRAPHQL_VALIDATION_FAILED'],
  ['a negative seq', '{ log { inclusion(seq: -1) { seq } } }', 'GRAPHQL_VALIDATION_FAILED'],
  [
    'a seq above 2^53',
    '{ log { inclusion(seq: 9007199254740992) { seq } } }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['an empty batch', list(''), 'RECORD_BATCH_EMPTY'],
  [
    'an item of two kinds',
    list('{dataset: {namespace: "a", name: "b"}, job: {namespace: "a", name: "b"}}'),
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['an empty name', list('{dataset: {namespace: "db", name: ""}}'), 'RECORD_ITEM_INVALID'],
  ['a run id that is none', list('{run: {runId: "x"}}'), 'RECORD_ITEM_INVALID'],
  [
    'a neighbour without a name',
    inDataset('derivedFrom: [{namespace: "db"}]'),
    'RECORD_ITEM_INVALID',
  ],
  [
    'a neighbour named twice',
    inDataset(`derivedFrom: [{id: "${root}", name: "x"}]`),
    'RECORD_ITEM_INVALID',
  ],
  ['a neighbour that is no id', inDataset('derivedFrom: [{id: "x"}]'), 'RECORD_ITEM_INVALID'],
  [
    'a neighbour that is not there',
    inDataset(`derivedFrom: [{id: "${URN}"}]`),
    'UNKNOWN_NEIGHBOUR',
  ],
  ['a neighbour of a wrong kind', inDataset(`generatedBy: [{id: "${root}"}]`), 'RELATION_INVALID'],
  [
    'a time that is none',
    list('{run: {runId: "x", startedAt: "yesterday"}}'),
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'an unquoted word as JSON',
    inDataset('facets: [{group: run, name: "x", value: word}]'),
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['an unknown field', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
  ['a text that is no GraphQL', '{', 'GRAPHQL_PARSE_FAILED'],
  [
    'retiring what is not there',
    `mutation { retire(id: "${URN}") { position } }`,
    'ENTITY_UNKNOWN',
  ],
  [
    'a tenant of a wrong name',
    'mutation { tenantCreate(name: "No!") { name } }',
    'TENANT_NAME_INVALID',
  ],
  [
    'a tenant that exists',
    `mutation { tenantCreate(name: "${tenant}") { name } }`,
    'TENANT_EXISTS',
  ],
] as const)('refuses %s', async (_what, query, code) => {
  const before = await ask<{ log: { size: number } }>('{ log { size } }', { tenant })
  const { errors, status } = await ask(query, { tenant })
  expect([errors?.[0]?.extensions.code, status < 500]).toEqual([code, true])
  const after = await ask('{ log { size } }', { tenant })
  expect(after.data).toEqual(before.data)
})

it.each([
  ['a number where a text belongs', { items: [dataset(7 as never)] }],
  ['a text where an object belongs', { items: ['x'] }],
  ['an item of no kind', { items: [{}] }],
  ['an item of two kinds', { items: [{ ...dataset('a'), job: near('a') }] }],
  ['an unknown member', { items: [dataset('a', { colour: 'red' })] }],
  ['nothing', {}],
  [
    'a time on no calendar',
    { items: [{ run: { runId: 'x', startedAt: '2026-02-30T00:00:00Z' } }] },
  ],
])('refuses variables with %s', async (_what, variables) => {
  const { errors, status } = await ask(RECORD, { tenant, variables })
  expect([errors?.[0]?.extensions.code, status < 500]).toEqual([
    expect.stringMatching(/^(BAD_USER_INPUT|VALUE_INVALID)$/),
    true,
  ])
})

it('refuses batches above 500 items or 2 MB', async () => {
  const many = Array.from({ length: 501 }, (_, i) => dataset(`d${i}`))
  const long = [dataset('a', { description: 'x'.repeat(2_000_000) })]
  for (const items of [many, long]) {
    const { errors } = await ask(RECORD, { tenant, variables: { items } })
    expect(errors).toMatchObject([{ extensions: { code: 'RECORD_BATCH_TOO_LARGE' } }])
  }
})

it('refuses what asks for too many items, also by variables, aliases and nesting', async () => {
  const five = ['a', 'b', 'c', 'd', 'e']
  const aliased = five
    .map((name) => `${name}: lineage(root: $root, first: $first) { total }`)
    .join(' ')
  const variables = { root, first: 5_000 }
  const byAlias = await ask(`query Q($root: ID!, $first: Int!) { ${aliased} }`, {
    tenant,
    variables,
  })
  expect(byAlias.errors).toMatchObject([
    { path: ['e'], extensions: { code: 'REQUEST_ASKS_TOO_MUCH', most: 20_000 } },
  ])
  await recorded(
    test,
    tenant,
    Array.from({ length: 30 }, (_, i) => ({ job: near(`j${i}`) })),
  )
  const nested = await ask(
    '{ entities(kind: Job, first: 90) { nodes { ... on Job { runs(first: 1000) { nodes { id } } } } } }',
    { tenant },
  )
  expect(nested.errors?.[0]?.extensions.code).toBe('REQUEST_ASKS_TOO_MUCH')
})

it.each([
  ['no tenant', undefined, 'TENANT_MISSING'],
  ['a tenant that does not exist', 'nobody', 'TENANT_UNKNOWN'],
  ['a tenant that cannot exist', 'No Body!', 'TENANT_UNKNOWN'],
  ["the service's own scope", '-', 'TENANT_UNKNOWN'],
])('refuses %s, for reading, writing and REST', async (_what, of, code) => {
  const saying = of === undefined ? {} : { tenant: of }
  for (const query of ['{ log { size } }', lineage('depth: 1'), '{ entities { nodes { id } } }']) {
    expect((await ask(query, saying)).errors).toMatchObject([{ extensions: { code } }])
  }
  const written = await ask(RECORD, { ...saying, variables: { items: [dataset('a')] } })
  expect(written.errors).toMatchObject([{ extensions: { code } }])
  const event = {
    eventTime: '2026-01-01T00:00:00Z',
    producer: 'https://x.test',
    schemaURL: 'https://x.test',
    dataset: { namespace: 'a', name: 'b' },
  }
  const rest = await app.fetch(
    new Request('http://localhost/api/v1/lineage', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(of && { 'x-selvedge-tenant': of }) },
      body: JSON.stringify(event),
    }),
  )
  expect([rest.status, await rest.json()]).toMatchObject([
    code === 'TENANT_MISSING' ? 400 : 404,
    { code },
  ])
})

it.each(['', '1', '0:', ':1', '0:-1', '0:1.5', '00:1', '0:99999999999999999999', 'x:y'])(
  'refuses the position "%s"',
  async (position) => {
    const byExtension = await ask('{ log { size } }', {
      tenant,
      extensions: { minPosition: position },
    })
    expect(byExtension.errors).toMatchObject([{ extensions: { code: 'POSITION_INVALID' } }])
  },
)

it.each(['', 'x'.repeat(256), 'é'])('refuses the subject "%s"', async (subject) => {
  const headers = { 'x-selvedge-subject': subject }
  const { errors } = await ask('{ log { size } }', { tenant, headers })
  expect(errors).toMatchObject([{ extensions: { code: 'SUBJECT_INVALID' } }])
})

it('tells problems on REST as RFC 9457 has it', async () => {
  const get = (path: string, init?: RequestInit) =>
    app.fetch(new Request(`http://localhost${path}`, init))
  const cases: [Response, number, string][] = [
    [await get('/nothing'), 404, 'ROUTE_UNKNOWN'],
    [await get('/api/v1/lineage'), 405, 'METHOD_NOT_ALLOWED'],
    [
      await get('/exports/urn:selvedge:export:01936893-9751-7a91-a2a0-a51101a3970c'),
      400,
      'TENANT_MISSING',
    ],
    [
      await get('/exports/%E0%A4%A', { headers: { 'x-selvedge-tenant': tenant } }),
      404,
      'EXPORT_UNKNOWN',
    ],
    [await get('/graphql', { headers: { host: 'evil.example' } }), 421, 'HOST_NOT_LOCAL'],
    [await app.fetch(new Request('http://selvedge.evil.example/readyz')), 421, 'HOST_NOT_LOCAL'],
  ]
  for (const [response, status, code] of cases) {
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/problem+json',
    ])
    expect(await response.json()).toMatchObject({
      status,
      code,
      type: `urn:selvedge:problem:${code}`,
      detail: expect.any(String),
    })
  }
})

it.each([
  ['no JSON', '{', {}, 400, 'REQUEST_BODY_INVALID'],
  ['a member twice', '{"query":"{ a }","query":"{ b }"}', {}, 400, 'REQUEST_BODY_INVALID'],
  ['an array', '[]', {}, 400, 'REQUEST_BODY_INVALID'],
  ['a text', '"x"', {}, 400, 'REQUEST_BODY_INVALID'],
  ['no query', '{}', {}, 400, 'REQUEST_BODY_INVALID'],
  ['a query that is no text', '{"query":1}', {}, 400, 'REQUEST_BODY_INVALID'],
  [
    'variables that are no object',
    '{"query":"{ log { size } }","variables":[]}',
    {},
    400,
    'BAD_REQUEST',
  ],
  ['an unknown member', '{"query":"{ log { size } }","more":1}', {}, 400, 'BAD_REQUEST'],
  [
    'a form',
    'query=x',
    { 'content-type': 'application/x-www-form-urlencoded' },
    415,
    'REQUEST_CONTENT_TYPE',
  ],
  ['plain text', '{}', { 'content-type': 'text/plain' }, 415, 'REQUEST_CONTENT_TYPE'],
  ['a body above 4 MB', ' '.repeat(4_000_001), {}, 413, 'REQUEST_TOO_LARGE'],
])('refuses a request with %s', async (_what, body, headers, status, code) => {
  for (const method of ['known length', 'stream']) {
    const sent = method === 'stream' ? new Blob([body]).stream() : body
    const response = await app.fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant, ...headers },
        body: sent,
        duplex: 'half',
      } as RequestInit),
    )
    const answer = (await response.json()) as { errors: { extensions: { code: string } }[] }
    expect([response.status, answer.errors[0]?.extensions.code]).toEqual([status, code])
  }
})

it.each([
  [
    'variables that are no JSON',
    '?query=%7Blog%7Bsize%7D%7D&variables=%7B',
    'REQUEST_BODY_INVALID',
  ],
  [
    'extensions that are no JSON',
    '?query=%7Blog%7Bsize%7D%7D&extensions=%5B',
    'REQUEST_BODY_INVALID',
  ],
  ['variables that are no object', '?query=%7Blog%7Bsize%7D%7D&variables=1', 'BAD_REQUEST'],
  ['no query', '?x=1', 'REQUEST_BODY_INVALID'],
  ['nothing', '', 'REQUEST_BODY_INVALID'],
])('refuses a GET with %s', async (_what, search, code) => {
  const headers = { 'x-selvedge-tenant': tenant }
  const response = await app.fetch(new Request(`http://localhost/graphql${search}`, { headers }))
  const answer = (await response.json()) as { errors: { extensions: { code: string } }[] }
  expect([response.status, answer.errors[0]?.extensions.code]).toEqual([400, code])
})

it('answers a GET', async () => {
  const search = new URLSearchParams({
    query: 'query Find($id: ID!) { entity(id: $id) { name } }',
    variables: JSON.stringify({ id: root }),
  })
  const headers = { 'x-selvedge-tenant': tenant }
  const response = await app.fetch(new Request(`http://localhost/graphql?${search}`, { headers }))
  expect(await response.json()).toMatchObject({ data: { entity: { name: 'known' } } })
})

it.each([
  ['an Int', 'query Q($x: Int!) { entities(first: $x) { nodes { id } } }'],
  ['an ID', 'query Q($x: ID!) { entity(id: $x) { id } }'],
  ['a String', 'query Q($x: String!) { entities(after: $x) { nodes { id } } }'],
  ['a Seq', 'query Q($x: Seq!) { log { inclusion(seq: $x) { seq } } }'],
])('refuses a number above 2^53 as %s', async (_what, query) => {
  const response = await app.fetch(
    new Request('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
      body: `{"query":${JSON.stringify(query)},"variables":{"x":12345678901234567890}}`,
    }),
  )
  const answer = (await response.json()) as { errors: { extensions: { code: string } }[] }
  expect(response.status).toBe(400)
  expect(answer.errors[0]?.extensions.code).toMatch(/^(BAD_USER_INPUT|VALUE_INVALID)$/)
})

it('takes no mutation by GET', async () => {
  const query = encodeURIComponent('mutation { tenantCreate(name: "by-get") { name } }')
  const headers = { 'x-selvedge-tenant': tenant }
  const address = `http://localhost/graphql?query=${query}`
  const response = await app.fetch(new Request(address, { headers }))
  expect(response.status).toBe(405)
  expect(await response.json()).toMatchObject({
    errors: [{ extensions: { code: 'METHOD_NOT_ALLOWED' } }],
  })
  expect(await ledger.checkpoint('by-get').catch(({ code }) => code)).toBe('TENANT_UNKNOWN')
})

it('had no fault of its own', () => expect(faults).toEqual([]))
