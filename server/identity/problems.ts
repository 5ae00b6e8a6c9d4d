import { Problem } from '../../core/problem.ts'

/** What is wrong with a token. None of them says more than who sent it could find out alone. */
const REASONS = {
  place: 'it stands in the address, where logs and caches keep it; send `Authorization: Bearer …`',
  scheme: 'the header is not `Authorization: Bearer <token>`, once',
  size: 'it is too long',
  form: 'it is no JWT that every reader understands alike',
  issuer: 'its issuer is none of those that this server trusts',
  type: 'it is of a type that is not taken here, such as an id token',
  algorithm: 'its algorithm is not taken from its issuer',
  critical: 'it asks for extensions that this server does not know',
  key: 'its issuer has no such key',
  signature: 'its signature does not verify',
  audience: 'it was issued for somebody else',
  time: 'it is not valid yet, or does not say when it ends',
  bound: 'it is bound to a key, and none was proven',
  subject: 'it does not say whom it stands for',
  tenant: 'it names no tenant that its issuer may speak for',
} as const

export type Reason = keyof typeof REASONS

/** Where to read on, for every refusal of a token. */
export const tokenInvalid = (reason: Reason, cause?: unknown) =>
  new Problem('TOKEN_INVALID', `The token is refused: ${REASONS[reason]}.`, {
    status: 401,
    details: { reason },
    cause,
  })

export const tokenExpired = (cause?: unknown) =>
  new Problem('TOKEN_EXPIRED', 'The token has expired; get a new one from its issuer.', {
    status: 401,
    cause,
  })

export const tokenMissing = () =>
  new Problem('TOKEN_MISSING', 'Say who you are: send `Authorization: Bearer …` with a token.', {
    status: 401,
  })

export const tenantConflict = () =>
  new Problem(
    'TENANT_CONFLICT',
    'The token speaks for another tenant than x-selvedge-tenant names: leave the header out.',
    { status: 401 },
  )

/** @param issuer Its name in the settings, which tells an operator where to look. */
export const identityUnavailable = (issuer: string, retryAfterSeconds: number, cause: unknown) =>
  new Problem(
    'IDENTITY_UNAVAILABLE',
    `The keys of the issuer ${issuer} cannot be had at the moment; try again.`,
    { status: 503, details: { issuer, retryAfterSeconds }, cause },
  )

export const issuersInvalid = (file: string, because: string, cause?: unknown) =>
  new Problem(
    'ISSUERS_INVALID',
    `${file} does not list issuers as docs/how-to/identity.md has it: ${because}.`,
    { details: { file }, cause },
  )

export const issuersMissing = () =>
  new Problem(
    'ISSUERS_MISSING',
    'NODE_ENV is production, and nobody is configured who says who asks: set SELVEDGE_ISSUERS.',
  )

export const subjectInvalid = () =>
  new Problem('SUBJECT_INVALID', 'x-selvedge-subject is 1 to 255 printable ASCII characters.')

export const roleUnknown = (role: string, roles: readonly string[]) =>
  new Problem('ROLE_UNKNOWN', 'x-selvedge-roles names a role that does not exist.', {
    details: { role: role.slice(0, 100), roles },
  })

/** Members of RFC 6750 section 3: what a client's library looks at before it gets a new token. */
export const challengeOf = ({ status, code, message }: Problem): Record<string, string> => {
  if (status !== 401) return {}
  const error = `, error="invalid_token", error_description="${message.replace(/["\\]|[^\x20-\x7e]/g, '')}"`
  const told = code === 'TOKEN_MISSING' ? '' : error
  return { 'www-authenticate': `Bearer realm="selvedge"${told}` }
}
