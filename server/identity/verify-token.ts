import { errors, type JWTPayload, jwtVerify } from 'jose'
import { Problem } from '../../core/problem.ts'
import { isRole, type Role } from '../../domains/access/roles.ts'
import { TENANT } from '../../proofs/ids.ts'
import { ANY_TENANT, type Who } from './identity.ts'
import type { IssuerRule, TenantRule, TrustedIssuer } from './issuer.ts'
import { type Reason, tokenExpired, tokenInvalid } from './problems.ts'
import { type Members, memberAt, readToken } from './read-token.ts'

/** How far the clocks of an issuer and of this server may be apart. */
export const MOST_SKEW_SECONDS = 60

/** What a token has been found to say. */
export interface Verified {
  who: Who
  /** When it ends, in milliseconds since 1970. */
  expires: number
}

/**
 * Checks a token: its form, its issuer, its header, its signature by a key of that issuer, for whom and
 * for when it is, and whom it stands for. Keys and addresses in the header (`jwk`, `jku`, `x5c`, `x5u`)
 * are not looked at: a token does not say by which key it is to be believed.
 *
 * @throws {Problem} `TOKEN_INVALID`, `TOKEN_EXPIRED`, `IDENTITY_UNAVAILABLE`.
 */
export async function verifyToken(
  token: string,
  issuers: ReadonlyMap<string, TrustedIssuer>,
  now: Date,
): Promise<Verified> {
  const { header, claims } = readToken(token)
  const issuer = typeof claims.iss === 'string' ? issuers.get(claims.iss) : undefined
  if (!issuer) throw tokenInvalid('issuer')
  checkHeader(header, issuer)
  const payload = await verifySignature(token, issuer, now)
  // RFC 9449 and RFC 8705: taken without proof of the key, a bound token would be worth stealing.
  if (payload.cnf !== undefined) throw tokenInvalid('bound')
  checkTimes(payload, now)
  return { who: whoIs(payload, issuer), expires: payload.exp! * 1000 }
}

function checkHeader({ alg, crit, b64, typ }: Members, { algorithms, types }: IssuerRule) {
  if (typeof alg !== 'string' || !algorithms.includes(alg)) throw tokenInvalid('algorithm')
  if (crit !== undefined || b64 !== undefined) throw tokenInvalid('critical')
  if (!types.some((type) => isOfType(typ, type))) throw tokenInvalid('type')
}

/** RFC 7515 section 4.1.9: case does not matter, and `application/` may be left out. */
function isOfType(typ: unknown, type: string) {
  if (typ === undefined) return type === 'none'
  if (typeof typ !== 'string' || type === 'none') return false
  return typ.toLowerCase().replace(/^application\//, '') === type.toLowerCase()
}

async function verifySignature(token: string, issuer: TrustedIssuer, now: Date) {
  try {
    const { payload } = await jwtVerify(token, (header) => issuer.keys.keyFor(header), {
      algorithms: [...issuer.algorithms],
      issuer: issuer.issuer,
      audience: [...issuer.audience],
      requiredClaims: ['exp'],
      clockTolerance: MOST_SKEW_SECONDS,
      currentDate: now,
    })
    return payload
  } catch (error) {
    throw problemOf(error)
  }
}

/** What jose finds wrong with a token; with a key that no token can be verified by, it is the key. */
function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof errors.JWTExpired) return tokenExpired(error)
  return tokenInvalid(reasonOf(error), error)
}

function reasonOf(error: unknown): Reason {
  if (error instanceof errors.JWTClaimValidationFailed) {
    return ({ aud: 'audience', iss: 'issuer' } as const)[error.claim] ?? 'time'
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm'
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return 'form'
  return 'key'
}

function checkTimes({ exp, iat }: JWTPayload, now: Date) {
  if (exp === undefined || !Number.isFinite(exp)) throw tokenInvalid('time')
  if (iat === undefined) return
  const latest = now.getTime() / 1000 + MOST_SKEW_SECONDS
  if (!Number.isFinite(iat) || iat > latest || iat > exp) throw tokenInvalid('time')
}

function whoIs(payload: JWTPayload, { tenant, roles, whoIs: named }: TrustedIssuer): Who {
  const claims = payload as Members
  if (typeof claims.sub !== 'string' || claims.sub === '') throw tokenInvalid('subject')
  const who = named(claims.sub)
  if (!/^[\x20-\x7e]{1,255}$/.test(who.subject)) throw tokenInvalid('subject')
  return {
    ...who,
    roles: rolesOf(memberAt(claims, roles.claim), roles.map),
    tenant: tenantOf(claims, tenant),
  }
}

function tenantOf(claims: Members, rule: TenantRule): string {
  if ('fixed' in rule) return rule.fixed
  const named = memberAt(claims, rule.claim)
  if (typeof named !== 'string') throw tokenInvalid('tenant')
  if (named === ANY_TENANT && rule.serviceWide) return named
  if (!TENANT.test(named) || rule.only?.has(named) === false) throw tokenInvalid('tenant')
  return named
}

/** A list, or a text with spaces between, as scopes are. Roles that nobody here knows are passed over. */
function rolesOf(claim: unknown, map: ReadonlyMap<string, Role> | null): Role[] {
  const names = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : []
  const roles = names
    .filter((name): name is string => typeof name === 'string')
    .map((name) => (map ? map.get(name) : isRole(name) ? name : undefined))
  return [...new Set(roles.filter((role) => role !== undefined))]
}
