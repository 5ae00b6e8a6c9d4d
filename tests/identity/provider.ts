import Provider from 'oidc-provider'

/** For whom the provider issues access tokens, unless told otherwise. */
export const RESOURCE = 'https://selvedge.test'

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
 * A real OpenID Connect provider (panva/node-oidc-provider), which gives its clients access tokens as
 * JWTs (RFC 9068). It is of no test run, so that a process of its own can be one.
 *
 * @param keys Private ones, as JWKs with a `kid`; the first signs.
 */
export function providerAt(
  url: string,
  {
    accounts,
    keys,
    audience,
  }: { accounts: readonly Account[]; keys: readonly object[]; audience: string },
): Provider {
  const claimsOf = (id: string) => accounts.find((one) => one.id === id)?.claims ?? {}
  return new Provider(url, {
    jwks: { keys: keys.map((key) => ({ ...key, alg: 'ES256', use: 'sig' })) },
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
          audience,
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
    extraTokenClaims: (_context: unknown, { clientId }: { clientId: string }) => claimsOf(clientId),
  })
}

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
