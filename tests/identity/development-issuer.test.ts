import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importJWK, SignJWT } from 'jose'
import * as client from 'openid-client'
import { afterAll, describe, expect, it } from 'vitest'
import { addClient } from '../../server/dev-issuer/clients.ts'
import { devIssuerDirectory, mintToken } from '../../server/dev-issuer/mint.ts'
import { CLIENT_TOKEN_SECONDS, serveDevIssuer } from '../../server/dev-issuer/serve.ts'
import { openIdentity } from '../../server/identity/open.ts'
import { selvedge } from '../setup/selvedge.ts'

const homes: string[] = []
const freshHome = () => {
  homes.push(mkdtempSync(join(tmpdir(), 'selvedge-dev-issuer-')))
  return homes.at(-1)!
}
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true })
})

/** A port that nobody had a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return port
}

const home = freshHome()
const settings = {
  home,
  host: '127.0.0.1',
  devIssuerPort: await freePort(),
  nodeEnv: null,
  issuers: null,
  devHeaders: false,
}
const identity = openIdentity(settings)
const bearing = (token: string) =>
  new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } })
const who = (token: string) => identity.identify(bearing(token))
const grant = { subject: 'alice', tenant: 'acme', roles: ['reader' as const], ttlSeconds: 60 }

describe('a token of the development issuer', () => {
  it('is taken by the server of the same home, with no issuer running', async () => {
    expect(await who(await mintToken(settings, grant))).toEqual({
      issuer: 'development',
      subject: 'alice',
      roles: ['reader'],
      tenant: 'acme',
    })
    const wide = await mintToken(settings, { ...grant, tenant: '*' })
    expect((await who(wide))?.tenant).toBe('*')
  })

  it('is signed by a key that only its owner may read', () => {
    const directory = devIssuerDirectory(settings)
    expect(statSync(join(directory, 'key.json')).mode & 0o777).toBe(0o600)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
  })

  it('is taken by no server of another home, name or rule', async () => {
    const foreign = await mintToken({ ...settings, home: freshHome() }, grant)
    const renamed = await mintToken({ ...settings, devIssuerPort: 1 }, grant)
    const expired = await mintToken(settings, { ...grant, ttlSeconds: -61 })
    await expect(who(foreign)).rejects.toMatchObject({ details: { reason: 'key' } })
    await expect(who(renamed)).rejects.toMatchObject({ details: { reason: 'issuer' } })
    await expect(who(expired)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' })
  })

  it('is not made in production, nor for a tenant that cannot be', async () => {
    const production = { ...settings, nodeEnv: 'production' }
    await expect(mintToken(production, grant)).rejects.toMatchObject({ code: 'DEV_ISSUER_REFUSED' })
    await expect(mintToken(settings, { ...grant, tenant: 'ACME' })).rejects.toMatchObject({
      code: 'TENANT_NAME_INVALID',
    })
  })

  it('is printed by `selvedge token`', async () => {
    const env = { SELVEDGE_HOME: home, SELVEDGE_DEV_ISSUER_PORT: String(settings.devIssuerPort) }
    const args = ['token', '--tenant', 'acme', '--role', 'writer', 'auditor', '--subject', 'bob']
    const { code, stdout } = await selvedge(args, env)
    expect(code).toBe(0)
    expect(await who(stdout.trim())).toMatchObject({ subject: 'bob', roles: ['writer', 'auditor'] })
    const refused = await selvedge([...args, '--ttl', '86401'], env)
    expect(refused.code).toBe(2)
    const unheard = await selvedge(['token', '--tenant', 'acme', '--role', 'root'], env)
    expect(unheard.code).toBe(2)
  })
})

describe('the development issuer', async () => {
  const directory = devIssuerDirectory(settings)
  const about = { tenant: 'acme', roles: ['writer' as const] }
  const secretFile = addClient(directory, { id: 'by-secret', ...about }, 'secret')
  const keyFile = addClient(directory, { id: 'by-key', ...about }, 'key')
  const secret = readFileSync(secretFile, 'utf8').trim()
  const key = await importJWK(JSON.parse(readFileSync(keyFile, 'utf8')), 'EdDSA')
  const issuer = await serveDevIssuer(settings)
  afterAll(issuer.close)

  const found = (id: string, by: client.ClientAuth) =>
    client.discovery(new URL(issuer.url), id, undefined, by, {
      execute: [client.allowInsecureRequests],
      timeout: 30,
    })

  it.each([
    ['a secret in the header', 'by-secret', client.ClientSecretBasic(secret)],
    ['a secret in the form', 'by-secret', client.ClientSecretPost(secret)],
    ['a key of its own', 'by-key', client.PrivateKeyJwt(key as never)],
  ])('gives a client a token for %s', async (_what, id, by) => {
    const told = await client.clientCredentialsGrant(await found(id, by))
    expect(told.expires_in).toBe(CLIENT_TOKEN_SECONDS)
    expect(await who(told.access_token)).toMatchObject({ subject: id, roles: ['writer'] })
  })

  it('is one that a server may discover as any other', async () => {
    const file = join(home, 'issuers.yaml')
    const rule = {
      name: 'dev',
      issuer: issuer.url,
      audience: 'selvedge',
      tenant: { claim: 'tenant' },
    }
    writeFileSync(file, JSON.stringify({ issuers: [rule] }))
    const remote = openIdentity({ ...settings, issuers: file })
    const token = await mintToken(settings, grant)
    expect(await remote.identify(bearing(token))).toMatchObject({
      issuer: issuer.url,
      subject: 'dev:alice',
      tenant: 'acme',
    })
  })

  const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  const ask = (form: [string, string][], headers = {}) =>
    fetch(`${issuer.url}/token`, { method: 'POST', body: new URLSearchParams(form), headers })
  const assertion = (claims: object = {}, by = key) =>
    new SignJWT({
      ...{ iss: 'by-key', sub: 'by-key', aud: issuer.url, jti: crypto.randomUUID() },
      exp: Math.floor(Date.now() / 1000) + 60,
      ...claims,
    })
      .setProtectedHeader({ alg: 'EdDSA' })
      .sign(by)
  const asserting = async (token: string | Promise<string>): Promise<[string, string][]> => [
    ['grant_type', 'client_credentials'],
    ['client_assertion_type', ASSERTION],
    ['client_assertion', await token],
  ]

  it('takes each assertion once', async () => {
    const form = await asserting(assertion())
    expect((await ask(form)).status).toBe(200)
    expect((await ask(form)).status).toBe(401)
  })

  const CREDENTIALS: [string, string][] = [
    ['grant_type', 'client_credentials'],
    ['client_id', 'by-secret'],
  ]
  it.each<[string, () => Promise<[string, string][]>]>([
    ['no client', async () => [['grant_type', 'client_credentials']]],
    ['a wrong secret', async () => [...CREDENTIALS, ['client_secret', 'guess']]],
    ['an empty secret', async () => [...CREDENTIALS, ['client_secret', '']]],
    [
      'a client that is not there',
      async () => [
        ['client_id', 'x'],
        ['client_secret', secret],
      ],
    ],
    [
      'a path for a client',
      async () => [
        ['client_id', '../clients/by-secret'],
        ['client_secret', secret],
      ],
    ],
    [
      'a secret where there is a key',
      async () => [
        ['client_id', 'by-key'],
        ['client_secret', secret],
      ],
    ],
    ['an assertion for another', () => asserting(assertion({ aud: 'https://somebody.else' }))],
    ['an assertion of another', () => asserting(assertion({ iss: 'by-secret' }))],
    ['an assertion without an end', () => asserting(assertion({ exp: undefined }))],
    ['an assertion for an hour', () => asserting(assertion({ exp: Date.now() / 1000 + 3_600 }))],
    ['an assertion without a number', () => asserting(assertion({ jti: undefined }))],
    [
      'an assertion for a client with a secret',
      () => asserting(assertion({ iss: 'by-secret', sub: 'by-secret' })),
    ],
    ['an assertion that is none', () => asserting('a.b.c')],
  ])('gives no token for %s', async (_what, form) => {
    const response = await ask(await form())
    expect([response.status, await response.json()]).toEqual([401, { error: 'invalid_client' }])
  })

  it.each<[string, [string, string][], object]>([
    [
      'a parameter twice',
      [...CREDENTIALS, ['client_secret', secret], ['client_secret', secret]],
      {},
    ],
    [
      'another grant',
      [
        ['grant_type', 'password'],
        ['client_id', 'by-secret'],
        ['client_secret', secret],
      ],
      {},
    ],
    ['more than a form', [['client_id', 'x'.repeat(17_000)]], {}],
    ['JSON', [], { 'content-type': 'application/json' }],
  ])('refuses %s', async (_what, form, headers) => {
    expect((await ask(form, headers)).status).toBe(400)
  })

  it('answers to local names alone, and at its own paths', async () => {
    expect((await fetch(`${issuer.url}/`)).status).toBe(404)
    expect((await fetch(`${issuer.url}/token`)).status).toBe(404)
    const { request } = await import('node:http')
    const status = await new Promise((resolve, reject) => {
      request(`${issuer.url}/jwks`, { headers: { host: 'evil.example' } }, ({ statusCode }) =>
        resolve(statusCode),
      )
        .on('error', reject)
        .end()
    })
    expect(status).toBe(421)
  })

  it('keeps no secret, and no key of a client, where it reads who they are', () => {
    for (const name of readdirSync(join(directory, 'clients'))) {
      const path = join(directory, 'clients', name)
      expect(statSync(path).mode & 0o777).toBe(0o600)
      if (!/^[^.]+\.json$/.test(name)) continue
      expect(readFileSync(path, 'utf8')).not.toMatch(new RegExp(`"d"|${secret}`))
    }
  })

  it.each([
    ['in production', { nodeEnv: 'production' }, 'DEV_ISSUER_REFUSED'],
    ['off this machine', { host: '0.0.0.0' }, 'DEV_ISSUER_REFUSED'],
    ['where its port is taken', {}, 'DEV_ISSUER_PORT_TAKEN'],
  ])('does not start %s', async (_what, more, code) => {
    await expect(serveDevIssuer({ ...settings, ...more })).rejects.toMatchObject({ code })
  })

  it.each([
    ['a name that is a path', { id: '../x' }, 'DEV_CLIENT_INVALID'],
    ['a name that is taken', { id: 'by-key' }, 'DEV_CLIENT_INVALID'],
    ['a tenant that cannot be', { tenant: 'A B' }, 'TENANT_NAME_INVALID'],
  ])('has no client with %s', (_what, more, code) => {
    expect(() => addClient(directory, { id: 'new', ...about, ...more }, 'secret')).toThrow(
      expect.objectContaining({ code }),
    )
  })
})
