import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { tokensFor } from '../../cli/identity/credentials.ts'
import { readLogin, writeLogin } from '../../cli/identity/login.ts'
import { signIn, signInByDevice } from '../../cli/identity/sign-in.ts'
import { trustIssuers } from '../../server/identity/open.ts'
import { COOLDOWN_MS } from '../../server/identity/remote-keys.ts'
import { selvedge, spawnSelvedge } from '../setup/selvedge.ts'
import { openIssuer } from './oidc-provider.ts'
import { ecPair, rule, trust } from './support.ts'

const home = mkdtempSync(join(tmpdir(), 'selvedge-login-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const written = (name: string, text: string) => {
  const path = join(home, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

const [first, second, robot] = [ecPair('2026-01'), ecPair('2026-02'), ecPair('robot')]
const ACME = { tenant: 'acme', realm: { roles: ['editors', 'everybody'] } }
const issuer = await openIssuer(
  [
    { id: 'ci', secret: 'a secret of the service account', claims: ACME },
    { id: 'shell', isPublic: true, claims: ACME },
    { id: 'robot', jwk: robot.jwk, claims: { ...ACME, tenant: 'beta' } },
  ],
  [first],
)
const secretFile = written('ci.secret', 'a secret of the service account\n')
const keyFile = written(
  'robot.jwk',
  JSON.stringify({ ...robot.privateKey.export({ format: 'jwk' }), kid: 'robot' }),
)
const pemFile = written(
  'robot.pem',
  robot.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
)
const ci = { issuer: issuer.url, clientId: 'ci', secretFile }
const byKey = { issuer: issuer.url, clientId: 'robot', keyFile }

const clock = { now: 0 }
const identity = trustIssuers([
  trust(
    rule(issuer.url, {
      types: ['at+jwt'],
      algorithms: ['ES256'],
      roles: {
        claim: ['realm', 'roles'],
        map: new Map([
          ['editors', 'writer'],
          ['everybody', 'reader'],
        ]),
      },
    }),
    { now: () => clock.now },
  ),
])
const who = (token: string) =>
  identity.identify(
    new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } }),
  )

describe('a service account of a real issuer', () => {
  it('is known by the token that it gets for its secret, in the roles of this service', async () => {
    const { accessToken, expiresAt } = await signIn(ci)
    expect(await who(accessToken)).toEqual({
      issuer: issuer.url,
      subject: 'corp:ci',
      roles: ['writer', 'reader'],
      tenant: 'acme',
    })
    expect(expiresAt - Date.now() / 1000).toBeGreaterThan(240)
  })

  it.each([
    ['a JWK', byKey],
    ['PEM', { ...byKey, keyFile: pemFile }],
  ])('signs in with a key of its own, kept as %s', async (_what, by) => {
    const { accessToken } = await signIn(by)
    expect(await who(accessToken)).toMatchObject({ subject: 'corp:robot', tenant: 'beta' })
  })

  it('is known by the issuer’s new key too, at its first token', async () => {
    const before = await signIn(ci)
    issuer.rotate([second, first])
    const after = await signIn(ci)
    clock.now += COOLDOWN_MS
    expect(await who(after.accessToken)).toMatchObject({ subject: 'corp:ci' })
    expect(await who(before.accessToken)).toMatchObject({ subject: 'corp:ci' })
  })

  it.each([
    ['a wrong secret', { ...ci, secretFile: written('wrong.secret', 'guess') }],
    ['another’s key', { ...byKey, clientId: 'ci' }],
    ['a name that is not there', { ...ci, clientId: 'nobody' }],
    ['an issuer that is not there', { ...ci, issuer: 'http://127.0.0.1:9' }],
    ['an issuer of another name', { ...ci, issuer: `${issuer.url}/realms/main` }],
  ])('gets no token with %s', async (_what, by) => {
    await expect(signIn(by)).rejects.toMatchObject({ code: 'LOGIN_FAILED' })
  })

  it('sends no secret over plain HTTP to another machine', async () => {
    await expect(signIn({ ...ci, issuer: 'http://login.example.org' })).rejects.toMatchObject({
      code: 'ADDRESS_UNSAFE',
    })
  })
})

describe('selvedge login', () => {
  const args = [
    ...['login', '--issuer', issuer.url, '--client-id', 'ci'],
    ...['--client-secret-file', secretFile, '--server', 'https://selvedge.example.org:8443/'],
  ]
  const file = join(home, 'login.json')
  const settings = { home, token: null }

  it('keeps a token for one server, readable by its owner, and no secret', async () => {
    const { code, stdout } = await selvedge(args, { SELVEDGE_HOME: home })
    expect([code, stdout.split(',')[0]]).toEqual([
      0,
      `ci of ${issuer.url} at https://selvedge.example.org:8443`,
    ])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toContain('a secret of')
    const token = await tokensFor('https://selvedge.example.org:8443/graphql', settings)()
    expect(await who(token!)).toMatchObject({ subject: 'corp:ci' })
  })

  it.each([
    'https://selvedge.example.org/',
    'http://selvedge.example.org:8443/',
    'https://selvedge.example.org.evil.example:8443/',
    'http://127.0.0.1:4600/',
  ])('says nothing to %s', async (url) => {
    expect(await tokensFor(url, settings)()).toBeUndefined()
  })

  it('gets a new token where the last one ends', async () => {
    const login = readLogin(home)!
    writeLogin(home, { ...login, accessToken: 'old', expiresAt: Date.now() / 1000 + 29 })
    const tokens = tokensFor(login.server, settings)
    const token = await tokens()
    expect(await who(token!)).toMatchObject({ subject: 'corp:ci' })
    expect(readLogin(home)).toMatchObject({ accessToken: token })
    expect(await tokens()).toBe(token)
  })

  it('is renewed once, however many ask for it at once', async () => {
    const login = readLogin(home)!
    writeLogin(home, { ...login, accessToken: 'old', expiresAt: Date.now() / 1000 })
    const asked = Array.from({ length: 5 }, () => tokensFor(login.server, settings))
    const tokens = await Promise.all(asked.flatMap((ask) => [ask(), ask()]))
    expect(new Set(tokens)).toEqual(new Set([readLogin(home)!.accessToken]))
  })

  it('goes behind SELVEDGE_TOKEN, which is sent over https or to this machine', async () => {
    const given = { home, token: 'given' }
    for (const url of ['https://selvedge.example.org:8443', 'http://127.0.0.1:4600']) {
      expect(await tokensFor(url, given)()).toBe('given')
    }
    expect(() => tokensFor('http://selvedge.example.org', given)).toThrow(
      expect.objectContaining({ code: 'ADDRESS_UNSAFE' }),
    )
  })

  it('is undone by logout, and refuses what it cannot read', async () => {
    const env = { SELVEDGE_HOME: home }
    expect((await selvedge(['logout'], env)).stdout).toBe('logged out\n')
    expect((await selvedge(['logout'], env)).stdout).toBe('there was no login\n')
    expect(readLogin(home)).toBeUndefined()
    writeFileSync(file, '{"server": 1}')
    expect(() => readLogin(home)).toThrow(expect.objectContaining({ code: 'LOGIN_INVALID' }))
  })

  it('takes one way to sign in, not two', async () => {
    const both = await selvedge([...args, '--client-key-file', keyFile], { SELVEDGE_HOME: home })
    expect(both.code).toBe(2)
  })
})

describe('a person', () => {
  const shell = { issuer: issuer.url, clientId: 'shell', scope: 'openid lineage' }

  it('logs in with a browser elsewhere, and is himself', async () => {
    const approvals: Promise<void>[] = []
    const given = await signInByDevice(shell, ({ url, code }) => {
      expect(url).toBe(`${issuer.url}/device`)
      approvals.push(issuer.approve(code, 'alice'))
    })
    await Promise.all(approvals)
    expect(await who(given.accessToken)).toMatchObject({
      subject: 'corp:alice',
      tenant: 'acme',
      roles: ['writer', 'reader'],
    })
    const again = await signIn({ ...shell, refreshToken: given.refreshToken })
    expect(again.refreshToken).toBeDefined()
    expect(await who(again.accessToken)).toMatchObject({ subject: 'corp:alice' })
  })

  it('logs in again where there is nothing to get a new token with', async () => {
    for (const by of [shell, { ...shell, refreshToken: 'guess' }]) {
      await expect(signIn(by)).rejects.toMatchObject({ code: 'LOGIN_FAILED' })
    }
  })

  it('is shown by `selvedge login` where to go, and is logged in after', async () => {
    const child = spawnSelvedge(
      ['login', '--issuer', issuer.url, '--client-id', 'shell', '--scope', 'openid lineage'],
      { SELVEDGE_HOME: home },
    )
    let told = ''
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      told += chunk
      const [, code] = /enter (\S+)\n/.exec(told) ?? []
      if (code !== undefined) {
        told = ''
        issuer.approve(code, 'bob').catch(() => child.kill())
      }
    })
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    const login = readLogin(home)!
    expect(login.server).toBe('http://127.0.0.1:4600')
    expect(await who(login.accessToken)).toMatchObject({ subject: 'corp:bob' })
  })
})
