import type { Connection } from '../resolvers/entity.ts'
import {
  changesOf,
  eventTimeOf,
  historyOf,
  linkedBy,
  MOST_VERSIONS,
  unlinkedBy,
  type Version,
  type VersionEdge,
  versionErased,
} from '../resolvers/history.ts'
import { builder } from './builder.ts'
import { FieldChangeRef } from './change.ts'
import { cost, sizedBy } from './cost.ts'
import { EntityRef } from './entity.ts'
import { ErasedRef } from './erasure.ts'
import { afterArgs, PageInfoRef } from './page.ts'
import { RelationRef } from './relation.ts'

const ACTIONS = { assert: 'ASSERT', retire: 'RETIRE', erase: 'ERASE' } as const

const ActionRef = builder.enumType('Action', {
  description: 'What a record does to its entity.',
  values: {
    ASSERT: { description: 'Says what it is from now on, fields and edges.' },
    RETIRE: { description: 'Takes its fields and its edges upstream; those that lead to it stay.' },
    ERASE: { description: 'Says that what earlier records said is gone for good.' },
  } satisfies Record<(typeof ACTIONS)[keyof typeof ACTIONS], object>,
})

const VersionEdgeRef = builder.objectRef<VersionEdge>('VersionEdge').implement({
  description: 'An edge that came or went with a version. It leads upstream from the entity.',
  fields: (t) => ({
    relation: t.field({
      type: RelationRef,
      description: 'How the two are related.',
      resolve: ({ relation }) => relation,
    }),
    to: t.exposeID('to', { description: 'The id of its other end.' }),
  }),
})

export const VersionRef = builder.objectRef<Version>('Version').implement({
  description: 'A record of an entity: who said what of it, when, in the place of what.',
  fields: (t) => ({
    version: t.int({
      description: 'Which version it is: 1 is the first.',
      resolve: ({ header }) => header.version,
    }),
    seq: t.field({
      type: 'Seq',
      description: 'The place of the record in the log: from the size after it on, it is in force.',
      resolve: ({ header }) => header.seq,
    }),
    recordedAt: t.field({
      type: 'DateTime',
      description: 'When it was recorded.',
      resolve: ({ header }) => header.at,
    }),
    eventTime: t.field({
      type: 'DateTime',
      nullable: true,
      extensions: cost({ weight: 2 }),
      description:
        'When that happened which it was recorded from, as the OpenLineage event says; it may be long before. Null where no event told of it, or what it left is erased.',
      resolve: (version, _args, context) => eventTimeOf(version, context),
    }),
    actor: t.string({
      description: 'Who recorded it, by the pseudonym that the log has.',
      resolve: ({ header }) => header.actor,
    }),
    action: t.field({
      type: ActionRef,
      description: 'What it did.',
      resolve: ({ header }) => ACTIONS[header.action],
    }),
    changes: t.field({
      type: [FieldChangeRef],
      nullable: true,
      extensions: cost({ weight: 2 }),
      description:
        'The fields that differ from the version before, by name. Null where what this one or the one before said is erased.',
      resolve: (version, _args, context) => changesOf(version, context),
    }),
    linked: t.field({
      type: [VersionEdgeRef],
      description: 'The edges that it added.',
      resolve: (version) => linkedBy(version),
    }),
    unlinked: t.field({
      type: [VersionEdgeRef],
      description: 'The edges that it dropped.',
      resolve: (version, _args, context) => unlinkedBy(version, context),
    }),
    erased: t.field({
      type: ErasedRef,
      nullable: true,
      description: 'By what that which it said is gone; null where it is not.',
      resolve: (version, _args, context) => versionErased(version, context),
    }),
    erases: t.field({
      type: ['Seq'],
      description: 'In an ERASE: the records whose bodies it erased; empty in others.',
      resolve: ({ header }) => header.targets ?? [],
    }),
    erasure: t.id({
      nullable: true,
      description: 'In an ERASE: the id of the Erasure that says on what ground, and why.',
      resolve: ({ row }) => row.erasure,
    }),
  }),
})

const VersionEdgeOfListRef = builder
  .objectRef<Connection<Version>['edges'][number]>('HistoryEdge')
  .implement({
    description: 'A version in a history, and its place there.',
    fields: (t) => ({
      node: t.field({ type: VersionRef, description: 'The version.', resolve: ({ node }) => node }),
      cursor: t.exposeString('cursor', { description: 'Its place in the history.' }),
    }),
  })

const HistoryRef = builder.objectRef<Connection<Version>>('History').implement({
  description: 'A page of the versions of an entity, the newest first.',
  fields: (t) => ({
    edges: t.field({
      type: [VersionEdgeOfListRef],
      description: 'The versions of this page with their places.',
      resolve: ({ edges }) => edges,
    }),
    nodes: t.field({
      type: [VersionRef],
      description: 'The versions of this page.',
      resolve: ({ edges }) => edges.map(({ node }) => node),
    }),
    pageInfo: t.field({
      type: PageInfoRef,
      description: 'Whether there is more.',
      resolve: ({ pageInfo }) => pageInfo,
    }),
  }),
})

builder.interfaceField(EntityRef, 'history', (t) =>
  t.field({
    type: HistoryRef,
    extensions: sizedBy('first', MOST_VERSIONS, { weight: 2 }),
    args: {
      first: t.arg.int({
        required: true,
        defaultValue: 20,
        description: 'The size of a page: 1 to 100.',
      }),
      ...afterArgs,
    },
    description:
      'Its versions up to the moment that it was read at, the newest first: who changed what, and when.',
    resolve: (entity, args, context) => historyOf(entity, args, context),
  }),
)
