import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import { ROLES, type Role } from '../../domains/access/roles.ts'
import { createApp } from '../../server/app.ts'
import type { Who } from '../../server/identity/identity.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { testApp } from '../setup/app.ts'

const identity = {
  isDevelopment: false,
  states: () => ({}),
  keep: async () => {},
  identify: async ({ headers }: Request) => JSON.parse(headers.get('x-test-who')!) as Who,
}
const service = await testApp(undefined, { identity })
const { database, ledger, home, freshTenant } = service

/** Another server on the same database. */
const other = createApp({
  database,
  ledger,
  objects: openObjectFiles(`${home}/objects`),
  identity,
})

interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: each query has an answer of its own shape.
  data: Record<string, any>
  errors?: { message: string; extensions: Record<string, unknown> }[]
}

/** Somebody of a tenant, as one of the servers is told of them. */
function as(tenant: string, roles: Role[], subject = 'ann', app = service.app) {
  const who = JSON.stringify({ issuer: 'https://issuer.test', subject, roles, tenant })
  return async (
    query: string,
    variables: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const request = new Request('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-test-who': who, ...headers },
      body: JSON.stringify({ query, variables }),
    })
    return (await app.fetch(request)).json() as Promise<Answer>
  }
}

type Ask = ReturnType<typeof as>

const put = (ask: Ask, name: string, text: string) =>
  ask(
    'mutation ($name: String!, $text: String!) { policyPut(name: $name, text: $text) { position results { id seq version changed } } }',
    { name, text },
  )
const retire = (ask: Ask, name: string) =>
  ask('mutation ($name: String!) { policyRetire(name: $name) { position } }', { name })
const codesOf = ({ errors }: Answer) => errors?.map(({ extensions }) => extensions.code)
const mayReadLog = async (ask: Ask) => codesOf(await ask('{ log { size } }')) === undefined

const OPEN_LOG = 'permit(principal in Role::"reader", action == Action::"log:read", resource);'
const CLOSED = 'forbid(principal, action, resource);'

describe("a tenant's own policy", () => {
  it('holds from its record on, in every server, until it is retired', async () => {
    const tenant = await freshTenant()
    const admin = as(tenant, ['admin'])
    const readers = [as(tenant, ['reader']), as(tenant, ['reader'], 'ann', other)]
    const may = () => Promise.all(readers.map(mayReadLog))
    expect(await may()).toEqual([false, false])

    expect((await put(admin, 'open-log', OPEN_LOG)).errors).toBeUndefined()
    expect(await may()).toEqual([true, true])

    expect((await retire(admin, 'open-log')).errors).toBeUndefined()
    expect(await may()).toEqual([false, false])
  })

  it('changes in every server that had seen it before', async () => {
    const tenant = await freshTenant()
    const [here, there] = [as(tenant, ['admin']), as(tenant, ['admin'], 'ann', other)]
    const reader = as(tenant, ['reader'])
    await put(here, 'log', OPEN_LOG)
    expect(await mayReadLog(reader)).toBe(true)
    await put(there, 'log', OPEN_LOG.replace('reader', 'finance'))
    expect(await mayReadLog(reader)).toBe(false)
    expect(await mayReadLog(as(tenant, ['finance']))).toBe(true)
  })

  it('is a record like every other: with versions, in the log, and nothing new says nothing', async () => {
    const tenant = await freshTenant()
    const admin = as(tenant, ['admin'])
    const [first, again, second] = [
      await put(admin, 'p', OPEN_LOG),
      await put(admin, 'p', OPEN_LOG),
      await put(admin, 'p', `${OPEN_LOG}\n${OPEN_LOG}`),
    ].map(({ data }) => data.policyPut.results[0])
    expect(first).toMatchObject({ version: 1, changed: true })
    expect(again).toEqual({ ...first, changed: false })
    expect(second).toMatchObject({ id: first.id, version: 2, changed: true })
    const { data } = await admin(
      `{ node(id: "${first.id}") { ... on Policy { kind name version retired text } }
         entities(kind: Policy) { nodes { id } }
         log { inclusion(seq: ${second.seq}) { header } } }`,
    )
    expect(data.node).toEqual({
      kind: 'Policy',
      name: 'p',
      version: 2,
      retired: false,
      text: `${OPEN_LOG}\n${OPEN_LOG}`,
    })
    expect(data.entities.nodes).toEqual([{ id: first.id }])
    expect(JSON.parse(data.log.inclusion.header)).toMatchObject({ kind: 'Policy', version: 2 })
  })

  it('is listed after those that are shipped, and only while it is in force', async () => {
    const tenant = await freshTenant()
    const admin = as(tenant, ['admin'])
    const listed = async () => {
      const { data } = await admin('{ policies { name isDefault version seq text recordedAt id } }')
      return data.policies as Record<string, unknown>[]
    }
    const shipped = ['border', 'guarantee', ...ROLES].map((name) => `default/${name}`)
    expect((await listed()).map(({ name }) => name)).toEqual(shipped)
    await put(admin, 'b', OPEN_LOG)
    await put(admin, 'a', CLOSED)
    expect((await listed()).slice(shipped.length)).toMatchObject([
      { name: 'a', isDefault: false, version: 1, text: CLOSED },
      { name: 'b', isDefault: false, version: 1, text: OPEN_LOG },
    ])
    await retire(admin, 'a')
    expect((await listed()).slice(shipped.length)).toMatchObject([{ name: 'b' }])
  })

  it('says nothing in another tenant', async () => {
    const [tenant, neighbour] = [await freshTenant(), await freshTenant()]
    await put(as(tenant, ['admin']), 'all', 'permit(principal, action, resource);')
    expect(await mayReadLog(as(tenant, []))).toBe(true)
    expect(await mayReadLog(as(neighbour, ['reader']))).toBe(false)
  })

  it('cannot lock the tenant out: an admin still sees policies and mends them', async () => {
    const tenant = await freshTenant()
    const admin = as(tenant, ['admin'])
    await put(admin, 'closed', CLOSED)
    expect(codesOf(await admin('{ log { size } }'))).toEqual(['PERMISSION_DENIED'])
    expect(codesOf(await admin('{ policies { name } }'))).toBeUndefined()
    expect(codesOf(await as(tenant, ['auditor'])('{ policies { name } }'))).toEqual([
      'PERMISSION_DENIED',
    ])
    expect(codesOf(await retire(admin, 'closed'))).toBeUndefined()
    expect(codesOf(await admin('{ log { size } }'))).toBeUndefined()
  })

  it('that no server could read and live closes its own tenant alone, until it is retired', async () => {
    const [tenant, neighbour] = [await freshTenant(), await freshTenant()]
    const [admin, reader] = [as(tenant, ['admin']), as(tenant, ['reader'])]
    const deadly = `permit(principal, action, resource) when {${Array(400).fill('1==1').join('&&')}};`
    expect(codesOf(await put(admin, 'deadly', deadly))).toEqual(['POLICY_INVALID'])
    const named = { kind: 'Policy', namespace: 'policy', name: 'deadly' } as const
    await ledger.submit({
      tenant,
      subject: 'restored from a time when it was taken',
      request: 'r',
      names: [named],
      run: async (draft) => {
        const id = draft.urn(named.kind, named.namespace, named.name)
        return [draft.assert({ ...named, id, fields: { text: deadly } })]
      },
    })
    const entities = '{ entities { nodes { id } } }'
    expect(codesOf(await reader(entities))).toEqual(['PERMISSION_DENIED'])
    expect(codesOf(await put(admin, 'another', OPEN_LOG))).toBeUndefined()
    expect(codesOf(await reader(entities))).toEqual(['PERMISSION_DENIED'])
    expect(codesOf(await as(neighbour, ['reader'])(entities))).toBeUndefined()

    expect(codesOf(await retire(admin, 'deadly'))).toBeUndefined()
    expect(codesOf(await reader(entities))).toBeUndefined()
    expect(await mayReadLog(reader)).toBe(true)
  })

  it('is lifted neither by who may retire things, nor by who may erase them', async () => {
    const tenant = await freshTenant()
    const { data } = await put(
      as(tenant, ['admin']),
      'closed',
      'forbid(principal, action == Action::"log:read", resource);',
    )
    const { id } = data.policyPut.results[0]
    const erase = `mutation { erase(id: "${id}", ground: OTHER, reason: "to get in") { position } }`
    const writer = await as(tenant, ['writer'])(`mutation { retire(id: "${id}") { position } }`)
    expect(codesOf(writer)).toEqual(['RETIRE_REFUSED'])
    expect(codesOf(await as(tenant, ['steward'])(erase))).toEqual(['POLICY_IN_FORCE'])
    expect(await mayReadLog(as(tenant, ['auditor']))).toBe(false)

    await retire(as(tenant, ['admin']), 'closed')
    expect(codesOf(await as(tenant, ['steward'])(erase))).toBeUndefined()
    expect(await mayReadLog(as(tenant, ['auditor']))).toBe(true)
  })

  it('is not lifted either by an erasure that was permitted before it was put in force', async () => {
    const tenant = await freshTenant()
    const { data } = await put(as(tenant, ['admin']), 'closed', CLOSED)
    const { id } = data.policyPut.results[0]
    const erasing = ledger.erase({
      tenant,
      subject: 'ann',
      request: 'r',
      because: { id: `urn:selvedge:erasure:${uuidv7()}`, ground: 'other', reason: 'r' },
      what: { entity: id },
    })
    await expect(erasing).rejects.toMatchObject({ code: 'POLICY_IN_FORCE', details: { id } })
    expect(await mayReadLog(as(tenant, ['auditor']))).toBe(false)
  })

  it.each([
    ['a name that is none', 'My Policy', OPEN_LOG, 'POLICY_NAME_INVALID'],
    ['a name that is too long', 'a'.repeat(64), OPEN_LOG, 'POLICY_NAME_INVALID'],
    ['a text that is no policy', 'p', 'permit(principal, action);', 'POLICY_INVALID'],
    ['more policies than are taken', 'p', CLOSED.repeat(101), 'POLICY_TOO_MANY'],
  ])('is refused with %s, and nothing is recorded', async (_what, name, text, code) => {
    const tenant = await freshTenant()
    const admin = as(tenant, ['admin'])
    expect(codesOf(await put(admin, name, text))).toEqual([code])
    expect(
      (await admin('{ entities(kind: Policy) { nodes { id } } }')).data.entities.nodes,
    ).toEqual([])
  })

  it('are measured together', async () => {
    const admin = as(await freshTenant(), ['admin'])
    const long = OPEN_LOG.padEnd(10_000)
    for (let i = 0; i < 10; i++) expect(codesOf(await put(admin, `p${i}`, long))).toBeUndefined()
    expect(codesOf(await put(admin, 'p9', long))).toBeUndefined()
    expect(codesOf(await put(admin, 'one-more', OPEN_LOG))).toEqual(['POLICY_TOO_MANY'])
  })

  it('are counted together also where many are put at once', async () => {
    const tenant = await freshTenant()
    const admin = as(tenant, ['admin'])
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => put(admin, `p${i}`, OPEN_LOG.repeat(40))),
    )
    const taken = answers.filter(({ errors }) => errors === undefined)
    expect(taken).toHaveLength(2)
    expect(codesOf(await put(admin, 'p', OPEN_LOG.repeat(20)))).toBeUndefined()
    expect(codesOf(await put(admin, 'q', OPEN_LOG))).toEqual(['POLICY_TOO_MANY'])
  })

  it('are counted together, each policy of a text', async () => {
    const admin = as(await freshTenant(), ['admin'])
    const many = (count: number) => OPEN_LOG.repeat(count)
    expect(codesOf(await put(admin, 'a', many(60)))).toBeUndefined()
    expect(codesOf(await put(admin, 'b', many(40)))).toBeUndefined()
    expect(codesOf(await put(admin, 'c', many(1)))).toEqual(['POLICY_TOO_MANY'])
    expect(codesOf(await put(admin, 'a', many(59)))).toBeUndefined()
    expect(codesOf(await put(admin, 'c', many(1)))).toBeUndefined()
  })

  it('that is not in force cannot be retired', async () => {
    const admin = as(await freshTenant(), ['admin'])
    expect(codesOf(await retire(admin, 'p'))).toEqual(['POLICY_UNKNOWN'])
    await put(admin, 'p', OPEN_LOG)
    await retire(admin, 'p')
    expect(codesOf(await retire(admin, 'p'))).toEqual(['POLICY_UNKNOWN'])
    expect(codesOf(await put(admin, 'p', OPEN_LOG))).toBeUndefined()
  })

  it('is put in force once under one Idempotency-Key', async () => {
    const admin = as(await freshTenant(), ['admin'])
    const key = { 'idempotency-key': 'once' }
    const text =
      'mutation ($text: String!) { policyPut(name: "p", text: $text) { position replayed } }'
    const [first, again] = [
      await admin(text, { text: OPEN_LOG }, key),
      await admin(text, { text: OPEN_LOG }, key),
    ]
    expect(first!.data.policyPut.replayed).toBe(false)
    expect(again!.data.policyPut).toEqual({ ...first!.data.policyPut, replayed: true })
  })
})

describe('a policy holds for every record after its own', () => {
  it('also for what was permitted before, and comes to the log after it', async () => {
    const tenant = await freshTenant()
    const stale = ledger.submit({
      tenant,
      subject: 'ann',
      request: 'r',
      policies: 'of another time',
      run: async () => [],
    })
    await expect(stale).rejects.toMatchObject({ code: 'POLICIES_CHANGED', status: 503 })
  })

  it('however many write while it is put in force', async () => {
    const tenant = await freshTenant()
    const [admin, writer] = [as(tenant, ['admin']), as(tenant, ['writer'])]
    const record = (i: number) =>
      writer(
        `mutation { record(items: [{dataset: {namespace: "n", name: "d${i}"}}]) { results { seq } } }`,
      )
    await record(0)
    const writes = Array.from({ length: 30 }, (_, i) => record(i + 1))
    const putting = put(
      admin,
      'no-writing',
      'forbid(principal in Role::"writer", action in Action::"write", resource);',
    )
    const later = Array.from({ length: 30 }, (_, i) => record(i + 100))
    const { data } = await putting
    const since = data.policyPut.results[0].seq as number
    const answers = await Promise.all([...writes, ...later])
    const seqs = answers.flatMap(({ data }) => data.record?.results[0].seq ?? [])
    expect(seqs.filter((seq) => seq > since)).toEqual([])
    const refused = answers.filter(({ data }) => data.record === null)
    expect(new Set(refused.flatMap((answer) => codesOf(answer)))).toEqual(
      refused.length > 0 ? new Set(['PERMISSION_DENIED']) : new Set(),
    )
    expect(codesOf(await record(999))).toEqual(['PERMISSION_DENIED'])
  })

  it('a policy that permits is seen by who waits for its position', async () => {
    const tenant = await freshTenant()
    const reader = as(tenant, ['reader'], 'ann', other)
    expect(await mayReadLog(reader)).toBe(false)
    const { data } = await put(as(tenant, ['admin']), 'p', OPEN_LOG)
    const { position } = data.policyPut
    const answer = await reader('{ log { size } }', {}, { 'x-selvedge-min-position': position })
    expect(answer.errors).toBeUndefined()
  })
})

describe('a simulation', () => {
  const simulate = async (ask: Ask, variables: Record<string, unknown>) => {
    const answer = await ask(
      `query ($changes: [PolicyChange!]!, $requests: [PolicyRequest!], $recentDecisions: Int) {
         policySimulate(changes: $changes, requests: $requests, recentDecisions: $recentDecisions) {
           compared
           changed { subject issuer roles permission permittedBefore permittedAfter policiesBefore policiesAfter count }
         } }`,
      variables,
    )
    expect(answer.errors).toBeUndefined()
    return answer.data.policySimulate as { compared: number; changed: Record<string, unknown>[] }
  }

  it('shows what a change means for each role, and puts nothing in force', async () => {
    const tenant = await freshTenant()
    const admin = as(tenant, ['admin'])
    const changes = [{ name: 'p', text: OPEN_LOG }]
    const { compared, changed } = await simulate(admin, { changes })
    expect(compared).toBeGreaterThan(100)
    expect(changed).toEqual([
      {
        subject: null,
        issuer: null,
        roles: ['READER'],
        permission: 'log:read',
        permittedBefore: false,
        permittedAfter: true,
        policiesBefore: [],
        policiesAfter: ['p'],
        count: null,
      },
    ])
    expect(await mayReadLog(as(tenant, ['reader']))).toBe(false)
  })

  it('shows what a change means for what was asked of late, without telling who asked', async () => {
    const tenant = await freshTenant()
    const admin = as(tenant, ['admin'])
    for (const subject of ['bob@acme.test', 'bob@acme.test', 'eve@acme.test']) {
      await as(tenant, ['auditor'], subject)('{ log { size } }')
    }
    const changes = [
      {
        name: 'p',
        text: 'forbid(principal == Principal::"bob@acme.test", action == Action::"log:read", resource);',
      },
    ]
    const found = await simulate(admin, { changes, recentDecisions: 500 })
    expect(found.changed).toMatchObject([
      {
        subject: expect.stringMatching(/^s_[\w-]{16}$/),
        roles: ['AUDITOR'],
        permittedBefore: true,
        permittedAfter: false,
        count: 2,
      },
    ])
  })

  it('says of any request what will be decided once the changes are in force', async () => {
    const tenant = await freshTenant()
    const admin = as(tenant, ['admin'])
    const engine = ['log:read', 'record:write', 'entity:read', 'policy:write', 'erasure:create']
    const aText = fc
      .record({
        effect: fc.constantFrom('permit', 'forbid'),
        role: fc.constantFrom(...ROLES),
        group: fc.constantFrom('read', 'write', 'audit', 'policy', 'erase'),
        like: fc.constantFrom('a*', '*b', '*'),
      })
      .map(
        ({ effect, role, group, like }) =>
          `${effect}(principal in Role::"${role}", action in Action::"${group}", resource) when { principal.subject like "${like}" };`,
      )
    const aRequest = fc.record({
      subject: fc.constantFrom('a', 'ab', 'b'),
      issuer: fc.constant('https://issuer.test'),
      roles: fc.uniqueArray(fc.constantFrom(...ROLES), { maxLength: 3 }),
      permission: fc.constantFrom(...engine),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ name: fc.constantFrom('p', 'q'), text: aText }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.array(aRequest, { minLength: 1, maxLength: 20 }),
        async (changes, asked) => {
          const requests = asked.map((one) => ({
            ...one,
            roles: one.roles.map((role) => role.toUpperCase()),
          }))
          const before = await simulate(admin, { changes, requests })
          for (const { name, text } of changes) await put(admin, name, text)
          // The same changes again change nothing any more: what was foretold is what is.
          const after = await simulate(admin, { changes, requests })
          expect(after.changed).toEqual([])
          expect(before.compared).toBe(requests.length)
          const undo = await simulate(admin, {
            changes: [...new Set(changes.map(({ name }) => name))].map((name) => ({ name })),
            requests,
          })
          const turned = ({ changed }: typeof before) =>
            changed.map(({ subject, roles, permission }) => [subject, roles, permission])
          expect(turned(undo)).toEqual(turned(before))
          for (const name of new Set(changes.map(({ name }) => name))) await retire(admin, name)
        },
      ),
      { numRuns: 12 },
    )
  })

  it.each([
    ['a policy to retire that is not in force', [{ name: 'p' }], [], 'POLICY_UNKNOWN'],
    ['a text that is none', [{ name: 'p', text: 'x' }], [], 'POLICY_INVALID'],
    [
      'a permission that is none',
      [],
      [{ subject: 'a', issuer: 'i', roles: [], permission: 'log:rad' }],
      'PERMISSION_UNKNOWN',
    ],
    [
      'more changes than are taken',
      Array.from({ length: 11 }, () => ({ name: 'p', text: OPEN_LOG })),
      [],
      'POLICY_SIMULATION_TOO_LARGE',
    ],
    [
      'a subject that no token could have',
      [],
      [{ subject: 'a'.repeat(256), issuer: 'i', roles: [], permission: 'log:read' }],
      'POLICY_SIMULATION_TOO_LARGE',
    ],
    [
      'an issuer as long',
      [],
      [{ subject: 'a', issuer: 'i'.repeat(256), roles: [], permission: 'log:read' }],
      'POLICY_SIMULATION_TOO_LARGE',
    ],
    [
      'more requests than are taken',
      [],
      Array.from({ length: 501 }, () => ({
        subject: 'a',
        issuer: 'i',
        roles: [],
        permission: 'log:read',
      })),
      'POLICY_SIMULATION_TOO_LARGE',
    ],
  ])('is refused with %s', async (_what, changes, requests, code) => {
    const admin = as(await freshTenant(), ['admin'])
    const answer = await admin(
      'query ($changes: [PolicyChange!]!, $requests: [PolicyRequest!]) { policySimulate(changes: $changes, requests: $requests) { compared } }',
      { changes, requests },
    )
    expect(codesOf(answer)).toEqual([code])
  })
})
