import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readIssuers } from '../../server/identity/issuers-file.ts'
import { openIdentity } from '../../server/identity/open.ts'
import { claimsOf, ecPair, seal } from './support.ts'

const directory = mkdtempSync(join(tmpdir(), 'selvedge-issuers-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

let files = 0
function written(text: string) {
  const path = join(directory, `${files++}.yaml`)
  writeFileSync(path, text)
  return path
}

const LEAST = `
issuers:
  - name: corp
    issuer: https://login.example.org/realms/main
    audience: selvedge-api
    tenant: acme
`
const more = (line: string) => written(`${LEAST}    ${line}\n`)

describe('the file of issuers', () => {
  it('needs a name, a URL, an audience and a tenant, and pins the rest', () => {
    expect(readIssuers(written(LEAST))).toEqual([
      {
        name: 'corp',
        issuer: 'https://login.example.org/realms/main',
        audience: ['selvedge-api'],
        tenant: { fixed: 'acme' },
        roles: { claim: ['roles'], map: null },
        algorithms: ['EdDSA', 'ES256', 'PS256', 'RS256'],
        types: ['at+jwt', 'JWT', 'none'],
        keysFile: null,
      },
    ])
  })

  it('says where tenants and roles stand, and what theirs are here', () => {
    const file = written(`
issuers:
  - name: idp.example
    issuer: https://idp.example.org
    audience: [one, two]
    tenant: {claim: org.tenant, only: [acme, beta], serviceWide: true}
    roles:
      claim: ['https://idp.example.org/roles']
      map: {lineage-admins: admin, everybody: reader}
    algorithms: [ES256]
    types: [at+jwt]
    keys: keys.json
`)
    expect(readIssuers(file)).toMatchObject([
      {
        audience: ['one', 'two'],
        tenant: { claim: ['org', 'tenant'], only: new Set(['acme', 'beta']), serviceWide: true },
        roles: {
          claim: ['https://idp.example.org/roles'],
          map: new Map([
            ['lineage-admins', 'admin'],
            ['everybody', 'reader'],
          ]),
        },
        keysFile: join(directory, 'keys.json'),
      },
    ])
  })

  it('may be JSON', () => {
    const issuer = { name: 'a', issuer: 'https://a.example', audience: 'x', tenant: '*' }
    expect(readIssuers(written(JSON.stringify({ issuers: [issuer] })))).toMatchObject([
      { tenant: { fixed: '*' } },
    ])
  })

  it.each([
    ['no file', join(directory, 'nowhere'), 'ENOENT'],
    ['no YAML', written('{'), ''],
    ['nothing', written(''), 'the file'],
    ['no issuers', written('issuers: []'), 'issuers'],
    ['a member that is not known', more('audiences: [b]'), 'audiences'],
    ['a member twice', more('tenant: beta'), 'unique'],
    ['an alias', written('a: &a [1]\nissuers: *a'), 'Alias'],
    ['plain HTTP', written(LEAST.replace('https', 'http')), 'issuers.0.issuer'],
    ['a query', written(LEAST.replace('/main', '/main?a=b')), 'issuers.0.issuer'],
    ['a fragment', written(LEAST.replace('/main', '/main#a')), 'issuers.0.issuer'],
    ['a user', written(LEAST.replace('//login', '//user@login')), 'issuers.0.issuer'],
    ['an algorithm that shares a secret', more('algorithms: [HS256]'), 'algorithms.0'],
    ['no algorithm', more('algorithms: [none]'), 'algorithms.0'],
    ['an empty list of algorithms', more('algorithms: []'), 'algorithms'],
    ['a role that does not exist', more('roles: {claim: groups, map: {a: root}}'), 'roles'],
    ['a tenant that cannot be', written(LEAST.replace('acme', 'ACME')), 'tenant'],
    ['no audience', written(LEAST.replace('selvedge-api', '[]')), 'audience'],
    ['two of one name', written(`${LEAST}${LEAST.split('issuers:\n')[1]}`), 'name corp'],
  ])('is refused with %s, saying where', (_what, file, where) => {
    expect(() => readIssuers(file)).toThrow(
      expect.objectContaining({
        code: 'ISSUERS_INVALID',
        message: expect.stringContaining(where),
      }),
    )
  })
})

describe('an identity by the settings', () => {
  const settings = { home: directory, devHeaders: true, devIssuerPort: 4602, nodeEnv: null }
  const asking = (headers: Record<string, string>) =>
    new Request('http://localhost/', { headers: { ...headers } })

  it('believes headers without issuers, and nobody in production', async () => {
    const identity = openIdentity({ ...settings, issuers: null })
    expect(identity.isDevelopment).toBe(true)
    expect(await identity.identify(asking({}))).toMatchObject({ issuer: 'development' })
    expect(() => openIdentity({ ...settings, issuers: null, nodeEnv: 'production' })).toThrow(
      expect.objectContaining({ code: 'ISSUERS_MISSING' }),
    )
  })

  it('believes no header where that is off', async () => {
    const identity = openIdentity({ ...settings, issuers: null, devHeaders: false })
    expect(identity.isDevelopment).toBe(true)
    expect(await identity.identify(asking({ 'x-selvedge-tenant': 'acme' }))).toBeUndefined()
  })

  it('takes keys from a file, and those that were put in its place', async () => {
    const [old, young] = [ecPair('old'), ecPair('young')]
    const keys = join(directory, 'keys.json')
    writeFileSync(keys, JSON.stringify({ keys: [old.jwk] }))
    const identity = openIdentity({ ...settings, issuers: more('keys: keys.json') })
    expect(identity.isDevelopment).toBe(false)
    expect(identity.states()).toEqual({ corp: 'ready' })
    const by = (pair: typeof old) => {
      const claims = claimsOf('https://login.example.org/realms/main')
      const token = seal({ alg: 'ES256', kid: pair.jwk.kid }, claims, pair)
      return identity.identify(asking({ authorization: `Bearer ${token}` }))
    }
    expect(await by(old)).toMatchObject({ subject: 'corp:alice', tenant: 'acme' })
    await expect(by(young)).rejects.toMatchObject({ code: 'TOKEN_INVALID' })
    writeFileSync(keys, JSON.stringify({ keys: [young.jwk] }))
    utimesSync(keys, 1, 1)
    expect(await by(young)).toMatchObject({ subject: 'corp:alice' })
  })

  it('keeps its keys where their file is damaged while it runs, and tells the operator alone', async () => {
    const [old, young] = [ecPair('old'), ecPair('young')]
    const keys = join(directory, 'changing.json')
    let changes = 0
    const write = (text: string) => {
      writeFileSync(keys, text)
      changes += 1
      utimesSync(keys, changes, changes)
    }
    write(JSON.stringify({ keys: [old.jwk] }))
    const told: unknown[] = []
    const settled = { ...settings, issuers: more('keys: changing.json') }
    const identity = openIdentity(settled, (error) => told.push(error))
    const by = (pair: typeof old) => {
      const claims = claimsOf('https://login.example.org/realms/main', { jti: String(changes) })
      const token = seal({ alg: 'ES256', kid: pair.jwk.kid }, claims, pair)
      return identity.identify(asking({ authorization: `Bearer ${token}` }))
    }
    write('{"keys": [')
    expect(await by(old)).toMatchObject({ subject: 'corp:alice' })
    expect(identity.states()).toEqual({ corp: 'stale' })
    rmSync(keys)
    await identity.keep()
    expect(told).toEqual([1, 2].map(() => expect.objectContaining({ code: 'ISSUERS_INVALID' })))
    write(JSON.stringify({ keys: [young.jwk] }))
    expect(await by(young)).toMatchObject({ subject: 'corp:alice' })
    await expect(by(old)).rejects.toMatchObject({ code: 'TOKEN_INVALID' })
    expect(identity.states()).toEqual({ corp: 'ready' })
  })

  it.each(['none', '{"keys": 1}'])('refuses a file of keys that says %s', (text) => {
    writeFileSync(join(directory, 'broken.json'), text)
    expect(() => openIdentity({ ...settings, issuers: more('keys: broken.json') })).toThrow(
      expect.objectContaining({ code: 'ISSUERS_INVALID' }),
    )
  })
})
