import type { RecordNote } from '../lineage/bodies.ts'
import { formatPosition } from '../lineage/position.ts'
import type { WalkedEdge } from '../lineage/traversal.ts'
import {
  beyondOf,
  entitiesOf,
  findPaths,
  type PathOf,
  type Paths,
  pageInfoOf,
  pathsOf,
  positionOf,
} from '../resolvers/path.ts'
import { runsUnder } from '../resolvers/run.ts'
import { asOfArgs } from './as-of.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { EntityRef } from './entity.ts'
import { PageInfoRef, resumeArgs } from './page.ts'
import { edgeFields } from './relation.ts'
import { RunConnectionRef, runsArgs } from './run.ts'

const EdgeRecordRef = builder.objectRef<RecordNote>('EdgeRecord').implement({
  description: 'The record that added an edge: one of its downstream end.',
  fields: (t) => ({
    seq: t.expose('seq', { type: 'Seq', description: 'Its place in the log.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was appended.' }),
    action: t.exposeString('action', {
      description: 'What it did, in the words of docs/specs/record.md: `assert`.',
    }),
    version: t.exposeInt('version', {
      description: 'Which record of the downstream end it is: 1 for its first.',
    }),
  }),
})

const PathHopRef = builder.objectRef<WalkedEdge>('PathHop').implement({
  description: 'One hop of a path, from a thing to what it came from, and why it is there.',
  fields: (t) => ({
    ...edgeFields(t),
    record: t.field({
      type: EdgeRecordRef,
      nullable: true,
      description: 'That record: when it was appended, and what it did.',
      resolve: ({ since }, _args, { loaders }) => loaders.recordNote.load(since),
    }),
    runs: t.field({
      type: RunConnectionRef,
      extensions: sizedBy('first', 1_000),
      args: runsArgs,
      description: 'The runs that brought this edge about, the newest first.',
      resolve: (edge, args, context) => runsUnder(edge, args, context),
    }),
  }),
})

export const PathRef = builder.objectRef<PathOf>('Path').implement({
  description: 'One way upstream, hop by hop.',
  fields: (t) => ({
    entities: t.field({
      type: [EntityRef],
      extensions: cost({ assumed: 20 }),
      description: 'What lies along it, from its lower end to its upper one, both included.',
      resolve: entitiesOf,
    }),
    hops: t.field({
      type: [PathHopRef],
      extensions: cost({ assumed: 20 }),
      description: 'The edges that it takes, in order; none where both ends are the same entity.',
      resolve: ({ hops }) => hops,
    }),
  }),
})

const PathsRef = builder.objectRef<Paths>('Paths').implement({
  description:
    'A page of the shortest paths between two entities. All pages together hold each of them once.',
  fields: (t) => ({
    from: t.field({
      type: EntityRef,
      description: 'The lower end; where an alias was asked for, what it is an alias of.',
      resolve: ({ from, entities }) => entities.get(from)!,
    }),
    to: t.field({
      type: EntityRef,
      description: 'The upper end; where an alias was asked for, what it is an alias of.',
      resolve: ({ to, entities }) => entities.get(to)!,
    }),
    distance: t.exposeInt('distance', {
      nullable: true,
      description: 'The hops of each path; null where none is as short as `depth`.',
    }),
    paths: t.field({
      type: [PathRef],
      description: 'The paths of this page, in an order that stays.',
      resolve: pathsOf,
    }),
    total: t.string({
      description:
        'How many shortest paths there are, in decimal digits: there may be more than a number of JSON can hold.',
      resolve: ({ total }) => `${total}`,
    }),
    truncated: t.boolean({
      description: 'Whether paths are left for a later page.',
      resolve: (page) => beyondOf(page) > 0n,
    }),
    beyond: t.string({
      description: 'How many paths come after this page, in decimal digits.',
      resolve: (page) => `${beyondOf(page)}`,
    }),
    pageInfo: t.field({ type: PageInfoRef, description: 'Where to go on.', resolve: pageInfoOf }),
    position: t.string({
      description: 'The position of the log that this answer is of.',
      resolve: (page) => formatPosition(positionOf(page)),
    }),
  }),
})

builder.queryField('path', (t) =>
  t.field({
    permission: 'lineage:read',
    type: PathsRef,
    nullable: true,
    extensions: sizedBy('first', 100, { weight: 50 }),
    description:
      'All shortest ways upstream from one entity to another, at design level, with the reason of each hop.',
    args: {
      from: t.arg.id({ required: true, description: 'The id of the downstream end.' }),
      to: t.arg.id({ required: true, description: 'The id of the upstream end.' }),
      depth: t.arg.int({
        required: true,
        defaultValue: 20,
        description: 'The most hops that a path may have: 0 to 20.',
      }),
      first: t.arg.int({
        required: true,
        defaultValue: 10,
        description: 'The most paths on a page: 1 to 100.',
      }),
      ...resumeArgs,
      ...asOfArgs,
    },
    resolve: (_root, args, context) => findPaths(args, context),
  }),
)
