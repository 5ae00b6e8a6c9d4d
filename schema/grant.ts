import type { GrantBody } from '../domains/grants/grant.ts'
import type { Receipt } from '../ledger/ledger.ts'
import type { EntityAt } from '../lineage/entities.ts'
import { formatPosition } from '../lineage/position.ts'
import { type Connection, findEntity } from '../resolvers/entity.ts'
import { createGrant, endGrant, grantBody, isGrantOpen, listGrants } from '../resolvers/grant.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { EntityRef, KindRef, NodeRef } from './entity.ts'
import { DirectionRef } from './lineage.ts'
import { afterArgs, PageInfoRef } from './page.ts'

const GrantSideRef = builder.enumType('GrantSide', {
  description: 'On which side of a grant the tenant stands.',
  values: {
    GIVEN: { value: 'given' as const, description: 'It lets another read of its graph.' },
    RECEIVED: { value: 'received' as const, description: 'It may read of the graph of another.' },
  } satisfies Record<string, { value: GrantBody['side']; description: string }>,
})

const GrantReferenceRef = builder
  .objectRef<NonNullable<GrantBody['reference']>>('GrantReference')
  .implement({
    description: 'A record in the log of the tenant that gave a grant.',
    fields: (t) => ({
      seq: t.expose('seq', { type: 'Seq', description: 'Its place in that log.' }),
      leaf: t.exposeString('leaf', { description: 'Its hash, base64url.' }),
    }),
  })

export const GrantRef = builder.objectRef<EntityAt>('Grant')

GrantRef.implement({
  description:
    'What one tenant lets another read, and until when. Both logs have a record of it, under one id.',
  interfaces: [EntityRef, NodeRef],
  fields: (t) => ({
    side: t.field({
      type: GrantSideRef,
      nullable: true,
      description: 'Whether this tenant gave it or received it.',
      resolve: async (grant, _args, context) => (await grantBody(grant, context)).side,
    }),
    from: t.string({
      nullable: true,
      description: 'The tenant that gives it.',
      resolve: async (grant, _args, context) => (await grantBody(grant, context)).from,
    }),
    to: t.string({
      nullable: true,
      description: 'The tenant that may read.',
      resolve: async (grant, _args, context) => (await grantBody(grant, context)).to,
    }),
    root: t.id({
      nullable: true,
      description: 'The entity that the walk starts from, in the graph of who gives it.',
      resolve: async (grant, _args, context) => (await grantBody(grant, context)).root,
    }),
    direction: t.field({
      type: DirectionRef,
      nullable: true,
      description: 'Which way it may go.',
      resolve: async (grant, _args, context) => (await grantBody(grant, context)).direction,
    }),
    depth: t.int({
      nullable: true,
      description: 'How many hops it may go.',
      resolve: async (grant, _args, context) => (await grantBody(grant, context)).depth,
    }),
    kinds: t.field({
      type: [KindRef],
      description: 'What it may come to; the walk goes on from nothing else.',
      resolve: async (grant, _args, context) => (await grantBody(grant, context)).kinds ?? [],
    }),
    fields: t.stringList({
      description: 'The patterns of the fields that are shown.',
      resolve: async (grant, _args, context) => (await grantBody(grant, context)).fields ?? [],
    }),
    begins: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'From when on it holds.',
      resolve: async (grant, _args, context) => (await grantBody(grant, context)).begins,
    }),
    until: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it ends by itself.',
      resolve: async (grant, _args, context) => (await grantBody(grant, context)).until,
    }),
    revokedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null where it was not.',
      resolve: async (grant, _args, context) => (await grantBody(grant, context)).revokedAt,
    }),
    active: t.boolean({
      description: 'Whether it holds now: it has begun, is not over and was not revoked.',
      resolve: async (grant, _args, context) =>
        isGrantOpen(await grantBody(grant, context), context),
    }),
    reference: t.field({
      type: GrantReferenceRef,
      nullable: true,
      description: 'Of a received grant: its record in the log of who gave it.',
      resolve: async (grant, _args, context) => (await grantBody(grant, context)).reference,
    }),
  }),
})

const GrantEdgeRef = builder
  .objectRef<Connection<EntityAt>['edges'][number]>('GrantEdge')
  .implement({
    description: 'A grant in a list, and its place there.',
    fields: (t) => ({
      node: t.field({ type: GrantRef, description: 'The grant.', resolve: ({ node }) => node }),
      cursor: t.exposeString('cursor', { description: 'Its place in the list.' }),
    }),
  })

const GrantConnectionRef = builder.objectRef<Connection<EntityAt>>('GrantConnection').implement({
  description: 'A page of grants.',
  fields: (t) => ({
    edges: t.field({
      type: [GrantEdgeRef],
      description: 'The grants of this page with their places.',
      resolve: ({ edges }) => edges,
    }),
    nodes: t.field({
      type: [GrantRef],
      description: 'The grants of this page.',
      resolve: ({ edges }) => edges.map(({ node }) => node),
    }),
    pageInfo: t.field({
      type: PageInfoRef,
      description: 'Whether there is more.',
      resolve: ({ pageInfo }) => pageInfo,
    }),
  }),
})

const GrantResultRef = builder.objectRef<Receipt>('GrantResult').implement({
  description: 'What came of giving or revoking a grant.',
  fields: (t) => ({
    grant: t.field({
      type: GrantRef,
      nullable: true,
      description: 'The grant as it is recorded.',
      resolve: ({ outcomes }, _args, context) => findEntity({ id: outcomes[0]!.id }, context),
    }),
    position: t.string({
      description: 'The position of the giver’s log from which on it is seen.',
      resolve: ({ position }) => formatPosition(position),
    }),
    replayed: t.exposeBoolean('replayed', {
      description: 'Whether this was carried out before, under the same Idempotency-Key.',
    }),
  }),
})

const GrantInputRef = builder.inputType('GrantInput', {
  description: 'What another tenant may read, and how long. Nothing is granted but what this says.',
  fields: (t) => ({
    to: t.string({ required: true, description: 'The tenant that may read.' }),
    root: t.id({ required: true, description: 'The entity that the walk starts from.' }),
    direction: t.field({
      type: DirectionRef,
      required: true,
      description: 'Which way it may go.',
    }),
    depth: t.int({ required: true, description: 'How many hops it may go: 0 to 20.' }),
    kinds: t.field({
      type: [KindRef],
      required: true,
      description:
        'What it may come to: Dataset, Job, or a kind whose body has a schema, such as Source. Of anything else only the number is told, and what lies beyond that is not reached.',
    }),
    fields: t.stringList({
      required: true,
      description:
        'Which fields are shown, by name or `Kind.name`, facets also by their own name, `*` for any characters. None shows ids and kinds only; `["*"]` everything.',
    }),
    begins: t.field({
      type: 'DateTime',
      required: false,
      description: 'From when on it holds; at once, where it is left out.',
    }),
    until: t.field({
      type: 'DateTime',
      required: true,
      description: 'When it ends: within 1,830 days.',
    }),
  }),
})

builder.queryField('grants', (t) =>
  t.field({
    permission: 'grant:read',
    extensions: sizedBy('first', 1_000, { weight: 10 }),
    type: GrantConnectionRef,
    nullable: true,
    description: 'The grants that this tenant has given or received, the oldest first.',
    args: {
      side: t.arg({ type: GrantSideRef, description: 'Only those given, or only those received.' }),
      active: t.arg.boolean({
        description: 'Only those that hold now, or only those that do not.',
      }),
      first: t.arg.int({
        required: true,
        defaultValue: 50,
        description: 'The size of a page: 1 to 1,000.',
      }),
      ...afterArgs,
    },
    resolve: (_root, args, context) => listGrants(args, context),
  }),
)

builder.mutationFields((t) => ({
  grantCreate: t.field({
    permission: 'grant:write',
    extensions: cost({ weight: 20 }),
    type: GrantResultRef,
    nullable: true,
    description:
      'Lets another tenant read a part of this graph for a time. Recorded on both logs at once.',
    args: { input: t.arg({ type: GrantInputRef, required: true, description: 'The terms.' }) },
    resolve: (_root, args, context, { path }) => createGrant(args, context, path),
  }),
  grantRevoke: t.field({
    permission: 'grant:write',
    extensions: cost({ weight: 20 }),
    type: GrantResultRef,
    nullable: true,
    description:
      'Ends a grant that this tenant has given: it holds for no later request. Recorded on both logs at once.',
    args: { id: t.arg.id({ required: true, description: 'The id of the grant.' }) },
    resolve: (_root, args, context, { path }) => endGrant(args, context, path),
  }),
}))
