import { WHAT_TYPED_KINDS_ARE } from '../domains/kinds/bodies.ts'
import type { EntityAt } from '../lineage/entities.ts'
import { KINDS, type Kind } from '../lineage/kinds.ts'
import {
  type Connection,
  findEntities,
  findEntity,
  listEntities,
  recordedAt,
} from '../resolvers/entity.ts'
import { facetsOf } from '../resolvers/facet.ts'
import { mergesInProgress } from '../resolvers/merge.ts'
import { asOfArgs } from './as-of.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { FacetRef, facetsArgs } from './facet.ts'
import { MergeRef } from './merge.ts'
import { afterArgs, PageInfoRef } from './page.ts'

const WHAT_KINDS_ARE: Record<Kind, string> = {
  ...WHAT_TYPED_KINDS_ARE,
  Tenant: 'The tenant itself, whose record opens its log.',
  Dataset: 'A table, file or stream that jobs read and write.',
  Job: 'What reads datasets and writes others, by design.',
  Run: 'One execution of a job.',
  Export: 'A bundle that was handed out.',
  Attachment: 'A file of the tenant’s own, by its hash.',
  Erasure: 'The ground on which something was erased.',
  Policy: 'Who may do what in the tenant, as it has said itself.',
  Grant: 'What one tenant lets another read, and until when.',
  Webhook: 'Where records are told as events, and which.',
  SavedQuery: 'A query that people have saved under a name.',
}

export const KindRef = builder.enumType('Kind', {
  description: 'The kinds of entity.',
  values: Object.fromEntries(
    KINDS.map((kind) => [kind, { description: WHAT_KINDS_ARE[kind] }]),
  ) as Record<Kind, { description: string }>,
})

export const NodeRef = builder.interfaceRef<EntityAt>('Node').implement({
  description: "Anything with an id of its own (Relay's Node).",
  resolveType: ({ kind }) => kind,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The URN of the entity. It never changes.' }),
  }),
})

export const EntityRef = builder.interfaceRef<EntityAt>('Entity').implement({
  description: 'A thing in the graph, as it was at the position of the answer.',
  interfaces: [NodeRef],
  resolveType: ({ kind }) => kind,
  fields: (t) => ({
    kind: t.field({
      type: KindRef,
      description: 'What kind of thing it is.',
      resolve: ({ kind }) => kind,
    }),
    namespace: t.string({
      nullable: true,
      description: 'Where its name is unique, as OpenLineage writes it; null where it is erased.',
      resolve: ({ namespace }) => namespace || null,
    }),
    name: t.string({
      nullable: true,
      description: 'Its name within the namespace; null where it is erased.',
      resolve: ({ name }) => name || null,
    }),
    version: t.exposeInt('version', {
      description: 'How many records it has: 1 for a new entity.',
    }),
    seq: t.expose('seq', {
      type: 'Seq',
      description: 'The place in the log of its record in force.',
    }),
    recordedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When its record in force was appended.',
      resolve: (entity, _args, context) => recordedAt(entity, context),
    }),
    retired: t.exposeBoolean('retired', {
      description:
        'Whether it was retired: it then has no edges upstream; what came from it keeps its edges.',
    }),
    aliasOf: t.exposeID('aliasOf', {
      nullable: true,
      description: 'The id of the entity that it turned out to be another name of.',
    }),
    mergesInProgress: t.field({
      type: [MergeRef],
      extensions: cost({ assumed: 1 }),
      description:
        'The names that it is being joined with. Until that is done, edges are found under either name.',
      resolve: (entity, _args, context) => mergesInProgress(entity, context),
    }),
    facets: t.field({
      type: [FacetRef],
      extensions: cost({ assumed: 10 }),
      args: facetsArgs,
      description: 'What others say of it, untouched, ordered by group and name.',
      resolve: (entity, args, context) => facetsOf(entity, args, context),
    }),
  }),
})

const EntityEdgeRef = builder
  .objectRef<Connection<EntityAt>['edges'][number]>('EntityEdge')
  .implement({
    description: 'An entity in a list, and its place there.',
    fields: (t) => ({
      node: t.field({ type: EntityRef, description: 'The entity.', resolve: ({ node }) => node }),
      cursor: t.exposeString('cursor', { description: 'Its place in the list.' }),
    }),
  })

/** A page of entities in a list. */
export const EntityConnectionRef = builder
  .objectRef<Connection<EntityAt>>('EntityConnection')
  .implement({
    description: 'A page of entities.',
    fields: (t) => ({
      edges: t.field({
        type: [EntityEdgeRef],
        description: 'The entities of this page with their places.',
        resolve: ({ edges }) => edges,
      }),
      nodes: t.field({
        type: [EntityRef],
        description: 'The entities of this page.',
        resolve: ({ edges }) => edges.map(({ node }) => node),
      }),
      pageInfo: t.field({
        type: PageInfoRef,
        description: 'Whether there is more.',
        resolve: ({ pageInfo }) => pageInfo,
      }),
    }),
  })

builder.queryFields((t) => ({
  entity: t.field({
    permission: 'entity:read',
    type: EntityRef,
    nullable: true,
    description: 'One entity, by id or by kind, namespace and name; null where there is none.',
    args: {
      id: t.arg.id({ description: 'Its URN. Leave the other arguments out.' }),
      kind: t.arg({ type: KindRef, description: 'Its kind.' }),
      namespace: t.arg.string({ description: 'Its namespace; `run` for a Run.' }),
      name: t.arg.string({ description: 'Its name; the run id for a Run.' }),
      ...asOfArgs,
    },
    resolve: (_root, args, context) => findEntity(args, context),
  }),
  entities: t.field({
    permission: 'entity:read',
    type: EntityConnectionRef,
    nullable: true,
    extensions: sizedBy('first', 1_000),
    description: 'All entities, or those of one kind, in an order that stays (that of their ids).',
    args: {
      kind: t.arg({ type: KindRef, description: 'Only entities of this kind.' }),
      first: t.arg.int({
        required: true,
        defaultValue: 50,
        description: 'The size of a page: 1 to 1,000.',
      }),
      ...afterArgs,
      ...asOfArgs,
    },
    resolve: (_root, args, context) => listEntities(args, context),
  }),
  node: t.field({
    permission: 'entity:read',
    type: NodeRef,
    nullable: true,
    description: 'One entity by id; null where there is none.',
    args: {
      id: t.arg.id({ required: true, description: 'Its URN.' }),
      ...asOfArgs,
    },
    resolve: (_root, args, context) => findEntity(args, context),
  }),
  nodes: t.field({
    permission: 'entity:read',
    type: [NodeRef],
    extensions: sizedBy('ids', 1_000),
    nullable: { list: true, items: true },
    description:
      'Entities by their ids, in that order; null in the place of one that is not there.',
    args: {
      ids: t.arg.idList({ required: true, description: 'Up to 1,000 URNs.' }),
      ...asOfArgs,
    },
    resolve: (_root, args, context) => findEntities(args, context),
  }),
}))
