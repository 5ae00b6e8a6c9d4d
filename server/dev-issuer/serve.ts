import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { isLocal } from '../host.ts'
import { developmentIssuer } from '../identity/development.ts'
import { openDevelopmentKey } from '../identity/development-key.ts'
import { closeServer, type Listening } from '../listen.ts'
import { type AuthenticateOptions, clientOf } from './authenticate.ts'
import { findClient } from './clients.ts'
import { checkDevelopment, type DevIssuerSettings, devIssuerDirectory, mintToken } from './mint.ts'
import { devIssuerPortTaken, devIssuerRefused } from './problems.ts'

/** How long a token lives that a client gets. */
export const CLIENT_TOKEN_SECONDS = 600
const MOST_FORM_BYTES = 16_384

interface Told {
  status: number
  body: object
  headers?: Record<string, string>
}

/**
 * Serves the development issuer on loopback: discovery, keys, and tokens for its clients.
 *
 * @throws {Problem} `DEV_ISSUER_REFUSED` in production, and where the settings lead off this machine;
 *   `DEV_ISSUER_PORT_TAKEN`, `KEY_FILE_INVALID`.
 */
export async function serveDevIssuer(
  settings: DevIssuerSettings,
): Promise<Pick<Listening, 'url' | 'close'>> {
  checkDevelopment(settings)
  if (!isLocal(settings.host)) throw devIssuerRefused(`SELVEDGE_HOST is ${settings.host}`)
  const { devIssuerPort: port } = settings
  const answer = answering(settings)
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    answer(request).then(
      (told) => end(response, told),
      () => end(response, refusal(500, 'server_error')),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? devIssuerPortTaken(port, error) : error),
    )
    server.listen({ host: '127.0.0.1', port }, resolve)
  })
  return { url: developmentIssuer(port), close: () => closeServer(server) }
}

function answering(settings: DevIssuerSettings) {
  const issuer = developmentIssuer(settings.devIssuerPort)
  const directory = devIssuerDirectory(settings)
  const { jwk } = openDevelopmentKey(directory)
  const authenticating: AuthenticateOptions = {
    find: (id) => findClient(directory, id),
    audience: [issuer, `${issuer}/token`],
    used: new Map(),
  }
  return async (request: IncomingMessage): Promise<Told> => {
    const host = (request.headers.host ?? '').replace(/:\d{1,5}$/, '')
    if (!isLocal(host)) return refusal(421, 'invalid_request')
    switch (`${request.method} ${request.url}`) {
      case 'GET /.well-known/openid-configuration':
        return { status: 200, body: discoveryOf(issuer) }
      case 'GET /jwks':
        return { status: 200, body: { keys: [jwk] } }
      case 'POST /token':
        return issueTo(request, settings, authenticating)
      default:
        return refusal(404, 'not_found')
    }
  }
}

const discoveryOf = (issuer: string) => ({
  issuer,
  jwks_uri: `${issuer}/jwks`,
  token_endpoint: `${issuer}/token`,
  grant_types_supported: ['client_credentials'],
  token_endpoint_auth_methods_supported: [
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
  ],
  token_endpoint_auth_signing_alg_values_supported: ['EdDSA', 'Ed25519'],
  response_types_supported: [],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['EdDSA'],
})

async function issueTo(
  request: IncomingMessage,
  settings: DevIssuerSettings,
  authenticating: AuthenticateOptions,
): Promise<Told> {
  const form = await formOf(request)
  if (!form) return refusal(400, 'invalid_request')
  const { authorization } = request.headers
  const client = await clientOf({ form, authorization }, authenticating)
  if (!client) return refusal(401, 'invalid_client')
  if (form.get('grant_type') !== 'client_credentials') return refusal(400, 'unsupported_grant_type')
  const { id, tenant, roles } = client
  const grant = { subject: id, tenant, roles, ttlSeconds: CLIENT_TOKEN_SECONDS }
  const token = await mintToken(settings, grant)
  const body = { access_token: token, token_type: 'Bearer', expires_in: CLIENT_TOKEN_SECONDS }
  return { status: 200, body }
}

/** RFC 6749 section 3.2: no parameter may come twice. */
async function formOf(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/x-www-form-urlencoded(;|$)/i.test(type)) return undefined
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MOST_FORM_BYTES) return undefined
    chunks.push(chunk)
  }
  const form = new URLSearchParams(Buffer.concat(chunks).toString())
  const names = [...form.keys()]
  return names.length === new Set(names).size ? form : undefined
}

const refusal = (status: number, error: string): Told => ({
  status,
  body: { error },
  ...(status === 401 && { headers: { 'www-authenticate': 'Basic realm="dev-issuer"' } }),
})

function end(response: ServerResponse, { status, body, headers }: Told) {
  response
    .writeHead(status, {
      'content-type': 'application/json',
      // RFC 6749 section 5.1; and a key that is made anew must not be met in a cache.
      'cache-control': 'no-store',
      ...headers,
    })
    .end(JSON.stringify(body))
}
