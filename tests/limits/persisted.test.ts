import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createApp } from '../../server/app.ts'
import { defaultLimits, type Limits } from '../../server/limits/limits.ts'
import { hashOf } from '../../server/limits/operations-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-operations-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, content: unknown) => {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const TYPENAME = '{ __typename }'
const OTHER = 'query Other { type: __typename }'

/** A server with these limits. Nothing here needs a database. */
function serverWith(limits: Partial<Limits>) {
  const none = undefined as never
  const app = createApp({
    ...{ database: none, ledger: none, objects: none },
    limits: { ...defaultLimits(), ...limits },
  })
  return async (body: object) => {
    const response = await app.fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    )
    const told = (await response.json()) as {
      data?: unknown
      errors?: { message: string; extensions: { code: string } }[]
    }
    return told.errors?.[0]?.extensions.code ?? told.data
  }
}

const byHash = (text: string) => ({
  extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(text) } },
})
const ANSWER = { __typename: 'Query' }

describe('a document asked for by its hash', () => {
  it('is asked for again with its text, and known from then on, as Apollo has it', async () => {
    const ask = serverWith({})
    expect(await ask(byHash(TYPENAME))).toBe('PERSISTED_QUERY_NOT_FOUND')
    expect(await ask({ query: TYPENAME, ...byHash(TYPENAME) })).toEqual(ANSWER)
    expect(await ask(byHash(TYPENAME))).toEqual(ANSWER)
  })

  it('must be the one of that hash', async () => {
    const ask = serverWith({})
    expect(await ask({ query: OTHER, ...byHash(TYPENAME) })).toBe('PERSISTED_QUERY_INVALID')
    expect(await ask(byHash(TYPENAME))).toBe('PERSISTED_QUERY_NOT_FOUND')
  })

  it.each([
    ['another version', { version: 2, sha256Hash: hashOf(TYPENAME) }],
    ['no hash', { version: 1 }],
    ['half a hash', { version: 1, sha256Hash: 'ab' }],
    ['capitals', { version: 1, sha256Hash: hashOf(TYPENAME).toUpperCase() }],
    ['null', null],
    ['a text', 'x'],
  ])('is not taken with %s', async (_what, persistedQuery) => {
    expect(await serverWith({})({ extensions: { persistedQuery } })).toBe('PERSISTED_QUERY_INVALID')
  })

  it('may stand in a file by hash, in a manifest of Apollo’s, or in a directory', async () => {
    const manifest = {
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [{ id: hashOf(TYPENAME), name: 'T', type: 'query', body: TYPENAME }],
    }
    const directory = mkdtempSync(join(folder, 'documents-'))
    writeFileSync(join(directory, 'typename.graphql'), TYPENAME)
    for (const operations of [
      file('map.json', { [hashOf(TYPENAME)]: TYPENAME }),
      file('manifest.json', manifest),
      directory,
    ]) {
      expect(await serverWith({ operations })(byHash(TYPENAME))).toEqual(ANSWER)
    }
  })

  it.each([
    ['another hash', { [hashOf(OTHER)]: TYPENAME }],
    ['no GraphQL', { [hashOf('{')]: '{' }],
    ['no text', { [hashOf(TYPENAME)]: 7 }],
    ['no JSON', '{'],
  ])('keeps a server from starting that is listed with %s', (_what, content) => {
    expect(() => serverWith({ operations: file('bad.json', content) })).toThrow(
      expect.objectContaining({ code: 'OPERATIONS_INVALID' }),
    )
  })
})

describe('where only listed documents may run', () => {
  const operations = file('listed.json', { [hashOf(TYPENAME)]: TYPENAME })
  const ask = serverWith({ operations, operationsOnly: true })

  it('they do, by hash and by text', async () => {
    expect([await ask(byHash(TYPENAME)), await ask({ query: TYPENAME })]).toEqual([ANSWER, ANSWER])
  })

  it.each([
    ['by text', { query: OTHER }],
    ['by hash', byHash(OTHER)],
    ['with text and hash', { query: OTHER, ...byHash(OTHER) }],
    ['by hash, once more', byHash(OTHER)],
    ['with one blank more', { query: `${TYPENAME} ` }],
  ])('no other does: %s', async (_what, body) => {
    expect(await ask(body)).toBe('OPERATION_NOT_LISTED')
  })
})

describe('the schema', () => {
  const SCHEMA = '{ ... on Query { ...f } } fragment f on Query { s: __schema { __typename } }'
  const TYPE = '{ __type(name: "Query") { name } }'

  it.each([
    ['auto', 'on where headers are believed'],
    ['on', 'on'],
  ] as const)('can be asked for where it is %s: %s', async (introspection, _what) => {
    const ask = serverWith({ introspection })
    expect(await ask({ query: SCHEMA })).toEqual({ s: { __typename: '__Schema' } })
    expect(await ask({ query: TYPE })).toEqual({ __type: { name: 'Query' } })
  })

  it('cannot be asked for where it is off, and all else can', async () => {
    const ask = serverWith({ introspection: 'off' })
    for (const query of [SCHEMA, TYPE, SCHEMA])
      expect(await ask({ query })).toBe('INTROSPECTION_OFF')
    expect(await ask({ query: TYPENAME })).toEqual(ANSWER)
  })

  it('is off by itself where tokens say who asks', async () => {
    const none = undefined as never
    const who = { issuer: 'https://issuer.example', subject: 'ada', roles: ['reader'] as const }
    const app = createApp({
      ...{ database: none, ledger: none, objects: none, hosts: ['localhost'] },
      identity: {
        isDevelopment: false,
        states: () => ({}),
        keep: async () => {},
        identify: async () => ({ ...who, tenant: 'acme' }),
      },
    })
    const response = await app.fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: TYPE }),
      }),
    )
    expect([response.status, await response.json()]).toMatchObject([
      403,
      { errors: [{ extensions: { code: 'INTROSPECTION_OFF' } }] },
    ])
  })
})
