import { isRole, type Role } from '../../domains/access/roles.ts'
import { roleUnknown, subjectInvalid } from '../problems.ts'
import { ANY_TENANT, type Identity } from './identity.ts'

/** What stands in the place of an issuer where headers are believed. */
export const DEVELOPMENT = 'development'

const MOST_HEADER = 255

/**
 * The development identity: whoever reaches the server is who the headers say, and an admin unless
 * `x-selvedge-roles` says less. Believed on loopback alone.
 */
export const openDevelopmentIdentity = (): Identity => ({
  believesHeaders: true,
  identify: async ({ headers }) => ({
    issuer: DEVELOPMENT,
    subject: subjectIn(headers),
    roles: rolesIn(headers),
    tenant: ANY_TENANT,
  }),
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
  throw roleUnknown(name)
}
