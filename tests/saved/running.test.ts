import { describe, expect, it } from 'vitest'
import { savedQueryNamed } from '../../domains/saved-queries/save.ts'
import { readConfig } from '../../server/config.ts'
import { defaultLimits } from '../../server/limits/limits.ts'
import { chain } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { codeOf, erase, NAMES, run, SIZE, save, tryToRemove } from './support.ts'

const test = await testApp('on demand')
const { app, ask, freshTenant, ledger } = test
const tenant = await freshTenant()
await chain(test, tenant)
await save(test, tenant, { name: 'names', document: NAMES, variables: { first: 1 } })

const TWO = 'query A { log { size } } query B { log { origin } }'

const PUT = 'mutation ($text: String!) { policyPut(name: "none", text: $text) { position } }'
const NONE = 'forbid(principal, action == Action::"saved-query:read", resource);'

interface Log {
  log: object
}

interface Names {
  entities: { nodes: { kind: string; name: string }[] }
}

describe('a saved query', () => {
  it('is run with the values that were saved with it', async () => {
    const { data } = await run<Names>(test, tenant, { name: 'names' })
    expect(data).toEqual((await ask(NAMES, { tenant, variables: { first: 1 } })).data)
    expect(data.entities.nodes).toHaveLength(1)
  })

  it('is run with others over them, null too', async () => {
    const { data } = await run<Names>(test, tenant, { name: 'names' }, { variables: { first: 2 } })
    expect(data.entities.nodes).toHaveLength(2)
    const all = await run<Names>(
      test,
      tenant,
      { name: 'names' },
      { variables: { kind: null, first: 50 } },
    )
    expect(new Set(all.data.entities.nodes.map(({ kind }) => kind)).size).toBeGreaterThan(1)
  })

  it('is run as the operation that was saved, or another of the same document', async () => {
    await save(test, tenant, { name: 'two', document: TWO, operationName: 'A' })
    const fields = async (operationName?: string) => {
      const response = await app.fetch(
        new Request('http://localhost/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
          body: JSON.stringify({ operationName, extensions: { savedQuery: { name: 'two' } } }),
        }),
      )
      return Object.keys(((await response.json()) as { data: { log: object } }).data.log)
    }
    expect([await fields(), await fields('B')]).toEqual([['size'], ['origin']])
  })

  it('is run by GET', async () => {
    const extensions = encodeURIComponent(JSON.stringify({ savedQuery: { name: 'names' } }))
    const variables = encodeURIComponent(JSON.stringify({ first: 2 }))
    const get = async (query: string) => {
      const response = await app.fetch(
        new Request(`http://localhost/graphql?${query}`, {
          headers: { 'x-selvedge-tenant': tenant },
        }),
      )
      return ((await response.json()) as { data: Names }).data.entities.nodes.length
    }
    expect(await get(`extensions=${extensions}`)).toBe(1)
    expect(await get(`extensions=${extensions}&variables=${variables}`)).toBe(2)
  })

  it('is run in one version of it, whatever it says now', async () => {
    const acme = await freshTenant()
    await save(test, acme, { name: 'a', document: SIZE })
    await save(test, acme, { name: 'a', document: '{ log { origin } }' })
    const fields = async (version: number) =>
      Object.keys((await run<Log>(test, acme, { name: 'a', version })).data.log)
    expect([await fields(1), await fields(2)]).toEqual([['size'], ['origin']])
    expect(codeOf(await run(test, acme, { name: 'a', version: 3 }))).toBe('SAVED_QUERY_NOT_FOUND')
    await tryToRemove(test, acme, 'a')
    expect(codeOf(await run(test, acme, { name: 'a', version: 1 }))).toBe('SAVED_QUERY_NOT_FOUND')
    await save(test, acme, { name: 'a', document: SIZE })
    // The third record of it is the one that removed it.
    expect(codeOf(await run(test, acme, { name: 'a', version: 3 }))).toBe('SAVED_QUERY_NOT_FOUND')
    expect(codeOf(await run(test, acme, { name: 'a', version: 4 }))).toBeUndefined()
  })

  it('is seen by whoever has seen the position of its saving', async () => {
    const acme = await freshTenant()
    const { position } = await save(test, acme, { name: 'a', document: SIZE })
    const headers = { 'x-selvedge-min-position': position }
    expect(codeOf(await run(test, acme, { name: 'a' }, { headers }))).toBeUndefined()
  })

  it('is run by whoever may do what it asks, and by nobody else', async () => {
    const acme = await freshTenant()
    await save(test, acme, { name: 'policies', document: '{ policies { name } }' })
    const as = (role: string) =>
      run(test, acme, { name: 'policies' }, { headers: { 'x-selvedge-roles': role } })
    expect(codeOf(await as('auditor'))).toBeUndefined()
    expect(codeOf(await as('reader'))).toBe('PERMISSION_DENIED')
    // Who may run none learns of no name whether it is there.
    await ask(PUT, { tenant: acme, variables: { text: NONE } })
    const answers = await Promise.all(
      ['policies', 'never'].map((name) => run(test, acme, { name })),
    )
    expect(answers.map(codeOf)).toEqual(['PERMISSION_DENIED', 'PERMISSION_DENIED'])
    expect(answers[0]!.errors![0]!.message).toBe(answers[1]!.errors![0]!.message)
  })

  it('is priced by the values that it is run with', async () => {
    const cheap = await testApp('on demand', { limits: { ...defaultLimits(), mostPrice: 500 } })
    expect(codeOf(await run(cheap, tenant, { name: 'names' }))).toBeUndefined()
    const answer = await run(cheap, tenant, { name: 'names' }, { variables: { first: 900 } })
    expect(codeOf(answer)).toBe('OPERATION_TOO_COSTLY')
  })

  it('is counted by the rates before anything is read', async () => {
    const slow = await testApp('on demand', {
      limits: readConfig({ SELVEDGE_RATE_PRINCIPAL: '2/60' }),
    })
    const codes = []
    for (let i = 0; i < 3; i++) {
      slow.reads()
      codes.push([codeOf(await run(slow, tenant, { name: 'names' })), slow.reads().length > 0])
    }
    expect(codes).toEqual([
      [undefined, true],
      [undefined, true],
      ['RATE_LIMITED', false],
    ])
  })

  it('tells by line and column where its document fits the schema no more', async () => {
    const acme = await freshTenant()
    const document = '{\n  log {\n    gone\n  }\n}'
    const named = savedQueryNamed('old')
    // As an earlier release would have saved it.
    await ledger.submit({
      ...{ tenant: acme, subject: 'ada', request: 'old', names: [named] },
      run: async (draft) => [
        draft.assert({
          ...named,
          id: draft.urn(named.kind, named.namespace, named.name),
          fields: { document },
        }),
      ],
    })
    const { errors } = await run(test, acme, { name: 'old' })
    expect(errors).toMatchObject([
      { locations: [{ line: 3, column: 5 }], extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ])
  })

  it('runs no more once what it says is erased', async () => {
    const acme = await freshTenant()
    const { savedQuery } = await save(test, acme, { name: 'a', document: SIZE })
    await erase(test, acme, savedQuery.id)
    expect(codeOf(await run(test, acme, { name: 'a' }))).toBe('SAVED_QUERY_NOT_FOUND')
  })
})

it.each([
  ['null', null],
  ['a text', 'names'],
  ['a list', ['names']],
  ['an object without a name', {}],
  ['a name that is none', { name: 7 }],
  ['a version of 0', { name: 'names', version: 0 }],
  ['a version that is a text', { name: 'names', version: '1' }],
  ['half a version', { name: 'names', version: 1.5 }],
])('names none: %s', async (_what, savedQuery) => {
  const answer = await run(test, tenant, savedQuery)
  expect([answer.status, codeOf(answer)]).toEqual([400, 'SAVED_QUERY_INVALID'])
})

it('stands in place of a query, and not beside one', async () => {
  const extensions = { savedQuery: { name: 'names' } }
  expect(codeOf(await ask(SIZE, { tenant, extensions }))).toBe('SAVED_QUERY_INVALID')
})

it('needs a tenant, as what it asks for does', async () => {
  expect(codeOf(await run(test, undefined as never, { name: 'names' }))).toBe('TENANT_MISSING')
  expect(codeOf(await run(test, 'nobody-here', { name: 'names' }))).toBe('TENANT_UNKNOWN')
})
