import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { signIn } from '../../cli/identity/sign-in.ts'
import { openIssuer } from '../identity/oidc-provider.ts'
import { AUDIENCE, ecPair, webIssuer, webServer } from '../identity/support.ts'
import { startServing } from '../setup/serving.ts'
import { type Answer, type Sent, send, sendBytes } from './wire.ts'

/** Stands in every name, namespace, text and reason of those who are attacked, and nowhere else. */
export const SECRET = 'zanzibar'

const unique = crypto.randomUUID().slice(0, 8)
/** Two who are attacked, and who attacks: an admin of a tenant of its own. */
export const [acme, beta, mallory] = ['acme', 'beta', 'mallory'].map(
  (name) => `${name}-${unique}`,
) as [string, string, string]

const CLIENTS = {
  operator: { tenant: '*', roles: ['admin'] },
  acme: { tenant: acme, roles: ['admin'] },
  reader: { tenant: acme, roles: ['reader'] },
  nobody: { tenant: acme, roles: ['dancer'] },
  beta: { tenant: beta, roles: ['admin'] },
  mallory: { tenant: mallory, roles: ['admin'] },
}
export type Client = keyof typeof CLIENTS

/** What a request may say besides. */
export interface Saying {
  variables?: Record<string, unknown>
  headers?: Sent['headers']
  more?: Record<string, unknown>
}

/**
 * Starts the whole service as a process: on the database and home of the run, with an OpenID Connect
 * issuer that is a real one, and another that may speak for one tenant alone.
 */
export async function startTarget(env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-attacks-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const written = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  /** The keys of the issuers: whoever attacks is given them where an attack needs a genuine token. */
  const [pair, partnerPair] = [ecPair('k1'), ecPair('p1')]
  const secret = 'a secret of the service accounts'
  const accounts = Object.entries(CLIENTS).map(([id, claims]) => ({ id, secret, claims }))
  const issuer = await openIssuer(accounts, [pair])
  const partner = await webIssuer([partnerPair.jwk])
  /** Whatever asks this was led to do so by an attack. */
  const canary = await webServer((_request, response) => response.end('{}'))
  const shared = { audience: AUDIENCE, algorithms: ['ES256'] }
  const issuers = [
    { name: 'corp', issuer: issuer.url, tenant: { claim: 'tenant', serviceWide: true }, ...shared },
    { name: 'partners', issuer: partner.url, tenant: { claim: 'tenant', only: [beta] }, ...shared },
  ]
  const secretFile = written('client.secret', secret)
  const { child, url, logged } = await startServing({
    SELVEDGE_ISSUERS: written('issuers.json', JSON.stringify({ issuers })),
    SELVEDGE_LOG_FORMAT: 'json',
    SELVEDGE_PUBLIC_HOSTS: '127.0.0.1,localhost',
    SELVEDGE_CORS_ORIGINS: 'https://console.example',
    ...env,
  })
  const port = Number(new URL(url).port)
  const tokens = {} as Record<Client, string>
  for (const clientId of Object.keys(CLIENTS) as Client[]) {
    tokens[clientId] = (await signIn({ issuer: issuer.url, clientId, secretFile })).accessToken
  }

  const bearer = (by: Client | string) => ({
    authorization: `Bearer ${tokens[by as Client] ?? by}`,
  })
  const get = (path: string, by: Client | string, headers: Sent['headers'] = {}) =>
    send(port, { path, headers: { ...bearer(by), ...headers } })
  const post = (
    path: string,
    by: Client | string,
    body: string | Uint8Array,
    headers: Sent['headers'] = {},
  ) =>
    send(port, {
      ...{ method: 'POST', path, body },
      headers: { 'content-type': 'application/json', ...bearer(by), ...headers },
    })
  return {
    ...{ child, url, port, logged, tokens, bearer, get, post, canary, issuer, pair },
    ...{ partner, partnerPair },
    /** Asks GraphQL. */
    ask: (by: Client | string, query: string, { variables, headers, more }: Saying = {}) =>
      post('/graphql', by, JSON.stringify({ query, variables, ...more }), headers),
    event: (by: Client | string, body: unknown, headers?: Sent['headers']) =>
      post('/api/v1/lineage', by, JSON.stringify(body), headers),
    send: (sent: Sent) => send(port, sent),
    bytes: (bytes: string | Uint8Array, more?: { end?: boolean }) => sendBytes(port, bytes, more),
  }
}

export type Target = Awaited<ReturnType<typeof startTarget>>

/** The data of an answer that must be one. */
export function dataIn<Data>({ status, body }: Answer): Data {
  const { data, errors } = JSON.parse(body) as { data: Data; errors?: unknown }
  if (status !== 200 || errors) throw new Error(`it was refused: ${body}`)
  return data
}
