import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type CryptoKey, importJWK, importPKCS8 } from 'jose'
import * as client from 'openid-client'
import { isSafeAddress } from '../../server/identity/address.ts'
import type { SignIn } from './login.ts'
import { addressUnsafe, loginFailed } from './problems.ts'

const TIMEOUT_SECONDS = 30
/** What an issuer's answer counts for where it does not say how long its token lives. */
const USUAL_SECONDS = 300

/**
 * Gets a token by client credentials: with the secret in a file, or with an assertion that the private
 * key in a file signs (private_key_jwt; a JWK, or PKCS #8 in PEM).
 *
 * @throws {Problem} `ADDRESS_UNSAFE`, `LOGIN_FAILED`.
 */
export async function signIn({ issuer, clientId, scope, audience, resource, ...by }: SignIn) {
  if (!isSafeAddress(issuer)) throw addressUnsafe(issuer)
  const proof = by.keyFile === undefined ? secretIn(by.secretFile!) : await keyIn(by.keyFile)
  const asked = Object.entries({ scope, audience, resource }).filter(([, value]) => value)
  try {
    const found = await client.discovery(new URL(issuer), clientId, undefined, proof, {
      timeout: TIMEOUT_SECONDS,
      // Over plain HTTP only where isSafeAddress allows it, on this machine.
      ...(issuer.startsWith('http:') && { execute: [client.allowInsecureRequests] }),
    })
    const told = await client.clientCredentialsGrant(
      found,
      Object.fromEntries(asked) as Record<string, string>,
    )
    const expiresAt = Math.floor(Date.now() / 1000) + (told.expires_in ?? USUAL_SECONDS)
    return { accessToken: told.access_token, expiresAt }
  } catch (error) {
    throw loginFailed(issuer, reasonOf(error), error)
  }
}

const secretIn = (file: string) =>
  client.ClientSecretBasic(readFileSync(file, 'utf8').replace(/\r?\n$/, ''))

async function keyIn(file: string) {
  const text = readFileSync(file, 'utf8')
  const isPem = text.trimStart().startsWith('-----')
  const alg = algorithmOf(
    isPem ? { key: text, format: 'pem' } : { key: JSON.parse(text), format: 'jwk' },
  )
  const key = isPem ? await importPKCS8(text, alg) : await importJWK(JSON.parse(text), alg)
  const { kid } = isPem ? { kid: undefined } : (JSON.parse(text) as { kid?: string })
  return client.PrivateKeyJwt({
    key: key as CryptoKey,
    ...(kid !== undefined && { kid }),
  })
}

/** The algorithm that a key is for, by its kind. */
function algorithmOf(key: Parameters<typeof createPrivateKey>[0]) {
  const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(key)
  if (asymmetricKeyType === 'ed25519') return 'EdDSA'
  if (asymmetricKeyType === 'rsa') return 'PS256'
  const curve = asymmetricKeyDetails?.namedCurve
  return curve === 'secp384r1' ? 'ES384' : curve === 'secp521r1' ? 'ES512' : 'ES256'
}

/** What the issuer says, or what kept us from asking it. */
function reasonOf(error: unknown): string {
  if (error instanceof client.ResponseBodyError) {
    return `${error.error}${error.error_description ? ` (${error.error_description})` : ''}`
  }
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}
