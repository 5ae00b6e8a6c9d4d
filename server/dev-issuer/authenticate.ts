import { timingSafeEqual } from 'node:crypto'
import { decodeJwt, importJWK, jwtVerify } from 'jose'
import { sha256 } from '../../core/sha256.ts'
import { utf8 } from '../../proofs/utf8.ts'
import type { DevClient } from './clients.ts'

/** RFC 7523 section 2.2. */
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const LONGEST_ASSERTION_SECONDS = 300

/** What a client says of itself: the form that it sent, and its `authorization` header. */
export interface Credentials {
  form: URLSearchParams
  authorization: string | undefined
}

export interface AuthenticateOptions {
  find(id: string): DevClient | undefined
  /** Whom an assertion may be for: the issuer, or its token endpoint. */
  audience: string[]
  /** The assertions that were used, by `jti`, with their ends in seconds: each is good once. */
  used: Map<string, number>
}

/**
 * Which client asks: by its secret in the header or in the form, or by an assertion that it signed
 * (private_key_jwt). `undefined` for any that fails, without saying why.
 */
export async function clientOf(
  { form, authorization }: Credentials,
  options: AuthenticateOptions,
): Promise<DevClient | undefined> {
  const assertion = form.get('client_assertion')
  if (assertion !== null) {
    if (authorization !== undefined || form.get('client_assertion_type') !== ASSERTION) return
    return byAssertion(assertion, options).catch(() => undefined)
  }
  const given = authorization === undefined ? inForm(form) : inHeader(authorization)
  const client = given && options.find(given.id)
  if (client?.secretSha256 === undefined) return
  const isRight = timingSafeEqual(
    sha256(utf8(given!.secret)),
    Buffer.from(client.secretSha256, 'hex'),
  )
  return isRight ? client : undefined
}

function inForm(form: URLSearchParams) {
  const [id, secret] = [form.get('client_id'), form.get('client_secret')]
  return id === null || secret === null ? undefined : { id, secret }
}

/** RFC 6749 section 2.3.1: both are form-encoded before they are joined. */
function inHeader(authorization: string) {
  const [, basic = ''] = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization) ?? []
  const [id, secret, ...more] = Buffer.from(basic, 'base64').toString().split(':')
  if (!id || !secret || more.length > 0) return undefined
  const decoded = new URLSearchParams(`id=${id}&secret=${secret}`)
  return { id: decoded.get('id')!, secret: decoded.get('secret')! }
}

async function byAssertion(assertion: string, { find, audience, used }: AuthenticateOptions) {
  const { sub } = decodeJwt(assertion)
  const client = typeof sub === 'string' ? find(sub) : undefined
  if (!client?.jwk) return undefined
  const { payload } = await jwtVerify(assertion, await importJWK(client.jwk, 'EdDSA'), {
    algorithms: ['EdDSA', 'Ed25519'],
    issuer: client.id,
    subject: client.id,
    audience,
    requiredClaims: ['exp', 'jti'],
    clockTolerance: 60,
  })
  const now = Date.now() / 1000
  for (const [jti, end] of used) if (end < now) used.delete(jti)
  const id = `${client.id} ${payload.jti}`
  if (payload.exp! > now + LONGEST_ASSERTION_SECONDS + 60 || used.has(id)) return undefined
  used.set(id, payload.exp! + 60)
  return client
}
