import { expect, it } from 'vitest'
import { trustIssuers } from '../../server/identity/open.ts'
import { LONGEST_BELIEVED_MS, openVerifiedTokens } from '../../server/identity/verified-tokens.ts'
import { claimsOf, ecPair, rule, seal, trust, webIssuer } from './support.ts'

const who = { issuer: 'https://a.example', subject: 'a:alice', roles: [], tenant: 'acme' }

it('believes a token for a minute at most, and never beyond its end', () => {
  const tokens = openVerifiedTokens()
  tokens.set('long', { who, expires: 1e9 }, 1000)
  tokens.set('short', { who, expires: 1500 }, 1000)
  tokens.set('over', { who, expires: 1000 }, 1000)
  expect(tokens.get('long', 1000 + LONGEST_BELIEVED_MS - 1)?.who).toBe(who)
  expect(tokens.get('long', 1000 + LONGEST_BELIEVED_MS)).toBeUndefined()
  expect(tokens.get('short', 1499)?.who).toBe(who)
  expect(tokens.get('short', 1500)).toBeUndefined()
  expect(tokens.get('over', 1000)).toBeUndefined()
})

it('does not believe what a clock that was set back has still before it', () => {
  const tokens = openVerifiedTokens()
  tokens.set('token', { who, expires: 1e12 }, 7_200_000)
  expect(tokens.get('token', 3_600_000)).toBeUndefined()
})

it('holds so many and no more: the oldest makes room', () => {
  const tokens = openVerifiedTokens(3)
  for (const token of ['a', 'b', 'c', 'd']) tokens.set(token, { who, expires: 1e9 }, 0)
  expect(tokens.size).toBe(3)
  expect(tokens.get('a', 1)).toBeUndefined()
  expect(tokens.get('d', 1)?.who).toBe(who)
})

it('lets a key that was withdrawn live on for no longer than that', async () => {
  const pair = ecPair('k1')
  const issuer = await webIssuer([pair.jwk])
  const clock = { now: 0 }
  const source = trust(rule(issuer.url), { now: () => clock.now })
  const start = Date.now()
  const identity = trustIssuers([source], undefined, () => new Date(start + clock.now))
  const token = seal({ alg: 'ES256', kid: 'k1' }, claimsOf(issuer.url), pair)
  const ask = () =>
    identity.identify(
      new Request('http://localhost', { headers: { authorization: `Bearer ${token}` } }),
    )
  expect((await ask())?.subject).toBe('corp:alice')
  issuer.published.keys = []
  await source.keys.refresh()
  clock.now = LONGEST_BELIEVED_MS - 1
  expect((await ask())?.subject).toBe('corp:alice')
  clock.now = LONGEST_BELIEVED_MS
  await expect(ask()).rejects.toMatchObject({ code: 'TOKEN_INVALID', details: { reason: 'key' } })
})
