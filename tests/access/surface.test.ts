import SchemaBuilder from '@pothos/core'
import { describe, expect, it } from 'vitest'
import { cedarSchema } from '../../domains/access/cedar-schema.ts'
import { openEngine } from '../../domains/access/engine.ts'
import { entryOf, PERMISSIONS, type Permission } from '../../domains/access/permissions.ts'
import { ROLES } from '../../domains/access/roles.ts'
import { schema } from '../../schema/index.ts'
import { ROUTES, type Route } from '../../server/routes.ts'
import { decisionEngine, graphqlOperations, restOperations } from '../../server/surface.ts'
import '../../schema/permission.ts'

const engine = decisionEngine()
const operations = [...graphqlOperations(), ...restOperations()]

/** Whether somebody with one of the default roles may do it, in their own tenant or in the service. */
const isPermittedToSomebody = (permission: Permission) =>
  ROLES.some((role) => {
    const [own, tenant] = entryOf(permission).on === 'Tenant' ? ['acme', 'acme'] : ['*', '']
    const principal = { issuer: 'https://issuer.test', subject: 'ann', tenant: own, roles: [role] }
    return engine.decide({ principal, permission, tenant }).isPermitted
  })

it('lists every root field and every route', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const fields = roots.flatMap((root) => Object.keys(root?.getFields() ?? {}))
  expect(fields.length).toBeGreaterThan(15)
  expect(graphqlOperations()).toHaveLength(fields.length)
  expect(operations.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['Query.node', 'Mutation.erase', 'POST /api/v1/lineage']),
  )
})

it.each(operations)(
  '$name has a permission that is an action, and a default policy permits it',
  ({ permission }) => {
    expect(engine.schema).toContain(`\naction "${permission}" in [`)
    expect(isPermittedToSomebody(permission)).toBe(true)
  },
)

it('leaves just these routes open to everyone', () => {
  const open = ROUTES.filter((route) => route.permission === null && !route.unless)
  expect(open.map(({ path }) => path).sort()).toEqual(
    ['/.well-known/jwks.json', '/livez', '/readyz', '/verify.html'].sort(),
  )
})

it('has a word for nothing that cannot be done', () => {
  const used = new Set(operations.map(({ permission }) => permission))
  expect(Object.keys(PERMISSIONS).filter((word) => !used.has(word as Permission))).toEqual([])
})

describe('what declares no permission', () => {
  it('is no root field: the compiler refuses it, and so does the schema as it is built', () => {
    const builder = new SchemaBuilder<object>({ plugins: ['permission'] })
    builder.queryType({})
    // @ts-expect-error A root field without a permission.
    builder.queryField('secret', (t) => t.string({ resolve: () => 'told' }))
    expect(() => builder.toSchema()).toThrow('Query.secret declares no permission')
  })

  it('is no mutation and no subscription either', () => {
    const builder = new SchemaBuilder<object>({ plugins: ['permission'] })
    builder.queryType({})
    builder.mutationType({})
    builder.subscriptionType({})
    builder.queryField('asked', (t) =>
      t.string({ permission: 'entity:read', resolve: () => 'told' }),
    )
    // @ts-expect-error A root field without a permission.
    builder.mutationField('done', (t) => t.string({ resolve: () => 'told' }))
    builder.subscriptionField('followed', (t) =>
      // @ts-expect-error A root field without a permission.
      t.string({ subscribe: async function* () {}, resolve: () => 'told' }),
    )
    expect(() => builder.toSchema()).toThrow(/declares no permission/)
  })

  it('is no route', () => {
    // @ts-expect-error A route without a permission.
    const route: Route = { method: 'GET', path: '/secret', answer: async () => new Response() }
    expect(route.path).toBe('/secret')
  })

  it('is no action: a permission that no operation needs is unknown to Cedar', () => {
    const [first] = operations
    expect(cedarSchema([first!])).toContain(`action "${first!.permission}"`)
    expect(cedarSchema([])).not.toContain('appliesTo')
    const narrow = openEngine([{ name: 'Query.entity', permission: 'entity:read' }])
    const principal = { issuer: 'i', subject: 's', tenant: 'acme', roles: ['writer' as const] }
    const ask = (permission: Permission) =>
      narrow.decide({ principal, permission, tenant: 'acme' }).isPermitted
    expect(ask('entity:read')).toBe(true)
    expect(() => ask('record:write')).toThrow('does not exist in the supplied schema')
  })
})
