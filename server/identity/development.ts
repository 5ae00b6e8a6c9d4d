import { join } from 'node:path'
import { importJWK } from 'jose'
import { isRole, ROLES, type Role } from '../../domains/access/roles.ts'
import { readPublicJwk } from './development-key.ts'
import { ANY_TENANT, type Who } from './identity.ts'
import type { KeySource, TrustedIssuer } from './issuer.ts'
import { roleUnknown, subjectInvalid, tokenInvalid } from './problems.ts'

/** What stands in the place of an issuer's URL where the headers are believed, or this home's own key. */
export const DEVELOPMENT = 'development'

/** For whom the development issuer issues. */
export const DEVELOPMENT_AUDIENCE = 'selvedge'

const MOST_HEADER = 255

/**
 * Whoever reaches the server is who the headers say, and an admin unless `x-selvedge-roles` says less.
 * Believed on loopback alone.
 *
 * @throws {Problem} `SUBJECT_INVALID`, `ROLE_UNKNOWN`.
 */
export const believeHeaders = ({ headers }: Request): Who => ({
  issuer: DEVELOPMENT,
  subject: subjectIn(headers),
  roles: rolesIn(headers),
  tenant: ANY_TENANT,
})

function subjectIn(headers: Headers) {
  const subject = headers.get('x-selvedge-subject') ?? 'local'
  if (!/^[\x20-\x7e]{1,255}$/.test(subject)) throw subjectInvalid()
  return subject
}

function rolesIn(headers: Headers): Role[] {
  const given = headers.get('x-selvedge-roles')
  if (given === null) return ['admin']
  const names = given.slice(0, MOST_HEADER).split(',')
  return [...new Set(names.map((name) => roleOf(name.trim())))]
}

function roleOf(name: string): Role {
  if (isRole(name)) return name
  throw roleUnknown(name, ROLES)
}

/** Where the development issuer of these settings is reached, and what its tokens say in `iss`. */
export const developmentIssuer = (port: number) => `http://127.0.0.1:${port}`

/**
 * The development issuer of this home, trusted by its key without a network: `selvedge token` works
 * beside `npm start` with nothing else running. Its subjects are those of the headers.
 */
export const trustDevelopment = ({
  home,
  port,
}: {
  home: string
  port: number
}): TrustedIssuer => ({
  name: DEVELOPMENT,
  issuer: developmentIssuer(port),
  audience: [DEVELOPMENT_AUDIENCE],
  algorithms: ['EdDSA'],
  types: ['at+jwt'],
  tenant: { claim: ['tenant'], only: null, serviceWide: true },
  roles: { claim: ['roles'], map: null },
  keys: keyOfHome(home),
  whoIs: (subject) => ({ issuer: DEVELOPMENT, subject }),
})

/** Read anew each time: the first token may be made while the server runs. */
const keyOfHome = (home: string): KeySource => ({
  async keyFor({ kid }) {
    const jwk = readPublicJwk(join(home, 'dev-issuer'))
    if (!jwk || jwk.kid !== kid) throw tokenInvalid('key')
    return importJWK(jwk, 'EdDSA') as ReturnType<KeySource['keyFor']>
  },
  state: () => 'ready',
  keep: async () => {},
  refresh: async () => {},
})
