import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, it } from 'vitest'
import { createApp } from '../../server/app.ts'
import { trustIssuers } from '../../server/identity/open.ts'
import { listen } from '../../server/listen.ts'
import {
  claimsOf,
  ecPair,
  hmac,
  type Pair,
  rsaPair,
  rule,
  seal,
  trust,
  unsigned,
  untouchable,
  webIssuer,
} from './support.ts'

const [genuine, second, weak, rsa] = [
  ecPair('k1'),
  ecPair('k2'),
  rsaPair('weak', 1024),
  rsaPair('r1'),
]
const [attacker, other] = [ecPair('evil'), ecPair('k1')]
const encryption = ecPair('enc')
const issuer = await webIssuer([
  genuine.jwk,
  second.jwk,
  rsa.jwk,
  weak.jwk,
  { ...encryption.jwk, use: 'enc' },
  { kty: 'oct', k: 'c2VjcmV0', kid: 'shared' },
])
const elsewhere = await webIssuer([other.jwk])
const evil = await webIssuer([attacker.jwk])

const identity = trustIssuers([
  trust(rule(issuer.url)),
  trust(
    rule(elsewhere.url, {
      name: 'partner',
      types: ['at+jwt'],
      tenant: { claim: ['org', 'tenant'], only: new Set(['partner']), serviceWide: false },
    }),
  ),
])
const { touched, services } = untouchable()
const faults: unknown[] = []
const app = createApp({ ...services, identity, report: (fault) => faults.push(fault) })
const { url, port, close } = await listen(app, { host: '127.0.0.1', port: 0 })
afterAll(close)

const ES256 = { alg: 'ES256', kid: 'k1', typ: 'JWT' }
const signed = (claims: object = {}, header: object = {}, by: Pair = genuine) =>
  seal({ ...ES256, ...header }, claimsOf(issuer.url, claims), by)
const now = () => Math.floor(Date.now() / 1000)
const good = signed()
const [goodHeader, goodClaims, goodSignature] = good.split('.') as [string, string, string]
const claimsText = JSON.stringify(claimsOf(issuer.url))
const partner = (claims: object, header: object = {}) =>
  seal(
    { ...ES256, typ: 'at+jwt', ...header },
    claimsOf(elsewhere.url, { tenant: undefined, org: { tenant: 'partner' }, ...claims }),
    other,
  )
const jwkText = JSON.stringify(rsa.jwk)
const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' }) as string
/** The last character of a signature has bits that no byte uses: another one reads as the same bytes. */
const twin = (token: string) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)!) ^ 1]
}

const cut = (token: string) =>
  token.replace(/[^.]+$/, (last) =>
    Buffer.from(last, 'base64url').subarray(0, 60).toString('base64url'),
  )

/** Token, and the reason that is told. */
const FORGERIES: readonly [what: string, token: string, reason: string][] = [
  ['no algorithm and no signature', unsigned({ ...ES256, alg: 'none' }, claimsText), 'form'],
  [
    'no algorithm, and a signature',
    unsigned({ ...ES256, alg: 'none' }, claimsText, goodSignature),
    'algorithm',
  ],
  [
    'no algorithm, spelt otherwise',
    unsigned({ ...ES256, alg: 'nOnE' }, claimsText, 'AA'),
    'algorithm',
  ],
  ['an empty algorithm', unsigned({ ...ES256, alg: '' }, claimsText, goodSignature), 'algorithm'],
  ['a list of algorithms', seal({ ...ES256, alg: ['ES256'] }, claimsText, genuine), 'algorithm'],
  ['a header without an algorithm', seal({ kid: 'k1' }, claimsText, genuine), 'algorithm'],
  [
    'HS256 with the public key in PEM',
    hmac({ alg: 'HS256', kid: 'r1' }, claimsText, pem),
    'algorithm',
  ],
  [
    'HS256 with the public key as JWK',
    hmac({ alg: 'HS256', kid: 'r1' }, claimsText, jwkText),
    'algorithm',
  ],
  [
    'HS256 with nothing for a secret',
    hmac({ alg: 'HS256', kid: 'r1' }, claimsText, ''),
    'algorithm',
  ],
  [
    'HS256 with a secret that is published',
    hmac({ alg: 'HS256', kid: 'shared' }, claimsText, 'secret'),
    'algorithm',
  ],
  ['an algorithm that is not listed', signed({}, { alg: 'ES384' }), 'algorithm'],
  ['an algorithm of encryption', signed({}, { alg: 'RSA-OAEP' }), 'algorithm'],
  ['the algorithm of another kind of key', signed({}, { alg: 'RS256' }), 'key'],
  ['a key of another kind', signed({}, { kid: 'r1' }), 'key'],
  ['the name of the key on another key', signed({}, {}, attacker), 'signature'],
  ['another of the issuer’s keys', signed({}, { kid: 'k2' }), 'signature'],
  ['a key that is not the issuer’s', signed({}, { kid: 'evil' }, attacker), 'key'],
  ['a key for encryption', signed({}, { kid: 'enc' }, encryption), 'key'],
  ['a key that is too short', seal({ alg: 'RS256', kid: 'weak' }, claimsText, weak), 'key'],
  ['no key named, where there are two', signed({}, { kid: undefined }), 'key'],
  ['a path for a key', signed({}, { kid: '../../../../dev/null' }, attacker), 'key'],
  ['a query for a key', signed({}, { kid: "k1' UNION SELECT 'k" }, attacker), 'key'],
  ['a number for a key', signed({}, { kid: 1 }), 'key'],
  ['a prototype for a key', signed({}, { kid: '__proto__' }, attacker), 'key'],
  ['its own key along (jwk)', signed({}, { jwk: attacker.jwk }, attacker), 'signature'],
  [
    'its own key along, and no other name',
    signed({}, { kid: undefined, jwk: attacker.jwk }, attacker),
    'key',
  ],
  [
    'the address of its own keys (jku)',
    signed({}, { kid: 'evil', jku: `${evil.url}/jwks` }, attacker),
    'key',
  ],
  [
    'the address of its own certificate (x5u)',
    signed({}, { kid: 'evil', x5u: evil.url }, attacker),
    'key',
  ],
  ['its own certificate (x5c)', signed({}, { kid: 'evil', x5c: ['MIIB'] }, attacker), 'key'],
  ['an issuer that is not trusted', seal(ES256, claimsOf(evil.url), attacker), 'issuer'],
  ['an issuer with a slash more', signed({ iss: `${issuer.url}/` }), 'issuer'],
  ['an issuer in another case', signed({ iss: issuer.url.toUpperCase() }), 'issuer'],
  ['no issuer', signed({ iss: undefined }), 'issuer'],
  ['a list of issuers', signed({ iss: [issuer.url] }), 'issuer'],
  ['the issuer’s name instead of its URL', signed({ iss: 'corp' }), 'issuer'],
  ['a member of every object for an issuer', signed({ iss: 'constructor' }), 'issuer'],
  ['the development issuer', signed({ iss: 'http://127.0.0.1:4602' }), 'issuer'],
  [
    'another trusted issuer’s key of the same name',
    seal(ES256, claimsOf(issuer.url), other),
    'signature',
  ],
  [
    'another trusted issuer’s name',
    seal({ ...ES256, typ: 'at+jwt' }, claimsOf(elsewhere.url), genuine),
    'signature',
  ],
  ['another audience', signed({ aud: 'somebody-else' }), 'audience'],
  ['an audience that begins like ours', signed({ aud: 'selvedge-api.evil.example' }), 'audience'],
  [
    'an id token: its audience is a client',
    signed({ aud: 'web-app', nonce: 'n', at_hash: 'h' }),
    'audience',
  ],
  ['no audience', signed({ aud: undefined }), 'audience'],
  ['an empty list of audiences', signed({ aud: [] }), 'audience'],
  ['an object of audiences', signed({ aud: { 0: 'selvedge-api' } }), 'audience'],
  ['no end', signed({ exp: undefined }), 'time'],
  ['a text for an end', signed({ exp: String(now() + 300) }), 'time'],
  ['an end that is null', signed({ exp: null }), 'time'],
  [
    'an end beyond all numbers',
    seal(ES256, claimsText.replace(/"exp":\d+/, '"exp":1e999'), genuine),
    'time',
  ],
  ['a beginning in the future', signed({ nbf: now() + 120 }), 'time'],
  ['a text for a beginning', signed({ nbf: 'now' }), 'time'],
  ['an issue in the future', signed({ iat: now() + 120 }), 'time'],
  ['an issue after its end', signed({ iat: now() + 30, exp: now() + 10 }), 'time'],
  ['a text for an issue', signed({ iat: 'now' }), 'time'],
  ['the type of a logout token', signed({}, { typ: 'logout+jwt' }), 'type'],
  ['the type of a proof of possession', signed({}, { typ: 'dpop+jwt' }), 'type'],
  ['a number for a type', signed({}, { typ: 1 }), 'type'],
  ['a type that its issuer does not use', partner({}, { typ: 'JWT' }), 'type'],
  ['no type, where its issuer says one', partner({}, { typ: undefined }), 'type'],
  ['a critical extension', signed({}, { crit: ['exp'], exp: 1 }), 'critical'],
  ['an unencoded payload', signed({}, { crit: ['b64'], b64: false }), 'critical'],
  ['an unencoded payload in passing', signed({}, { b64: false }), 'critical'],
  ['an empty list of extensions', signed({}, { crit: [] }), 'critical'],
  ['an issuer twice', seal(ES256, `{"iss":"${evil.url}",${claimsText.slice(1)}`, genuine), 'form'],
  [
    'a tenant twice, once in disguise',
    seal(ES256, `{"\\u0074enant":"other",${claimsText.slice(1)}`, genuine),
    'form',
  ],
  [
    'an algorithm twice',
    seal('{"alg":"none","alg":"ES256","kid":"k1"}', claimsText, genuine),
    'form',
  ],
  ['claims that are a list', seal(ES256, '[]', genuine), 'form'],
  ['claims that are null', seal(ES256, 'null', genuine), 'form'],
  ['claims that are no JSON', seal(ES256, '{"iss":', genuine), 'form'],
  ['claims with a mark of byte order', seal(ES256, `\uFEFF${claimsText}`, genuine), 'form'],
  [
    'claims that nest too deep',
    seal(ES256, `{"a":${'['.repeat(100)}${']'.repeat(100)}}`, genuine),
    'form',
  ],
  ['a header that is a text', seal('"ES256"', claimsText, genuine), 'form'],
  ['a part too few', `${goodHeader}.${goodClaims}`, 'form'],
  ['a part too many', `${good}.${goodSignature}`, 'form'],
  ['the five parts of an encrypted token', `${goodHeader}.AA.AA.AA.AA`, 'form'],
  ['an empty header', `.${goodClaims}.${goodSignature}`, 'form'],
  ['padding', `${good}=`, 'form'],
  [
    'the other alphabet of base64',
    `${goodHeader}.${goodClaims}.+/${goodSignature.slice(2)}`,
    'form',
  ],
  ['a signature in another spelling', twin(good), 'form'],
  ['a signature cut short', cut(good), 'signature'],
  ['a signature of zeros', `${goodHeader}.${goodClaims}.${'A'.repeat(86)}`, 'signature'],
  [
    'the signature of other claims',
    signed({ sub: 'mallory' }).replace(/[^.]+$/, goodSignature),
    'signature',
  ],
  [
    'a header that was changed',
    `${Buffer.from(JSON.stringify({ ...ES256, kid: 'k1', a: 1 })).toString('base64url')}.${goodClaims}.${goodSignature}`,
    'signature',
  ],
  ['a key that it is bound to', signed({ cnf: { jkt: 'abc' } }), 'bound'],
  ['nobody', signed({ sub: undefined }), 'subject'],
  ['an empty name', signed({ sub: '' }), 'subject'],
  ['a number for a name', signed({ sub: 7 }), 'subject'],
  ['a name with a line break', signed({ sub: 'alice\nadmin' }), 'subject'],
  ['a name that is too long', signed({ sub: 'x'.repeat(251) }), 'subject'],
  ['no tenant', signed({ tenant: undefined }), 'tenant'],
  ['a list of tenants', signed({ tenant: ['acme', 'other'] }), 'tenant'],
  ['all tenants, which its issuer may not name', signed({ tenant: '*' }), 'tenant'],
  ['the service’s own scope', signed({ tenant: '-' }), 'tenant'],
  ['a tenant in another case', signed({ tenant: 'ACME' }), 'tenant'],
  ['a tenant with a line break', signed({ tenant: 'acme\n' }), 'tenant'],
  ['a tenant that its issuer may not speak for', partner({ org: { tenant: 'acme' } }), 'tenant'],
  ['a tenant beside the claim', partner({ org: {}, tenant: 'partner' }), 'tenant'],
  [
    'a tenant by the dotted name of the claim',
    partner({ org: undefined, 'org.tenant': 'partner' }),
    'tenant',
  ],
  [
    'a tenant by inheritance',
    seal(
      { ...ES256, typ: 'at+jwt' },
      JSON.stringify(claimsOf(elsewhere.url)).replace(
        '"tenant":"acme"',
        '"__proto__":{"org":{"tenant":"partner"}}',
      ),
      other,
    ),
    'tenant',
  ],
  ['more than a token can be long', signed({ padding: 'x'.repeat(6_200) }), 'size'],
]

/** What a caller may try with a token: to read, to write, and to ask for another's log. */
const requests = (headers: Record<string, string>): [string, RequestInit][] => {
  const json = { ...headers, 'content-type': 'application/json' }
  const mutation = JSON.stringify({ query: 'mutation { tenantCreate(name: "forged") { name } }' })
  return [
    ['/graphql', { method: 'POST', headers: json, body: mutation }],
    ['/graphql?query=%7Blog%7Bsize%7D%7D', { headers }],
    ['/api/v1/lineage', { method: 'POST', headers: json, body: '{}' }],
    ['/api/v1/lineage/batch', { method: 'POST', headers: json, body: '[]' }],
    ['/exports/urn:selvedge:export:01936893-9751-7a91-a2a0-a51101a3970c', { headers }],
    ['/log/acme/checkpoint', { headers }],
  ]
}

interface Told {
  code?: string
  reason?: string
  errors?: { extensions: { code: string; reason?: string } }[]
}

async function refusalsOf(headers: Record<string, string>, query = '') {
  const told = []
  for (const [path, init] of requests(headers)) {
    const address = path + (query && (path.includes('?') ? '&' : '?') + query)
    const response = await app.fetch(new Request(url + address, init))
    const body = (await response.json()) as Told
    const { code, reason } = body.errors?.[0]?.extensions ?? body
    told.push({
      status: response.status,
      code,
      reason,
      challenge: response.headers.get('www-authenticate'),
    })
  }
  return told
}

describe('a token that is not good', () => {
  it.each(FORGERIES)('is refused for %s', async (_what, token, reason) => {
    for (const told of await refusalsOf({ authorization: `Bearer ${token}` })) {
      expect(told).toEqual({
        status: 401,
        code: 'TOKEN_INVALID',
        reason,
        challenge: expect.stringContaining('Bearer realm="selvedge", error="invalid_token"'),
      })
    }
  })

  it.each([
    ['an end a minute and more ago', signed({ iat: now() - 400, exp: now() - 61 })],
    ['an end before 1970', signed({ iat: undefined, exp: -1 })],
  ])('is refused as expired for %s', async (_what, token) => {
    for (const told of await refusalsOf({ authorization: `Bearer ${token}` })) {
      expect(told).toMatchObject({ status: 401, code: 'TOKEN_EXPIRED' })
    }
  })

  it('is told to have expired only where it was good once', async () => {
    const forged = signed({ iat: 1, exp: 2 }, {}, attacker)
    const [told] = await refusalsOf({ authorization: `Bearer ${forged}` })
    expect(told).toMatchObject({ code: 'TOKEN_INVALID', reason: 'signature' })
  })

  it.each([
    [
      'another scheme',
      { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` },
      'scheme',
    ],
    ['no scheme', { authorization: good }, 'scheme'],
    ['a scheme alone', { authorization: 'Bearer' }, 'scheme'],
    ['an empty header', { authorization: '' }, 'scheme'],
    ['two tokens', { authorization: `Bearer ${good} ${good}` }, 'scheme'],
    ['two headers, joined', { authorization: `Bearer ${good}, Bearer ${good}` }, 'scheme'],
    ['a scheme like a parameter', { authorization: `Bearer token="${good}"` }, 'scheme'],
    ['a header of any length', { authorization: `Bearer ${'x'.repeat(9_000)}` }, 'size'],
  ])('is refused for %s', async (_what, headers, reason) => {
    for (const told of await refusalsOf(headers)) {
      expect(told).toMatchObject({ status: 401, code: 'TOKEN_INVALID', reason })
    }
  })

  it('is refused in the address, also beside a good one', async () => {
    const query = `access_token=${good}`
    const asked = { 'x-requested-with': 'a test' }
    for (const headers of [asked, { ...asked, authorization: `Bearer ${good}` }]) {
      for (const told of await refusalsOf(headers, query)) {
        expect(told).toMatchObject({ status: 401, code: 'TOKEN_INVALID', reason: 'place' })
      }
    }
  })

  it.each(['other', 'ACME', '*', 'acme, other', '-', ''])(
    'is refused for its own tenant, where the header names "%s"',
    async (tenant) => {
      const told = await refusalsOf({
        authorization: `Bearer ${good}`,
        'x-selvedge-tenant': tenant,
      })
      for (const { status, code } of told) {
        expect({ status, code }).toEqual({ status: 401, code: 'TENANT_CONFLICT' })
      }
    },
  )

  it('is refused where two headers bring one each, whichever is good', async () => {
    const bad = signed({}, {}, attacker)
    for (const [one, two] of [
      [good, bad],
      [bad, good],
      [good, good],
    ]) {
      const socket = connect(port, '127.0.0.1')
      socket.end(
        `GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n` +
          `Authorization: Bearer ${one}\r\nAUTHORIZATION: Bearer ${two}\r\n\r\n`,
      )
      const answer = await text(socket)
      expect(answer).toMatch(/^HTTP\/1.1 401 /)
      expect(answer).toContain('"reason":"scheme"')
    }
  })
})

describe('headers alone', () => {
  it('say nothing where there are issuers', async () => {
    const headers = {
      'x-selvedge-tenant': 'acme',
      'x-selvedge-subject': 'root',
      'x-selvedge-roles': 'admin',
    }
    for (const told of (await refusalsOf(headers)).slice(0, 5)) {
      expect(told).toEqual({
        status: 401,
        code: 'TOKEN_MISSING',
        reason: undefined,
        challenge: 'Bearer realm="selvedge"',
      })
    }
  })
})

it('has not read or written anything for any of them, nor asked anybody but the issuers', () => {
  // The log of a tenant may be public: whether it is, is read for those who say nothing of themselves.
  expect(touched.filter((one) => one !== 'database.graph')).toEqual([])
  expect(touched.length).toBeLessThanOrEqual(1)
  expect(evil.asked).toEqual([])
  expect(faults.length).toBe(touched.length)
})

describe('a good token', () => {
  const who = (token: string, scheme = 'Bearer') =>
    identity.identify(new Request(url, { headers: { authorization: `${scheme} ${token}` } }))

  it('says who asks, by the name of its issuer', async () => {
    expect(await who(good)).toEqual({
      issuer: issuer.url,
      subject: 'corp:alice',
      roles: ['admin'],
      tenant: 'acme',
    })
    expect(await who(partner({ sub: 'alice' }))).toMatchObject({
      subject: 'partner:alice',
      tenant: 'partner',
    })
  })

  it.each(['bearer', 'BEARER', 'Bearer  '])(
    'is taken with the scheme written "%s"',
    async (scheme) => {
      expect((await who(good, scheme))?.subject).toBe('corp:alice')
    },
  )

  it('is believed by its issuer’s key, whatever else it says about keys', async () => {
    const token = signed(
      {},
      { jku: `${evil.url}/jwks`, x5u: evil.url, jwk: attacker.jwk, x5c: ['MIIB'] },
    )
    expect((await who(token))?.subject).toBe('corp:alice')
    expect(evil.asked).toEqual([])
  })

  it.each([
    ['a type in another case', signed({}, { typ: 'AT+JWT' })],
    ['a type in full', signed({}, { typ: 'application/at+jwt' })],
    ['no type', signed({}, { typ: undefined })],
    ['ours among other audiences', signed({ aud: ['web', 'selvedge-api'] })],
    ['a clock that is a little late', signed({ iat: now() - 300, exp: now() - 55 })],
    ['a clock that is a little early', signed({ iat: now() + 55, nbf: now() + 55 })],
    ['no time of issue', signed({ iat: undefined })],
    ['times with fractions', signed({ iat: now() - 0.5, exp: now() + 9.25 })],
    ['a name of the greatest length', signed({ sub: 'x'.repeat(250) })],
    ['RS256', seal({ alg: 'RS256', kid: 'r1' }, claimsText, rsa)],
    ['a length just within bounds', signed({ padding: 'x'.repeat(5_700) })],
  ])('is taken with %s', async (_what, token) => {
    expect((await who(token))?.tenant).toBe('acme')
  })

  it.each([
    ['a list', ['reader', 'unheard-of', 'reader', 7, 'Admin'], ['reader']],
    ['a text with spaces', 'openid reader writer', ['reader', 'writer']],
    ['something else', { reader: true }, []],
    ['nothing', undefined, []],
  ])('has the roles that are known here, given as %s', async (_what, roles, known) => {
    expect((await who(signed({ roles })))?.roles).toEqual(known)
  })
})
