import type { EntityAt } from '../lineage/entities.ts'
import { formatPosition } from '../lineage/position.ts'
import type { SearchFacets, ValueCount } from '../lineage/search.ts'
import {
  entityCounted,
  facetsOfSearch,
  findByWords,
  type Search,
  searchPageInfo,
  searchPosition,
} from '../resolvers/search.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { EntityRef, KindRef } from './entity.ts'
import { afterArgs, PageInfoRef } from './page.ts'

const TextCountRef = builder.objectRef<ValueCount>('TextCount').implement({
  description: 'A value, and how many hits have it.',
  fields: (t) => ({
    value: t.exposeString('value', { description: 'The value.' }),
    count: t.exposeInt('count', { description: 'How many hits have it.' }),
  }),
})

const EntityCountRef = builder.objectRef<ValueCount & { at: number }>('EntityCount').implement({
  description: 'An entity, and how many hits it is about.',
  fields: (t) => ({
    entity: t.field({
      type: EntityRef,
      nullable: true,
      description: 'The entity.',
      resolve: ({ value, at }, _args, context): Promise<EntityAt | null> =>
        entityCounted(value, at, context),
    }),
    count: t.exposeInt('count', { description: 'How many hits it is about.' }),
  }),
})

const SearchFacetsRef = builder.objectRef<SearchFacets & { at: number }>('SearchFacets').implement({
  description:
    'How many of the hits that were looked at have which value: up to 50 values of each sort, those with the most hits first. A hit may have several owners, licences and risks, or none.',
  fields: (t) => ({
    kinds: t.field({
      type: [TextCountRef],
      description: 'By their kind.',
      resolve: ({ kinds }) => kinds,
    }),
    owners: t.field({
      type: [TextCountRef],
      description: 'By whom the facet `ownership` of OpenLineage names as an owner.',
      resolve: ({ owners }) => owners,
    }),
    principals: t.field({
      type: [EntityCountRef],
      description: 'By the principals that they are attributed to.',
      resolve: ({ principals, at }) => principals.map((one) => ({ ...one, at })),
    }),
    licences: t.field({
      type: [EntityCountRef],
      description: 'By the licences that they are given under themselves.',
      resolve: ({ licences, at }) => licences.map((licence) => ({ ...licence, at })),
    }),
    risks: t.field({
      type: [TextCountRef],
      description: 'By the `residualRisk` of the assessments that they have themselves.',
      resolve: ({ risks }) => risks,
    }),
  }),
})

const SearchRef = builder.objectRef<Search>('Search').implement({
  description:
    'A page of what was found, best first: the whole name, then names that begin so, then those with the most of the words in their name.',
  fields: (t) => ({
    nodes: t.field({
      type: [EntityRef],
      description: 'What was found. What is retired is not.',
      resolve: ({ entities }) => entities,
    }),
    total: t.exposeInt('total', {
      description: 'How many hits were looked at, on this page and all others: up to 2,000.',
    }),
    more: t.exposeBoolean('more', {
      description:
        'Whether there are more hits than are looked at: those with all the words in their name are preferred. Another word or a kind says more.',
    }),
    complete: t.exposeBoolean('complete', {
      description:
        'Whether all that is recorded can be found. After an upgrade it is not at first, while the index is filled.',
    }),
    facets: t.field({
      type: SearchFacetsRef,
      extensions: cost({ weight: 50, assumed: 50 }),
      description: 'How the hits are spread.',
      resolve: async (page, _args, context) => ({
        ...(await facetsOfSearch(page, context)),
        at: page.n,
      }),
    }),
    pageInfo: t.field({
      type: PageInfoRef,
      description: 'Where to go on.',
      resolve: searchPageInfo,
    }),
    position: t.string({
      description: 'The position of the log that the entities are shown at.',
      resolve: (page) => formatPosition(searchPosition(page)),
    }),
  }),
})

builder.queryField('search', (t) =>
  t.field({
    permission: 'entity:read',
    type: SearchRef,
    nullable: true,
    extensions: sizedBy('first', 200, { weight: 50 }),
    description:
      'Finds entities by words of what they say now: of names, namespaces, titles, keywords, descriptions and names of columns. All the words must be there.',
    args: {
      text: t.arg.string({
        required: true,
        description:
          'Words: up to 8, in up to 1,000 characters. All else parts words and means nothing: `orders_daily`, `orders.daily` and `ordersDaily` are the same two. The last may be the beginning of a word; one of four letters or more may have one letter wrong.',
      }),
      kinds: t.arg({
        type: [KindRef],
        description: 'Only entities of these kinds. Runs are not found.',
      }),
      first: t.arg.int({
        required: true,
        defaultValue: 20,
        description: 'The size of a page: 1 to 200.',
      }),
      ...afterArgs,
    },
    resolve: (_root, args, context) => findByWords(args, context),
  }),
)
