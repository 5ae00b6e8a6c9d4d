import type { Receipt } from '../ledger/ledger.ts'
import type { EntityAt } from '../lineage/entities.ts'
import { formatPosition } from '../lineage/position.ts'
import type { Connection } from '../resolvers/entity.ts'
import {
  findSavedQuery,
  listSavedQueries,
  removeSavedQuery,
  savedQueryBody,
  savedQueryOf,
  saveSavedQuery,
} from '../resolvers/saved-query.ts'
import { asOfArgs } from './as-of.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { EntityRef, NodeRef } from './entity.ts'
import { afterArgs, PageInfoRef } from './page.ts'
import { ReceiptRef } from './record.ts'

export const SavedQueryRef = builder.objectRef<EntityAt>('SavedQuery')

SavedQueryRef.implement({
  description:
    'A query that people have saved under a name. Each change of it is a record (docs/how-to/saved-queries.md).',
  interfaces: [EntityRef, NodeRef],
  fields: (t) => ({
    document: t.string({
      nullable: true,
      description: 'The text that is run, as it was given; null once removed or erased.',
      resolve: async (saved, _args, context) => (await savedQueryBody(saved, context))?.document,
    }),
    operationName: t.string({
      nullable: true,
      description: 'Which operation of the document is run; null where it has only one.',
      resolve: async (saved, _args, context) =>
        (await savedQueryBody(saved, context))?.operationName,
    }),
    title: t.string({
      nullable: true,
      description: 'What it is called, for people.',
      resolve: async (saved, _args, context) => (await savedQueryBody(saved, context))?.title,
    }),
    description: t.string({
      nullable: true,
      description: 'What it is for.',
      resolve: async (saved, _args, context) => (await savedQueryBody(saved, context))?.description,
    }),
    variables: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The values of variables that whoever runs it does not give; null for none.',
      resolve: async (saved, _args, context) => (await savedQueryBody(saved, context))?.variables,
    }),
  }),
})

const SavedQueryEdgeRef = builder
  .objectRef<Connection<EntityAt>['edges'][number]>('SavedQueryEdge')
  .implement({
    description: 'A saved query with its place in a list.',
    fields: (t) => ({
      node: t.field({
        type: SavedQueryRef,
        description: 'The saved query.',
        resolve: ({ node }) => node,
      }),
      cursor: t.exposeString('cursor', { description: 'Where to go on after it.' }),
    }),
  })

const SavedQueryConnectionRef = builder
  .objectRef<Connection<EntityAt>>('SavedQueryConnection')
  .implement({
    description: 'A page of saved queries.',
    fields: (t) => ({
      edges: t.field({
        type: [SavedQueryEdgeRef],
        description: 'The saved queries of this page with their places.',
        resolve: ({ edges }) => edges,
      }),
      nodes: t.field({
        type: [SavedQueryRef],
        description: 'The saved queries of this page.',
        resolve: ({ edges }) => edges.map(({ node }) => node),
      }),
      pageInfo: t.field({
        type: PageInfoRef,
        description: 'Whether there is more.',
        resolve: ({ pageInfo }) => pageInfo,
      }),
    }),
  })

const SavedQueryResultRef = builder.objectRef<Receipt>('SavedQueryResult').implement({
  description: 'What was saved, after it was committed.',
  fields: (t) => ({
    savedQuery: t.field({
      type: SavedQueryRef,
      nullable: true,
      description: 'The saved query, as it is now.',
      resolve: ({ outcomes }, _args, context) => savedQueryOf(outcomes[0]!.id, context),
    }),
    changed: t.boolean({
      description: 'Whether that was recorded: false where it was saved just so already.',
      resolve: ({ outcomes }) => outcomes[0]!.changed,
    }),
    position: t.string({
      description: 'The position of the log from which on it is seen.',
      resolve: ({ position }) => formatPosition(position),
    }),
    replayed: t.exposeBoolean('replayed', {
      description: 'Whether this was carried out before, under the same Idempotency-Key.',
    }),
  }),
})

const SavedQueryInputRef = builder.inputType('SavedQueryInput', {
  description: 'A query to save. What is left out is not kept from what was saved before.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description:
        'The name to run it by: 1 to 100 of a-z, 0-9, `.`, `_` and `-`, opening with a letter or a digit.',
    }),
    document: t.string({
      required: true,
      description:
        'A GraphQL document of up to 8,192 characters whose operations are all queries. Whoever may read entities sees it.',
    }),
    operationName: t.string({
      description: 'Which operation is run; needed where the document has several.',
    }),
    title: t.string({ description: 'What it is called, for people: up to 200 characters.' }),
    description: t.string({ description: 'What it is for: up to 2,000 characters.' }),
    variables: t.field({
      type: 'JSON',
      description:
        'An object of values for its variables, up to 8,192 characters of JSON. Whoever runs it may give others.',
    }),
  }),
})

const nameArg = { required: true, description: 'Its name.' } as const

builder.queryFields((t) => ({
  savedQuery: t.field({
    permission: 'saved-query:read',
    type: SavedQueryRef,
    nullable: true,
    description: 'A saved query by its name; null where there is none.',
    args: { name: t.arg.string(nameArg), ...asOfArgs },
    resolve: (_root, args, context) => findSavedQuery(args, context),
  }),
  savedQueries: t.field({
    permission: 'saved-query:read',
    extensions: sizedBy('first', 1_000, { weight: 10 }),
    type: SavedQueryConnectionRef,
    nullable: true,
    description: 'The saved queries of this tenant, in the order of their names.',
    args: {
      first: t.arg.int({
        required: true,
        defaultValue: 50,
        description: 'The size of a page: 1 to 1,000.',
      }),
      ...afterArgs,
      ...asOfArgs,
    },
    resolve: (_root, args, context) => listSavedQueries(args, context),
  }),
}))

builder.mutationFields((t) => ({
  savedQuerySave: t.field({
    permission: 'saved-query:write',
    extensions: cost({ weight: 20 }),
    type: SavedQueryResultRef,
    nullable: true,
    description:
      'Saves a query under a name, or another in its place, once it is one that could be sent here. A tenant has up to 1,000.',
    args: {
      input: t.arg({ type: SavedQueryInputRef, required: true, description: 'What to save.' }),
    },
    resolve: (_root, args, context, { path }) => saveSavedQuery(args, context, path),
  }),
  savedQueryRemove: t.field({
    permission: 'saved-query:write',
    extensions: cost({ weight: 10 }),
    type: ReceiptRef,
    nullable: true,
    description: 'Removes a saved query. Its records stay in the log.',
    args: { name: t.arg.string(nameArg) },
    resolve: (_root, args, context, { path }) => removeSavedQuery(args, context, path),
  }),
}))
