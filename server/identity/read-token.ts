import { unb64 } from '../../proofs/base64.ts'
import { type Json, parseForeignJson } from '../../proofs/json.ts'
import { tokenInvalid } from './problems.ts'

/** A token above this is refused unread: an access token of a large issuer has two or three thousand. */
export const MOST_TOKEN = 8_192

/** RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1). */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i
const QUERY = /[?&]access_token(?:=|&|$)/

/**
 * The token of a request, if it has one. More than one, one in the address and one of another scheme are
 * refused: who means to say who he is, and fails to, is not nobody.
 *
 * @throws {Problem} `TOKEN_INVALID`
 */
export function bearerIn({ headers, url }: Request): string | undefined {
  if (QUERY.test(url)) throw tokenInvalid('place')
  const header = headers.get('authorization')
  if (header === null) return undefined
  if (header.length > MOST_TOKEN + 'bearer '.length) throw tokenInvalid('size')
  const [, token] = BEARER.exec(header) ?? []
  if (token === undefined) throw tokenInvalid('scheme')
  return token
}

export type Members = Readonly<Record<string, Json>>

/** The two parts of a token that say something, read and not yet believed. */
export interface ReadToken {
  header: Members
  claims: Members
}

/**
 * Reads a JWS in compact form (RFC 7515 section 3.1) strictly: base64url in its one form, JSON with no
 * member twice. Two readers could otherwise see two issuers in one token.
 *
 * @throws {Problem} `TOKEN_INVALID`
 */
export function readToken(token: string): ReadToken {
  if (token.length > MOST_TOKEN) throw tokenInvalid('size')
  const [header, claims, signature, ...more] = token.split('.')
  if (!header || !claims || !signature || more.length > 0) throw tokenInvalid('form')
  try {
    unb64(signature)
    return { header: membersOf(header), claims: membersOf(claims) }
  } catch (cause) {
    throw tokenInvalid('form', cause)
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function membersOf(part: string): Members {
  const { value } = parseForeignJson(UTF8.decode(unb64(part)))
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new TypeError('no JSON object')
}

/** What stands at the end of a way of own members; `undefined` where it breaks off. */
export function memberAt(members: Members, way: readonly string[]): unknown {
  let at: unknown = members
  for (const step of way) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string, unknown>)[step]
  }
  return at
}
