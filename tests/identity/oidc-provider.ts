import type { RequestListener } from 'node:http'
import Provider from 'oidc-provider'
import { AUDIENCE, type Pair, webServer } from './support.ts'

/** A service account of the issuer. */
export interface Account {
  id: string
  /** People log in with it, and it proves nothing itself. */
  isPublic?: true
  /** What its tokens say besides. */
  claims: Record<string, unknown>
  secret?: string
  /** The public half of the key that it signs its assertions with. */
  jwk?: Record<string, unknown>
}

/**
 * A real OpenID Connect issuer over loopback HTTP (panva/node-oidc-provider), which gives its clients
 * access tokens as JWTs (RFC 9068) for our audience. Its keys can be changed while it runs.
 */
export async function openIssuer(accounts: readonly Account[], keys: readonly Pair[]) {
  let listener: RequestListener = (_request, response) => response.writeHead(503).end()
  const server = await webServer((request, response) => listener(request, response))
  const claimsOf = (id: string) => accounts.find((one) => one.id === id)?.claims ?? {}
  let provider: Provider
  const rotate = (pairs: readonly Pair[]) => {
    provider = new Provider(server.url, {
      jwks: { keys: pairs.map(privateJwk) },
      clients: accounts.map(clientOf),
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        deviceFlow: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => RESOURCE,
          useGrantedResource: () => true,
          getResourceServerInfo: () => ({
            scope: 'lineage',
            audience: AUDIENCE,
            accessTokenTTL: 300,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          }),
        },
      },
      scopes: ['openid', 'offline_access'],
      issueRefreshToken: () => true,
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id }),
      }),
      extraTokenClaims: (_context: unknown, { clientId }: { clientId: string }) =>
        claimsOf(clientId),
    })
    listener = provider.callback()
  }
  rotate(keys)
  /** What a person does with a browser: logs in, and says yes to the code. */
  const approve = async (userCode: string, accountId: string) => {
    const code = await provider.DeviceCode.findByUserCode(userCode.replaceAll('-', ''))
    const grant = new provider.Grant({ accountId, clientId: code!.clientId })
    grant.addOIDCScope('openid')
    grant.addResourceScope(RESOURCE, 'lineage')
    const grantId = await grant.save()
    const approved = { accountId, grantId, scope: code!.params.scope, resource: RESOURCE }
    await Object.assign(code!, approved).save(600)
  }
  return { ...server, rotate, approve }
}

export const RESOURCE = 'https://selvedge.test'

const privateJwk = ({ privateKey, jwk }: Pair) => ({
  ...privateKey.export({ format: 'jwk' }),
  kid: jwk.kid,
  alg: 'ES256',
  use: 'sig',
})

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'

const clientOf = ({ id, secret, jwk, isPublic }: Account) => ({
  client_id: id,
  grant_types: isPublic ? [DEVICE, 'refresh_token'] : ['client_credentials'],
  ...(isPublic && { token_endpoint_auth_method: 'none' }),
  // Of no use to a service account, and checked all the same.
  id_token_signed_response_alg: 'ES256',
  redirect_uris: [],
  response_types: [],
  ...(secret !== undefined && { client_secret: secret }),
  ...(jwk && {
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: [jwk] },
  }),
})
