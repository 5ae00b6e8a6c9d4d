import type { EntityAt } from '../lineage/entities.ts'
import { createTenant, listTenants, type TenantEntry } from '../resolvers/tenant.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { EntityRef, NodeRef } from './entity.ts'

export const TenantRef = builder.objectRef<EntityAt>('Tenant')

TenantRef.implement({
  description: 'The tenant itself: its record opens its log.',
  interfaces: [EntityRef, NodeRef],
  fields: () => ({}),
})

const TenantEntryRef = builder.objectRef<TenantEntry>('TenantEntry').implement({
  description: 'A tenant of this service.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What goes into the header x-selvedge-tenant.' }),
  }),
})

builder.queryField('tenants', (t) =>
  t.field({
    permission: 'tenant:list',
    type: [TenantEntryRef],
    extensions: sizedBy('first', 1_000),
    nullable: true,
    description: 'The tenants of this service by name, up to 1,000 at a time.',
    args: {
      first: t.arg.int({
        required: true,
        defaultValue: 1_000,
        description: 'How many: 1 to 1,000.',
      }),
      after: t.arg.string({ description: 'Only tenants whose name comes after this one.' }),
    },
    resolve: (_root, args, context) => listTenants(args, context),
  }),
)

builder.mutationField('tenantCreate', (t) =>
  t.field({
    extensions: cost({ weight: 100 }),
    permission: 'tenant:create',
    type: TenantEntryRef,
    nullable: true,
    description: 'Founds a tenant: a log of its own that opens with its keys and its own record.',
    args: {
      name: t.arg.string({
        required: true,
        description: '1 to 63 of a-z, 0-9 and -, opening with a letter or a digit.',
      }),
    },
    resolve: (_root, args, context, { path }) => createTenant(args, context, path),
  }),
)
