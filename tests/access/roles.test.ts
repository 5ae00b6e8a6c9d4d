import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entryOf, PERMISSIONS, type Permission } from '../../domains/access/permissions.ts'
import { ROLES, type Role } from '../../domains/access/roles.ts'
import { decisionEngine } from '../../server/surface.ts'

const engine = decisionEngine()
const EVERY = Object.keys(PERMISSIONS) as Permission[]
const OF_TENANT = EVERY.filter((permission) => entryOf(permission).on === 'Tenant')
const OF_SERVICE = EVERY.filter((permission) => entryOf(permission).on === 'Service')

/** What each role may do in its own tenant, written out: a change of a default policy shows here. */
const MAY: Record<Role, readonly Permission[]> = {
  reader: [
    'attachment:read',
    'entity:read',
    'export:create',
    'export:read',
    'grant:read',
    'granted:read',
    'lineage:read',
    'changes:read',
    'terms:read',
    'impact:read',
    'usage:read',
    'saved-query:read',
  ],
  writer: [
    'attachment:create',
    'attachment:read',
    'clause:write',
    'decision:write',
    'dpia:write',
    'entity:read',
    'event:write',
    'export:create',
    'export:read',
    'grant:read',
    'granted:read',
    'import:write',
    'license:write',
    'lineage:read',
    'changes:read',
    'links:write',
    'model:write',
    'prediction:write',
    'principal:write',
    'record:retire',
    'saved-query:write',
    'record:write',
    'sign-off:write',
    'source:write',
    'terms:read',
    'impact:read',
    'usage:read',
    'saved-query:read',
    'usage:write',
  ],
  auditor: [
    'attachment:read',
    'entity:read',
    'export:create',
    'export:read',
    'grant:read',
    'granted:read',
    'lineage:read',
    'changes:read',
    'log:read',
    'policy:read',
    'terms:read',
    'impact:read',
    'usage:read',
    'saved-query:read',
    'webhook:read',
  ],
  steward: [
    'attachment:create',
    'attachment:read',
    'clause:write',
    'decision:write',
    'dpia:write',
    'entity:read',
    'erasure:create',
    'export:create',
    'export:read',
    'grant:read',
    'grant:write',
    'granted:read',
    'import:write',
    'license:write',
    'lineage:read',
    'changes:read',
    'links:write',
    'principal:write',
    'saved-query:write',
    'sign-off:write',
    'source:write',
    'terms:read',
    'impact:read',
    'usage:read',
    'saved-query:read',
    'transformation:write',
    'webhook:read',
    'webhook:write',
  ],
  operator: [
    'attachment:read',
    'entity:read',
    'erasure:confirm',
    'export:read',
    'grant:read',
    'granted:read',
    'lineage:read',
    'changes:read',
    'log:read',
    'policy:read',
    'terms:read',
    'impact:read',
    'usage:read',
    'saved-query:read',
    'webhook:read',
  ],
  ombuds: [
    'attachment:read',
    'entity:read',
    'export:create',
    'export:read',
    'grant:read',
    'granted:read',
    'lineage:read',
    'changes:read',
    'log:read',
    'policy:read',
    'terms:read',
    'impact:read',
    'usage:read',
    'saved-query:read',
    'webhook:read',
  ],
  finance: [
    'attachment:read',
    'decision:write',
    'entity:read',
    'export:create',
    'export:read',
    'grant:read',
    'granted:read',
    'lineage:read',
    'changes:read',
    'sign-off:write',
    'terms:read',
    'impact:read',
    'usage:read',
    'saved-query:read',
    'usage:seal',
  ],
  admin: OF_TENANT,
}

const principalOf = (tenant: string, ...roles: Role[]) => ({
  issuer: 'https://issuer.test',
  subject: 'ann',
  tenant,
  roles,
})

const may = (permission: Permission, roles: readonly Role[], from: string, to: string) =>
  engine.decide({ principal: principalOf(from, ...roles), permission, tenant: to }).isPermitted

describe.each(ROLES)('a %s of a tenant', (role) => {
  it.each(OF_TENANT)('asked for %s', (permission) => {
    expect(may(permission, [role], 'acme', 'acme')).toBe(MAY[role].includes(permission))
  })

  it.each(OF_SERVICE)('never gets %s', (permission) => {
    expect(may(permission, [role], 'acme', '')).toBe(false)
  })
})

it.each(['operator', 'admin'] as const)('a service-wide %s looks after the service', (role) => {
  for (const permission of OF_SERVICE) expect(may(permission, [role], '*', '')).toBe(true)
})

it.each(ROLES.filter((role) => role !== 'operator' && role !== 'admin'))(
  'a service-wide %s does not',
  (role) => {
    for (const permission of OF_SERVICE) expect(may(permission, [role], '*', '')).toBe(false)
  },
)

it('without a role nothing is permitted', () => {
  for (const permission of EVERY) {
    expect(may(permission, [], 'acme', 'acme')).toBe(false)
    expect(may(permission, [], '*', 'acme')).toBe(false)
  }
})

const aRoleSet = fc.uniqueArray(fc.constantFrom(...ROLES))
const aTenant = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}$/)
const aPermission = fc.constantFrom(...EVERY)

it('several roles may do what each of them may, and no more', () => {
  fc.assert(
    fc.property(aRoleSet, aPermission, (roles, permission) => {
      const alone = roles.some((role) => may(permission, [role], 'acme', 'acme'))
      expect(may(permission, roles, 'acme', 'acme')).toBe(alone)
    }),
  )
})

it('whoever is of one tenant is never permitted in another, whatever the roles', () => {
  fc.assert(
    fc.property(aRoleSet, aTenant, aTenant, aPermission, (roles, from, to, permission) => {
      fc.pre(from !== to)
      const question = { principal: principalOf(from, ...roles), permission, tenant: to }
      expect(engine.decide(question).isPermitted).toBe(false)
      expect(engine.isForbidden(question)).toBe(true)
    }),
  )
})

it('a service-wide caller may in every tenant what the role may in its own', () => {
  fc.assert(
    fc.property(aRoleSet, aTenant, fc.constantFrom(...OF_TENANT), (roles, tenant, permission) => {
      expect(may(permission, roles, '*', tenant)).toBe(may(permission, roles, tenant, tenant))
    }),
  )
})
