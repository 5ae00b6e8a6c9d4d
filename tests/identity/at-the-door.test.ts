import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { createApp } from '../../server/app.ts'
import { localHostsOnly, publicHosts } from '../../server/host.ts'
import { trustIssuers } from '../../server/identity/open.ts'
import { RETRY_MS } from '../../server/identity/remote-keys.ts'
import { listen } from '../../server/listen.ts'
import { claimsOf, ecPair, rule, seal, trust, untouchable, webIssuer } from './support.ts'

const pair = ecPair('k1')
const issuer = await webIssuer([pair.jwk])
const genuine = () => seal({ alg: 'ES256', kid: 'k1' }, claimsOf(issuer.url), pair)

describe('a token that was changed', () => {
  const identity = trustIssuers([trust(rule(issuer.url))])
  const ask = (token: string) =>
    identity.identify(
      new Request('http://localhost', { headers: { authorization: `Bearer ${token}` } }),
    )
  const ALPHABET = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/=']

  it('is refused wherever one character is another, and is no fault of ours', async () => {
    const token = genuine()
    expect((await ask(token))?.subject).toBe('corp:alice')
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: token.length - 1 }),
        fc.constantFrom(...ALPHABET),
        async (at, letter) => {
          fc.pre(token[at] !== letter)
          const changed = token.slice(0, at) + letter + token.slice(at + 1)
          await expect(ask(changed)).rejects.toMatchObject({ code: 'TOKEN_INVALID', status: 401 })
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is refused wherever it is cut, repeated or mixed with another', async () => {
    const [one, other] = [
      genuine(),
      seal({ alg: 'ES256', kid: 'k1' }, claimsOf(issuer.url, { sub: 'bob' }), pair),
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: one.length - 1 }),
        fc.nat({ max: other.length }),
        async (a, b) => {
          const mixed = one.slice(0, a) + other.slice(b)
          fc.pre(mixed !== one && mixed !== other && mixed !== '')
          await expect(ask(mixed)).rejects.toMatchObject({ code: 'TOKEN_INVALID', status: 401 })
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is refused whatever the claims are, unless they are those of a token', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.object({ key: fc.constantFrom('iss', 'aud', 'exp', 'sub', 'tenant', 'iat', 'a') }),
        async (claims) => {
          const token = seal({ alg: 'ES256', kid: 'k1' }, { ...claims, iss: issuer.url }, pair)
          await expect(ask(token)).rejects.toMatchObject({ status: 401 })
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('while an issuer is away', async () => {
  const away = await webIssuer([pair.jwk])
  const clock = { now: 0 }
  const identity = trustIssuers([trust(rule(away.url), { now: () => clock.now })])
  const { services, touched } = untouchable()
  const faults: unknown[] = []
  const app = createApp({ ...services, identity, report: (fault) => faults.push(fault) })
  const token = seal({ alg: 'ES256', kid: 'k1' }, claimsOf(away.url), pair)
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const get = (path: string, init?: RequestInit) =>
    app.fetch(new Request(`http://localhost${path}`, init))
  const asking = () =>
    get('/graphql', { method: 'POST', headers, body: '{"query":"{ __typename }"}' })
  const sending = () => get('/api/v1/lineage', { method: 'POST', headers, body: '{}' })

  it('says so and when to come again, and answers what needs nobody', async () => {
    away.answerBy((_request, response) => response.writeHead(502).end())
    for (const answer of [await asking(), await sending()]) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([
        503,
        String(RETRY_MS / 1000),
      ])
      expect(await answer.text()).toContain('"code":"IDENTITY_UNAVAILABLE"')
    }
    expect((await get('/livez')).status).toBe(200)
    const nobody = await get('/log/acme/checkpoint', { headers: { authorization: 'Bearer' } })
    expect(nobody.status).toBe(401)
    expect([touched, faults]).toEqual([[], []])
    expect(away.asked).toHaveLength(1)
  })

  it('goes on by itself when it is back', async () => {
    away.recover()
    clock.now += RETRY_MS
    const answer = await asking()
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      { data: { __typename: 'Query' } },
    ])
  })
})

describe('with issuers', async () => {
  const identity = trustIssuers([trust(rule(issuer.url))])
  const app = createApp({ ...untouchable().services, identity, hosts: ['selvedge.example.org'] })
  const { port, close } = await listen(app, { host: '0.0.0.0', port: 0 })
  afterAll(close)

  it.each([
    ['selvedge.example.org', '/graphql?query={__typename}', 401],
    ['Selvedge.Example.org:443', '/graphql?query={__typename}', 401],
    ['127.0.0.1', '/graphql?query={__typename}', 421],
    ['evil.example', '/graphql', 421],
    ['10.0.0.7:4600', '/livez', 200],
  ])(
    'a server listens beyond this machine, and answers %s at %s with %i',
    async (host, path, status) => {
      const answer = await new Promise<{ status: number | undefined; body: string }>(
        (resolve, reject) => {
          request(
            { host: '127.0.0.1', port, path, headers: { host, 'x-requested-with': 'a test' } },
            (response) => {
              text(response).then((body) => resolve({ status: response.statusCode, body }), reject)
            },
          )
            .on('error', reject)
            .end()
        },
      )
      expect(answer.status).toBe(status)
      if (status === 421) expect(answer.body).toContain('"code":"HOST_NOT_PUBLIC"')
    },
  )
})

describe('the host of a request', () => {
  const LISTED = publicHosts(['selvedge.example.org', '[2001:db8::1]'])
  it.each([
    ['selvedge.example.org', true],
    ['SELVEDGE.example.org:8443', true],
    ['[2001:db8::1]:4600', true],
    ['selvedge.example.org.', false],
    ['selvedge.example.org.evil.example', false],
    ['evil.example#selvedge.example.org', false],
    ['selvedge.example.org@evil.example', false],
    ['selvedge.example.org/', false],
    ['selvedge.example.org:99999', false],
    ['localhost', false],
    ['', false],
  ])('"%s" is one of those listed: %s', (host, isListed) => {
    const ask = () => LISTED(host, '/graphql')
    if (isListed) ask()
    else expect(ask).toThrow(expect.objectContaining({ code: 'HOST_NOT_PUBLIC', status: 421 }))
  })

  it.each(['a b', '', '[::1', 'localhost:99999'])(
    '"%s" is none, also where all are answered',
    (host) => {
      expect(() => publicHosts(null)(host, '/livez')).toThrow(
        expect.objectContaining({ code: 'HOST_NOT_PUBLIC' }),
      )
      expect(() => localHostsOnly(host, '/livez')).toThrow(
        expect.objectContaining({ code: 'HOST_NOT_LOCAL' }),
      )
    },
  )
})
