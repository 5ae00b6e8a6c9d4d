import type { RequestListener } from 'node:http'
import type Provider from 'oidc-provider'
import { type Account, providerAt, RESOURCE } from './provider.ts'
import { AUDIENCE, type Pair, webServer } from './support.ts'

/**
 * A real OpenID Connect issuer over loopback HTTP, whose access tokens are for our audience. Its keys
 * can be changed while it runs.
 */
export async function openIssuer(accounts: readonly Account[], keys: readonly Pair[]) {
  let listener: RequestListener = (_request, response) => response.writeHead(503).end()
  const server = await webServer((request, response) => listener(request, response))
  let provider: Provider
  const rotate = (pairs: readonly Pair[]) => {
    const of = { accounts, keys: pairs.map(privateJwk), audience: AUDIENCE }
    provider = providerAt(server.url, of)
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

/** The private half of a pair, as a provider takes it. */
export const privateJwk = ({ privateKey, jwk }: Pair) => ({
  ...privateKey.export({ format: 'jwk' }),
  kid: jwk.kid,
})
