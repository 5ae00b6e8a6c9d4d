import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'
import type { Services } from '../../resolvers/context.ts'
import type { IssuerRule, TrustedIssuer } from '../../server/identity/issuer.ts'
import { trusting } from '../../server/identity/issuer.ts'
import { openRemoteKeys, type RemoteOptions } from '../../server/identity/remote-keys.ts'

/** A pair of keys, and the public half as a JWK set lists it. */
export interface Pair {
  privateKey: KeyObject
  publicKey: KeyObject
  jwk: Record<string, unknown>
}

export const ecPair = (kid?: string, namedCurve = 'P-256'): Pair =>
  pairOf(generateKeyPairSync('ec', { namedCurve }), kid)
export const rsaPair = (kid?: string, modulusLength = 2048): Pair =>
  pairOf(generateKeyPairSync('rsa', { modulusLength }), kid)

function pairOf({ privateKey, publicKey }: Pick<Pair, 'privateKey' | 'publicKey'>, kid?: string) {
  const jwk = { ...publicKey.export({ format: 'jwk' }), ...(kid !== undefined && { kid }) }
  return { privateKey, publicKey, jwk }
}

const b64 = (bytes: string | Uint8Array) => Buffer.from(bytes).toString('base64url')
/** A part of a token: an object, or a text that no JSON writer would write. */
type Part = object | string
const part = (one: Part) => b64(typeof one === 'string' ? one : JSON.stringify(one))

/** A signed token of any header and claims, whether or not anybody should sign such a thing. */
export function seal(header: Part, claims: Part, { privateKey }: Pick<Pair, 'privateKey'>): string {
  const signed = `${part(header)}.${part(claims)}`
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const }
  const isEd = privateKey.asymmetricKeyType === 'ed25519'
  return `${signed}.${b64(sign(isEd ? null : 'sha256', Buffer.from(signed), key))}`
}

/** A token «signed» with a secret. */
export function hmac(header: Part, claims: Part, secret: string | Uint8Array): string {
  const signed = `${part(header)}.${part(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

/** A token with any text in the place of the signature. */
export const unsigned = (header: Part, claims: Part, signature = '') =>
  `${part(header)}.${part(claims)}.${signature}`

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** An HTTP server on this machine, and what it was asked. */
export async function webServer(answer: Answer) {
  const asked: string[] = []
  let current = answer
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    current(request, response)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    answerBy(other: Answer) {
      current = other
    },
  }
}

/** An issuer that publishes what it is told to, over real HTTP. */
export async function webIssuer(keys: Record<string, unknown>[] = []) {
  const published = { keys }
  const discovery: Record<string, unknown> = {}
  const normally: Answer = (request, response) => {
    const body = request.url === '/jwks' ? published : discovery
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(body))
  }
  const server = await webServer(normally)
  Object.assign(discovery, { issuer: server.url, jwks_uri: `${server.url}/jwks` })
  return { ...server, published, discovery, recover: () => server.answerBy(normally) }
}

export const AUDIENCE = 'selvedge-api'

/** An issuer as most are configured: the tenant and the roles are claims. */
export const rule = (issuer: string, more: Partial<IssuerRule> = {}): IssuerRule => ({
  name: 'corp',
  issuer,
  audience: [AUDIENCE],
  algorithms: ['EdDSA', 'ES256', 'PS256', 'RS256'],
  types: ['at+jwt', 'JWT', 'none'],
  tenant: { claim: ['tenant'], only: null, serviceWide: false },
  roles: { claim: ['roles'], map: null },
  ...more,
})

export const trust = (of: IssuerRule, options: RemoteOptions = {}): TrustedIssuer =>
  trusting(of, openRemoteKeys(of, { timeoutMs: 30_000, ...options }))

const seconds = (at = Date.now()) => Math.floor(at / 1000)

/** The claims of an ordinary token. */
export const claimsOf = (iss: string, more: object = {}) => ({
  iss,
  aud: AUDIENCE,
  sub: 'alice',
  tenant: 'acme',
  roles: ['admin'],
  iat: seconds(),
  exp: seconds() + 300,
  ...more,
})

/** Services that nothing may reach: whatever touches them is told of. */
export function untouchable() {
  const touched: string[] = []
  const guard = (name: string) =>
    new Proxy(
      {},
      {
        get: (_target, member) => {
          touched.push(`${name}.${String(member)}`)
          throw new Error('reached what nobody may reach')
        },
      },
    )
  const services = {
    database: guard('database'),
    ledger: guard('ledger'),
    objects: guard('objects'),
  }
  return { touched, services: services as unknown as Services }
}
