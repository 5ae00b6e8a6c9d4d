import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type CryptoKey, importJWK, importPKCS8 } from 'jose'
import * as client from 'openid-client'
import { isSafeAddress } from '../../server/identity/address.ts'
import type { Login, SignIn } from './login.ts'
import { addressUnsafe, loginFailed } from './problems.ts'

const TIMEOUT_SECONDS = 30
/** What an issuer's answer counts for where it does not say how long its token lives. */
const USUAL_SECONDS = 300

/** A token, until when it is good, and what a new one is got with where a person logged in. */
export type Given = Pick<Login, 'accessToken' | 'expiresAt' | 'refreshToken'>

/** Where a person says yes, and the code by which the issuer knows to what. */
export interface Approval {
  url: string
  code: string
}

/**
 * Gets a token without asking anybody: by client credentials, with the secret in a file or with an
 * assertion that the private key in a file signs (private_key_jwt; a JWK, or PKCS #8 in PEM); or, where
 * a person has logged in, by the refresh token.
 *
 * @throws {Problem} `ADDRESS_UNSAFE`, `LOGIN_FAILED`.
 */
export const signIn = (by: SignIn & { refreshToken?: string }): Promise<Given> =>
  atIssuer(by, async (found) => {
    if (by.secretFile !== undefined || by.keyFile !== undefined) {
      return client.clientCredentialsGrant(found, asked(by))
    }
    if (by.refreshToken === undefined) throw new Error('the login has ended; log in again')
    const { scope: _, ...target } = asked(by)
    // An issuer may leave it at the refresh token that it has given.
    const told = await client.refreshTokenGrant(found, by.refreshToken, target)
    return Object.assign(told, { refresh_token: told.refresh_token ?? by.refreshToken })
  })

/**
 * Lets a person log in with a browser on any device (RFC 8628), and waits for it.
 *
 * @param tell Told where to go and which code to enter there.
 * @throws {Problem} `ADDRESS_UNSAFE`, `LOGIN_FAILED`.
 */
export const signInByDevice = (by: SignIn, tell: (approval: Approval) => void): Promise<Given> =>
  atIssuer(by, async (found) => {
    const begun = await client.initiateDeviceAuthorization(found, asked(by))
    tell({ url: printable(begun.verification_uri), code: printable(begun.user_code) })
    const { scope: _, ...target } = asked(by)
    return client.pollDeviceAuthorizationGrant(found, begun, target)
  })

/** What an issuer says goes to a terminal. */
const printable = (text: string) => text.replace(/[^\x20-\x7e]/g, '?')

/** What a token is asked for, as far as the command line says it. */
const asked = ({ scope, audience, resource }: SignIn) =>
  Object.fromEntries(
    Object.entries({ scope, audience, resource }).filter(([, value]) => value),
  ) as Record<string, string>

async function atIssuer(
  by: SignIn,
  grant: (found: client.Configuration) => Promise<client.TokenEndpointResponse>,
): Promise<Given> {
  const { issuer, clientId } = by
  if (!isSafeAddress(issuer)) throw addressUnsafe(issuer)
  const proof = await proofOf(by)
  try {
    const found = await client.discovery(new URL(issuer), clientId, undefined, proof, {
      timeout: TIMEOUT_SECONDS,
      // Over plain HTTP only where isSafeAddress allows it, on this machine.
      ...(issuer.startsWith('http:') && { execute: [client.allowInsecureRequests] }),
    })
    const told = await grant(found)
    return {
      accessToken: told.access_token,
      expiresAt: Math.floor(Date.now() / 1000) + (told.expires_in ?? USUAL_SECONDS),
      ...(told.refresh_token !== undefined && { refreshToken: told.refresh_token }),
    }
  } catch (error) {
    throw loginFailed(issuer, reasonOf(error), error)
  }
}

const proofOf = ({ secretFile, keyFile }: SignIn) => {
  if (keyFile !== undefined) return keyIn(keyFile)
  return secretFile === undefined ? client.None() : secretIn(secretFile)
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
