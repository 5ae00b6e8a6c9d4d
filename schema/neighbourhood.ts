import type { EdgeCount, Neighbour } from '../lineage/neighbourhood.ts'
import { formatPosition } from '../lineage/position.ts'
import {
  findNeighbourhood,
  type NeighbourhoodPage,
  pageInfoOf,
  positionOf,
} from '../resolvers/neighbourhood.ts'
import { asOfArgs } from './as-of.ts'
import { builder } from './builder.ts'
import { sizedBy } from './cost.ts'
import { EntityRef } from './entity.ts'
import { DirectionRef, LineageEdgeRef } from './lineage.ts'
import { PageInfoRef } from './page.ts'

const EdgeCountRef = builder.objectRef<EdgeCount>('EdgeCount').implement({
  description: 'How many edges there are, as far as they are counted.',
  fields: (t) => ({
    count: t.exposeInt('count', { description: 'How many: exact up to 1,000.' }),
    more: t.exposeBoolean('more', { description: 'Whether there are more than that.' }),
  }),
})

const NeighbourRef = builder.objectRef<Neighbour>('NeighbourNode').implement({
  description: 'An entity, and how much lies beyond it.',
  fields: (t) => ({
    entity: t.field({
      type: EntityRef,
      description: 'The entity.',
      resolve: ({ entity }) => entity,
    }),
    upstream: t.field({
      type: EdgeCountRef,
      description: 'All its edges to what it came from, those on this page included.',
      resolve: ({ upstream }) => upstream,
    }),
    downstream: t.field({
      type: EdgeCountRef,
      description: 'All edges to it from what came from it, those on this page included.',
      resolve: ({ downstream }) => downstream,
    }),
  }),
})

const NeighbourhoodRef = builder.objectRef<NeighbourhoodPage>('Neighbourhood').implement({
  description:
    'A page of what is one hop away from an entity. All pages together hold each neighbour once.',
  fields: (t) => ({
    root: t.field({
      type: NeighbourRef,
      description: 'What was asked about; where an alias was asked for, what it is an alias of.',
      resolve: ({ root }) => root,
    }),
    neighbours: t.field({
      type: [NeighbourRef],
      description: 'The neighbours of this page, in the order of their ids.',
      resolve: ({ neighbours }) => neighbours,
    }),
    edges: t.field({
      type: [LineageEdgeRef],
      description:
        'The edges among the neighbours of this page, and between them and what is shown: the root, and what `shown` names. A loop of the root is on the first page.',
      resolve: ({ edges }) => edges,
    }),
    truncated: t.exposeBoolean('more', {
      description: 'Whether neighbours are left for a later page.',
    }),
    pageInfo: t.field({ type: PageInfoRef, description: 'Where to go on.', resolve: pageInfoOf }),
    position: t.string({
      description: 'The position of the log that this answer is of.',
      resolve: (page) => formatPosition(positionOf(page)),
    }),
  }),
})

builder.queryField('neighbourhood', (t) =>
  t.field({
    permission: 'lineage:read',
    type: NeighbourhoodRef,
    nullable: true,
    extensions: sizedBy('first', 200, { weight: 10, each: 5 }),
    description:
      'What is one hop away from an entity, with what lies beyond each: for drawing a graph step by step.',
    args: {
      id: t.arg.id({ required: true, description: 'The id of the entity.' }),
      direction: t.arg({
        type: DirectionRef,
        required: true,
        defaultValue: 'BOTH',
        description: 'Which neighbours: what it came from, what came from it, or both.',
      }),
      first: t.arg.int({
        required: true,
        defaultValue: 50,
        description: 'The most neighbours on a page: 1 to 200.',
      }),
      after: t.arg.string({
        description: 'The `endCursor` of the page before; `shown` may have grown since.',
      }),
      shown: t.arg.idList({
        description:
          'Up to 500 ids of what is drawn already: edges between these and the page are told too.',
      }),
      ...asOfArgs,
    },
    resolve: (_root, args, context) => findNeighbourhood(args, context),
  }),
)
