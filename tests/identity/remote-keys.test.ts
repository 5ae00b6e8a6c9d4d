import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { MOST_BYTES } from '../../server/identity/fetch-json.ts'
import type { KeySource } from '../../server/identity/issuer.ts'
import {
  COOLDOWN_MS,
  FRESH_MS,
  LIFE_MS,
  openRemoteKeys,
  RETRY_MS,
} from '../../server/identity/remote-keys.ts'
import { ecPair, webIssuer, type webServer } from './support.ts'

const [first, second] = [ecPair('k1'), ecPair('k2')]

/** An issuer with one key, what is held of its keys, and a clock that a test winds. */
async function held(timeoutMs = 30_000) {
  const issuer = await webIssuer([first.jwk])
  const clock = { now: 0 }
  const errors: unknown[] = []
  const keys = openRemoteKeys(
    { name: 'corp', issuer: issuer.url },
    { now: () => clock.now, timeoutMs, onError: (error) => errors.push(error) },
  )
  return { issuer, clock, errors, keys }
}

const ask = (keys: KeySource, kid: string) => keys.keyFor({ alg: 'ES256', kid })
const codeOf = (asked: Promise<unknown>) =>
  asked.then(
    () => 'found',
    ({ code, details }) => details.reason ?? code,
  )
const down = (issuer: { answerBy: Awaited<ReturnType<typeof webServer>>['answerBy'] }) =>
  issuer.answerBy((_request, response) => response.writeHead(500).end())

describe('the keys of an issuer', () => {
  it('are discovered once, however many requests wait for them', async () => {
    const { issuer, keys } = await held()
    expect(keys.state()).toBe('unreachable')
    await Promise.all(Array.from({ length: 50 }, () => ask(keys, 'k1')))
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/jwks'])
    expect(keys.state()).toBe('ready')
  })

  it('are found anew when they were rotated, at the first token by the new one', async () => {
    const { issuer, clock, keys } = await held()
    await ask(keys, 'k1')
    issuer.published.keys = [second.jwk]
    clock.now = COOLDOWN_MS
    expect(await codeOf(ask(keys, 'k2'))).toBe('found')
    expect(await codeOf(ask(keys, 'k1'))).toBe('key')
  })

  it('are not asked for by every token of an unknown key', async () => {
    const { issuer, clock, keys } = await held()
    await ask(keys, 'k1')
    clock.now = COOLDOWN_MS - 1
    for (let i = 0; i < 20; i++) expect(await codeOf(ask(keys, `x${i}`))).toBe('key')
    expect(issuer.asked).toHaveLength(2)
    clock.now = COOLDOWN_MS
    for (let i = 0; i < 20; i++) expect(await codeOf(ask(keys, `x${i}`))).toBe('key')
    expect(issuer.asked).toHaveLength(4)
  })

  it('are renewed on the side once they are no longer fresh', async () => {
    const { issuer, clock, keys } = await held()
    await ask(keys, 'k1')
    issuer.published.keys = [second.jwk]
    clock.now = FRESH_MS
    expect(await codeOf(ask(keys, 'k1'))).toBe('found')
    await keys.refresh()
    expect(await codeOf(ask(keys, 'k1'))).toBe('key')
    expect(await codeOf(ask(keys, 'k2'))).toBe('found')
    expect(issuer.asked).toHaveLength(4)
  })

  it('go on being used for their life where the issuer is away, and not longer', async () => {
    const { issuer, clock, keys, errors } = await held()
    await ask(keys, 'k1')
    down(issuer)
    clock.now = LIFE_MS - 1
    expect(await codeOf(ask(keys, 'k1'))).toBe('found')
    await keys.refresh()
    expect(keys.state()).toBe('stale')
    // A key that is unknown may be a new one: nobody can say while the issuer is away.
    expect(await codeOf(ask(keys, 'k2'))).toBe('IDENTITY_UNAVAILABLE')
    clock.now = LIFE_MS
    expect(await codeOf(ask(keys, 'k1'))).toBe('IDENTITY_UNAVAILABLE')
    expect(keys.state()).toBe('unreachable')
    expect(errors.length).toBeGreaterThan(0)

    issuer.recover()
    clock.now += RETRY_MS
    expect(await codeOf(ask(keys, 'k1'))).toBe('found')
    expect(keys.state()).toBe('ready')
  })

  it('are kept without a token: renewed once not fresh, asked for again where they were not had', async () => {
    const { issuer, clock, errors, keys } = await held()
    down(issuer)
    await keys.keep()
    expect([keys.state(), issuer.asked.length]).toEqual(['unreachable', 1])
    clock.now = RETRY_MS - 1
    await Promise.all([keys.keep(), keys.keep()])
    expect(issuer.asked).toHaveLength(1)
    clock.now = RETRY_MS
    await Promise.all([keys.keep(), keys.keep()])
    expect(issuer.asked).toHaveLength(2)
    // Told once, as long as it is the same.
    expect(errors).toHaveLength(1)
    issuer.recover()
    clock.now += RETRY_MS
    await keys.keep()
    expect([keys.state(), issuer.asked.length]).toEqual(['ready', 4])
    clock.now += FRESH_MS - 1
    await keys.keep()
    expect(issuer.asked).toHaveLength(4)
    clock.now += 1
    await keys.keep()
    expect(issuer.asked).toHaveLength(6)
    down(issuer)
    await keys.refresh()
    expect([keys.state(), errors.length]).toEqual(['stale', 2])
    issuer.recover()
    clock.now += RETRY_MS
    await keys.keep()
    expect(keys.state()).toBe('ready')
  })

  it('are left alone for a moment where they could not be had', async () => {
    const { issuer, clock, keys } = await held()
    down(issuer)
    const refused = await Promise.all(Array.from({ length: 20 }, () => codeOf(ask(keys, 'k1'))))
    expect(new Set(refused)).toEqual(new Set(['IDENTITY_UNAVAILABLE']))
    clock.now = RETRY_MS - 1
    expect(await codeOf(ask(keys, 'k1'))).toBe('IDENTITY_UNAVAILABLE')
    expect(issuer.asked).toHaveLength(1)
    issuer.recover()
    clock.now = RETRY_MS
    expect(await codeOf(ask(keys, 'k1'))).toBe('found')
  })

  it('say when to come again', async () => {
    const { issuer, keys } = await held()
    down(issuer)
    await expect(ask(keys, 'k1')).rejects.toMatchObject({
      status: 503,
      details: { issuer: 'corp', retryAfterSeconds: RETRY_MS / 1000 },
    })
  })
})

describe('an issuer that answers', () => {
  const big = JSON.stringify({ keys: [first.jwk], padding: 'x'.repeat(MOST_BYTES) })
  it.each([
    ['with another issuer', (told: Told) => ({ ...told, issuer: 'https://somebody.else' })],
    ['with a slash more', (told: Told) => ({ ...told, issuer: `${told.issuer}/` })],
    ['without keys', ({ issuer }: Told) => ({ issuer })],
    [
      'with keys by plain HTTP elsewhere',
      (told: Told) => ({ ...told, jwks_uri: 'http://192.0.2.1/jwks' }),
    ],
    ['with keys in a file', (told: Told) => ({ ...told, jwks_uri: 'file:///etc/passwd' })],
    [
      'with keys in the address',
      (told: Told) => ({ ...told, jwks_uri: 'data:application/json,{"keys":[]}' }),
    ],
    [
      'with a password in the address',
      ({ issuer }: Told) => ({ issuer, jwks_uri: issuer.replace('://', '://a:b@') }),
    ],
    ['with a list', () => []],
  ])('%s is not believed', async (_what, change) => {
    const { issuer, keys } = await held()
    const told = change({ ...issuer.discovery } as unknown as Told)
    issuer.answerBy((request, response) =>
      response.end(JSON.stringify(request.url === '/jwks' ? issuer.published : told)),
    )
    expect(await codeOf(ask(keys, 'k1'))).toBe('IDENTITY_UNAVAILABLE')
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration'])
  })

  it.each([
    ['with more than can be keys', big],
    ['with more than can be keys, packed', gzipSync(big)],
    ['with too many keys', JSON.stringify({ keys: Array(101).fill(first.jwk) })],
    ['with no list of keys', JSON.stringify({ keys: { 0: first.jwk } })],
    ['with keys that are none', JSON.stringify({ keys: ['k1'] })],
    ['with no JSON', '<html>'],
    ['with nothing', ''],
  ])('%s is not believed', async (_what, body) => {
    const { issuer, keys } = await held()
    issuer.answerBy((request, response) => {
      if (request.url !== '/jwks') return response.end(JSON.stringify(issuer.discovery))
      if (typeof body !== 'string') response.setHeader('content-encoding', 'gzip')
      response.end(body)
    })
    expect(await codeOf(ask(keys, 'k1'))).toBe('IDENTITY_UNAVAILABLE')
  })

  it('with a redirect is not followed', async () => {
    const elsewhere = await webIssuer([first.jwk])
    const { issuer, keys } = await held()
    for (const path of ['/.well-known/openid-configuration', '/jwks']) {
      issuer.answerBy((request, response) => {
        if (request.url !== path) return response.end(JSON.stringify(issuer.discovery))
        response.writeHead(307, { location: `${elsewhere.url}${path}` }).end()
      })
      expect(await codeOf(ask(keys, 'k1'))).toBe('IDENTITY_UNAVAILABLE')
    }
    expect(elsewhere.asked).toEqual([])
  })

  it.each(['never', 'a little at a time'])('%s holds nobody up', async (how) => {
    const { issuer, keys } = await held(200)
    const drips: NodeJS.Timeout[] = []
    issuer.answerBy((_request, response) => {
      if (how === 'never') return
      drips.push(setInterval(() => response.write(' '), 20))
    })
    expect(await codeOf(ask(keys, 'k1'))).toBe('IDENTITY_UNAVAILABLE')
    for (const drip of drips) clearInterval(drip)
    await wait(0)
  })

  it('with a private key or a symmetric one gives no key at all', async () => {
    const { issuer, keys } = await held()
    issuer.published.keys = [
      { ...first.privateKey.export({ format: 'jwk' }), kid: 'private' },
      { kty: 'oct', k: 'c2VjcmV0', kid: 'shared' },
    ]
    expect(await codeOf(ask(keys, 'private'))).toBe('key')
    expect(await codeOf(keys.keyFor({ alg: 'HS256', kid: 'shared' }))).toBe('key')
  })
})

interface Told {
  issuer: string
  jwks_uri: string
}
