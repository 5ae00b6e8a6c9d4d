import { formatPosition } from '../lineage/position.ts'
import type { Reached, WalkedEdge } from '../lineage/traversal.ts'
import type { DIRECTIONS } from '../lineage/traversal-texts.ts'
import {
  findLineage,
  frontierOf,
  type Lineage,
  pageInfoOf,
  positionOf,
  rootOf,
} from '../resolvers/lineage.ts'
import { findCheckpoint } from '../resolvers/log.ts'
import { isMerging } from '../resolvers/merge.ts'
import { runsUnder } from '../resolvers/run.ts'
import { asOfArgs } from './as-of.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { EntityRef } from './entity.ts'
import { CheckpointRef } from './log.ts'
import { PageInfoRef, resumeArgs } from './page.ts'
import { edgeFields } from './relation.ts'
import { RunConnectionRef, runsArgs } from './run.ts'

export const DirectionRef = builder.enumType('Direction', {
  description: 'Which way lineage is walked.',
  values: {
    UPSTREAM: { description: 'To what it came from.' },
    DOWNSTREAM: { description: 'To what came from it: the impact of a change.' },
    BOTH: { description: 'Both walks from the root, taken together; never sideways.' },
  } satisfies Record<(typeof DIRECTIONS)[number], object>,
})

const LineageNodeRef = builder.objectRef<Reached>('LineageNode').implement({
  description: 'An entity that the walk came to.',
  fields: (t) => ({
    entity: t.field({
      type: EntityRef,
      description: 'The entity.',
      resolve: ({ entity }) => entity,
    }),
    distance: t.exposeInt('distance', { description: 'The least number of hops from the root.' }),
  }),
})

export const LineageEdgeRef = builder.objectRef<WalkedEdge>('LineageEdge').implement({
  description: 'An edge that was walked. It points upstream, whichever way it was walked.',
  fields: (t) => ({
    ...edgeFields(t),
    runs: t.field({
      type: RunConnectionRef,
      extensions: sizedBy('first', 1_000),
      args: runsArgs,
      description: 'The runs that brought this edge about, the newest first.',
      resolve: (edge, args, context) => runsUnder(edge, args, context),
    }),
  }),
})

const LineageRef = builder.objectRef<Lineage>('Lineage').implement({
  description:
    'A page of lineage. All pages together hold each entity within the depth once, and each edge once, on the page of its later end.',
  fields: (t) => ({
    root: t.field({
      type: EntityRef,
      description: 'Where the walk began; where an alias was asked for, what it is an alias of.',
      resolve: (page, _args, context) => rootOf(page, context),
    }),
    nodes: t.field({
      type: [LineageNodeRef],
      description: 'The entities of this page, ordered by distance and then by id.',
      resolve: ({ nodes }) => nodes,
    }),
    edges: t.field({
      type: [LineageEdgeRef],
      description: 'The edges walked, each on the page of the later of its ends.',
      resolve: ({ edges }) => edges,
    }),
    truncated: t.boolean({
      description: 'Whether entities within the depth are left for a later page.',
      resolve: ({ beyond }) => beyond > 0,
    }),
    beyond: t.exposeInt('beyond', {
      description: 'How many entities within the depth come after this page.',
    }),
    total: t.exposeInt('total', { description: 'How many entities lie within the depth.' }),
    frontier: t.int({
      extensions: cost({ weight: 50 }),
      description: 'How many entities lie exactly one hop beyond the depth. Costs a second read.',
      resolve: (page, _args, context) => frontierOf(page, context),
    }),
    mergeInProgress: t.boolean({
      description:
        'Whether an entity of this page is being joined with another name of it: edges may be missing under the one and found under the other until that is done.',
      resolve: (page, _args, context) => isMerging(page, context),
    }),
    pageInfo: t.field({ type: PageInfoRef, description: 'Where to go on.', resolve: pageInfoOf }),
    position: t.string({
      description: 'The position of the log that this answer is of.',
      resolve: (page) => formatPosition(positionOf(page)),
    }),
    checkpoint: t.field({
      type: CheckpointRef,
      nullable: true,
      description: 'The newest signed checkpoint; null until the first one is signed.',
      resolve: (_page, _args, context) => findCheckpoint(context),
    }),
  }),
})

builder.queryField('lineage', (t) =>
  t.field({
    permission: 'lineage:read',
    type: LineageRef,
    nullable: true,
    extensions: sizedBy('first', 5_000, { weight: 10 }),
    description:
      'Exactly what lies upstream or downstream of an entity, at design level, with the edges that lead there.',
    args: {
      root: t.arg.id({ required: true, description: 'The id of the entity to start from.' }),
      direction: t.arg({
        type: DirectionRef,
        required: true,
        defaultValue: 'UPSTREAM',
        description: 'Which way to walk.',
      }),
      depth: t.arg.int({
        required: true,
        defaultValue: 4,
        description: 'The most hops to walk: 0 to 20.',
      }),
      first: t.arg.int({
        required: true,
        defaultValue: 500,
        description: 'The most entities on a page: 1 to 5,000.',
      }),
      ...resumeArgs,
      ...asOfArgs,
    },
    resolve: (_root, args, context) => findLineage(args, context),
  }),
)
