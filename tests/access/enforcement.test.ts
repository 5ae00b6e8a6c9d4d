import { describe, expect, it } from 'vitest'
import type { ToldDecision } from '../../domains/access/access.ts'
import type { Role } from '../../domains/access/roles.ts'
import { ANY_TENANT, type Who } from '../../server/identity/identity.ts'
import { testApp } from '../setup/app.ts'

const told: ToldDecision[] = []

/** Whoever the test says: a token could say just this. */
const identity = {
  isDevelopment: false,
  states: () => ({}),
  keep: async () => {},
  identify: async ({ headers }: Request) =>
    JSON.parse(headers.get('x-test-who') ?? 'null') as Who | undefined,
}
const service = await testApp(undefined, {
  identity,
  onDecision: (decision) => told.push(decision),
  decisionSample: 0,
})
const { app, reads } = service
const tenant = await service.freshTenant()
const neighbour = await service.freshTenant()

/** With an id of its own choice, so that two answers are told apart by nothing else. */
const as = (roles: Role[], of = tenant) => ({
  'x-request-id': 'the-request',
  'x-test-who': JSON.stringify({
    issuer: 'https://issuer.test',
    subject: 'ann',
    roles,
    tenant: of,
  }),
})

/** What is answered, and the texts that the database was asked for it. */
async function ask(query: string, headers: Record<string, string>) {
  reads()
  const answer = await service.ask<Record<string, unknown>>(query, { headers })
  return { ...answer, read: reads() }
}

const ADMIN = as(['admin'])
const recorded = await ask(
  'mutation { record(items: [{dataset: {namespace: "n", name: "d"}}]) { results { id } } }',
  ADMIN,
)
const { record } = recorded.data as { record: { results: { id: string }[] } }
const THERE = record.results[0]!.id
const MISSING = 'urn:selvedge:dataset:01936893-9751-7a91-a2a0-a51101a3970c'

/** Every root field, asked about what is there and about what is not, with what it needs. */
const FIELDS: [field: string, text: (id: string) => string, permission: string][] = [
  ['entity', (id) => `{ entity(id: "${id}") { id } }`, 'entity:read'],
  ['entities', () => '{ entities { nodes { id } } }', 'entity:read'],
  ['node', (id) => `{ node(id: "${id}") { id } }`, 'entity:read'],
  ['nodes', (id) => `{ nodes(ids: ["${id}"]) { id } }`, 'entity:read'],
  ['lineage', (id) => `{ lineage(root: "${id}") { total } }`, 'lineage:read'],
  ['runs', (id) => `{ runs(of: {job: "${id}"}) { nodes { id } } }`, 'lineage:read'],
  ['diff', () => '{ diff(from: {position: "0:3"}) { to } }', 'lineage:read'],
  ['log', () => '{ log { size } }', 'log:read'],
  ['tenants', () => '{ tenants { name } }', 'tenant:list'],
  ['tenantCreate', () => 'mutation { tenantCreate(name: "never") { name } }', 'tenant:create'],
  ['record', () => 'mutation { record(items: []) { position } }', 'record:write'],
  ['retire', (id) => `mutation { retire(id: "${id}") { position } }`, 'record:retire'],
  ['exportBundle', (id) => `mutation { exportBundle(root: "${id}") { url } }`, 'export:create'],
  ['logPublicSet', () => 'mutation { logPublicSet(public: true) { position } }', 'log:publish'],
  [
    'erase',
    (id) => `mutation { erase(id: "${id}", ground: OTHER, reason: "r") { position } }`,
    'erasure:create',
  ],
  [
    'eraseActor',
    () => 'mutation { eraseActor(subject: "ann", ground: OTHER, reason: "r") { position } }',
    'erasure:create',
  ],
  [
    'confirmErasure',
    (id) => `mutation { confirmErasure(id: "${id}") { position } }`,
    'erasure:confirm',
  ],
]

describe('a root field that the caller may not ask', () => {
  it.each(FIELDS)(
    '%s is refused before anything is read, alike for what is there and what is not',
    async (field, text, permission) => {
      const refusals = []
      for (const id of [THERE, MISSING]) {
        const { data, errors, read } = await ask(text(id), as([]))
        expect(read).toEqual([])
        expect(data).toEqual({ [field]: null })
        expect(errors).toMatchObject([
          { path: [field], extensions: { code: 'PERMISSION_DENIED', permission } },
        ])
        refusals.push(errors)
      }
      expect(refusals[0]).toEqual(refusals[1])
    },
  )

  it.each(FIELDS.map(([field, text]) => [field, text(THERE)]))(
    '%s is refused alike whatever position is asked for, and of whichever tenant',
    async (_field, text) => {
      const refusals = []
      for (const [of, position] of [
        [tenant, '0:0'],
        [tenant, '0:9000000'],
        [tenant, '7:1'],
        ['no-such-tenant', '0:9000000'],
      ] as const) {
        const serving = { ...as([], ANY_TENANT), 'x-selvedge-tenant': of }
        const { errors } = await ask(text!, { ...serving, 'x-selvedge-min-position': position })
        expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['PERMISSION_DENIED'])
        refusals.push(errors)
      }
      expect(new Set(refusals.map((one) => JSON.stringify(one))).size).toBe(1)
    },
  )

  it('gives the rest of the operation its answer', async () => {
    const { data, errors } = await ask(
      `{ log { size } node(id: "${THERE}") { id } }`,
      as(['reader']),
    )
    expect(data).toEqual({ log: null, node: { id: THERE } })
    expect(errors?.map(({ path }) => path)).toEqual([['log']])
  })

  it('is refused under an alias, in a fragment and in a document that is compiled', async () => {
    const text =
      'query Q { a: log { size } ... on Query { b: log { size } } ...F } fragment F on Query { c: log { size } }'
    for (const _again of [1, 2, 3]) {
      const { data, errors, read } = await ask(text, as(['reader']))
      expect([data, errors?.length, read]).toEqual([{ a: null, b: null, c: null }, 3, []])
    }
  })

  it('leaves nothing written', async () => {
    const before = await ask('{ log { size } }', ADMIN)
    for (const [, text] of FIELDS) await ask(text(THERE), as([]))
    const after = await ask('{ log { size } }', ADMIN)
    expect(after.data).toEqual(before.data)
  })
})

describe('another tenant', () => {
  const about = (other: string) => ({ ...as(['admin']), 'x-selvedge-tenant': other })

  it('is refused alike whether there is such a tenant or not', async () => {
    const answers = []
    for (const other of [neighbour, 'no-such-tenant']) {
      const { errors, read, status } = await ask('{ entities { nodes { id } } }', about(other))
      expect(read).toEqual([])
      answers.push({ errors, status })
    }
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]!.errors?.[0]?.extensions.code).toBe('TENANT_CONFLICT')
  })

  it('can be named by those who serve every tenant, and the answer is by their roles', async () => {
    const serving = (roles: Role[]) => ({
      ...as(roles, ANY_TENANT),
      'x-selvedge-tenant': neighbour,
    })
    expect((await ask('{ log { size } }', serving(['auditor']))).errors).toBeUndefined()
    expect((await ask('{ log { size } }', serving(['reader']))).errors?.[0]?.extensions).toEqual({
      code: 'PERMISSION_DENIED',
      permission: 'log:read',
      requestId: 'the-request',
    })
    expect((await ask('{ tenants { name } }', as(['operator'], ANY_TENANT))).errors).toBeUndefined()
    expect((await ask('{ tenants { name } }', as(['admin']))).errors).toHaveLength(1)
  })
})

describe('a route that the caller may not ask', () => {
  const fetchAs = async (method: string, path: string, headers: Record<string, string>) => {
    reads()
    const response = await app.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: { ...headers, ...(method === 'POST' && { 'content-type': 'application/json' }) },
        ...(method === 'POST' && { body: '{}' }),
      }),
    )
    return { status: response.status, body: (await response.json()) as object, read: reads() }
  }

  it.each([
    ['GET', `/exports/${MISSING.replace('dataset', 'export')}`, 'export:read'],
    ['POST', '/api/v1/lineage', 'event:write'],
    ['GET', '/api/v1/lineage/prov-json', 'lineage:read'],
    ['GET', '/api/v1/lineage/prov-n', 'lineage:read'],
    ['GET', '/api/v1/lineage/dcat-ap', 'lineage:read'],
    ['GET', '/api/v1/catalogue/dcat-ap', 'entity:read'],
    ['GET', `/api/v1/models/${MISSING}/cyclonedx`, 'entity:read'],
    ['GET', `/api/v1/models/${MISSING}/model-card`, 'entity:read'],
    ['POST', '/api/v1/lineage/batch', 'event:write'],
    ['POST', '/api/v1/import', 'import:write'],
  ])('%s %s is refused as a problem before anything is read', async (method, path, permission) => {
    const ahead = { 'x-selvedge-min-position': '0:9000000' }
    expect(await fetchAs(method, path, { ...as([]), ...ahead })).toMatchObject({ status: 403 })
    const { status, body, read } = await fetchAs(method, path, as([]))
    expect(status).toBe(403)
    expect(body).toMatchObject({ code: 'PERMISSION_DENIED', permission, status: 403 })
    expect(read).toEqual([])
  })

  it('the log of the own tenant needs its permission; any other is as unknown as one that is not', async () => {
    const log = (of: string) => fetchAs('GET', `/log/${of}/checkpoint`, as(['reader']))
    expect((await log(tenant)).body).toMatchObject({
      code: 'PERMISSION_DENIED',
      permission: 'log:read',
    })
    expect(await log(neighbour)).toMatchObject({ status: 404, body: { code: 'LOG_UNKNOWN' } })
    expect((await log(neighbour)).body).toEqual((await log('no-such-tenant')).body)
  })
})

it('tells every denial, and nothing that was permitted where none of that is sampled', async () => {
  told.length = 0
  await ask(`{ log { size } node(id: "${THERE}") { id } }`, as(['reader']))
  expect(told).toEqual([
    {
      tenant,
      permission: 'log:read',
      isPermitted: false,
      policies: [],
      issuer: 'https://issuer.test',
      subject: expect.stringMatching(/^s_[\w-]{16}$/),
      roles: ['reader'],
    },
  ])
})
