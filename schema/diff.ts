import { type Diff, findDiff, MOST_CHANGED } from '../resolvers/diff.ts'
import { changedFields, type EdgeChange, type EntityChange } from '../resolvers/diff-entity.ts'
import type { LineageDiffAsked } from '../resolvers/diff-lineage.ts'
import { AsOfRef } from './as-of.ts'
import { builder } from './builder.ts'
import { ChangeRef, FieldChangeRef } from './change.ts'
import { cost, sizedBy } from './cost.ts'
import { EntityRef, KindRef } from './entity.ts'
import { DirectionRef } from './lineage.ts'
import { PageInfoRef, resumeArgs } from './page.ts'
import { RelationRef } from './relation.ts'

const EdgeChangeRef = builder.objectRef<EdgeChange>('EdgeChange').implement({
  description: 'An edge upstream of an entity that differs between two moments.',
  fields: (t) => ({
    change: t.field({
      type: ChangeRef,
      description: 'How it differs; CHANGED where it was dropped and linked anew.',
      resolve: ({ change }) => change,
    }),
    relation: t.field({
      type: RelationRef,
      description: 'How the two are related.',
      resolve: ({ relation }) => relation,
    }),
    to: t.exposeID('to', { description: 'The id of its other end.' }),
    sinceBefore: t.expose('sinceBefore', {
      type: 'Seq',
      nullable: true,
      description: 'The record that had added it; null where it is ADDED.',
    }),
    since: t.expose('since', {
      type: 'Seq',
      nullable: true,
      description: 'The record that added it; null where it is REMOVED.',
    }),
  }),
})

const EntityChangeRef = builder.objectRef<EntityChange>('EntityChange').implement({
  description: 'An entity that differs between two moments.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The URN of the entity.' }),
    change: t.field({
      type: ChangeRef,
      description:
        'ADDED: new, come into the lineage, or asserted again after it was retired. REMOVED: retired, or gone from the lineage. CHANGED: all else.',
      resolve: ({ change }) => change,
    }),
    before: t.field({
      type: EntityRef,
      nullable: true,
      description: 'As it was at the earlier moment; null where it was not there.',
      resolve: ({ before }) => before,
    }),
    after: t.field({
      type: EntityRef,
      nullable: true,
      description: 'As it was at the later moment; null where it is in the lineage no more.',
      resolve: ({ after }) => after,
    }),
    fields: t.field({
      type: [FieldChangeRef],
      nullable: true,
      extensions: cost({ weight: 2 }),
      description:
        'What is said of it that differs, by name. Null where what it said at one of the moments is erased since.',
      resolve: (one, _args, context) => changedFields(one, context),
    }),
    edges: t.field({
      type: [EdgeChangeRef],
      description:
        'Its edges upstream that differ; with a root, those that the walk takes. An edge belongs to its downstream end, and stands there alone.',
      resolve: ({ edges }) => edges,
    }),
  }),
})

const DiffRef = builder.objectRef<Diff>('Diff').implement({
  description: 'A page of what differs between two moments. All pages hold each entity once.',
  fields: (t) => ({
    from: t.exposeString('from', { description: 'The position of the earlier moment.' }),
    to: t.exposeString('to', { description: 'The position of the later moment.' }),
    nodes: t.field({
      type: [EntityChangeRef],
      description:
        'The entities of this page that differ, with their edges. A page may hold fewer than asked for, or none, and still have one after it.',
      resolve: ({ nodes }) => nodes,
    }),
    pageInfo: t.field({
      type: PageInfoRef,
      description: 'Whether there is more.',
      resolve: ({ pageInfo }) => pageInfo,
    }),
  }),
})

const LineageOfRef = builder.inputType('LineageOf', {
  description: 'The lineage of an entity.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The id of the entity to start from.' }),
    direction: t.field({
      type: DirectionRef,
      required: true,
      defaultValue: 'UPSTREAM',
      description: 'Which way to walk.',
    }),
    depth: t.int({
      required: true,
      defaultValue: 4,
      description: 'The most hops to walk: 0 to 20.',
    }),
  }),
})

builder.queryField('diff', (t) =>
  t.field({
    permission: 'lineage:read',
    type: DiffRef,
    nullable: true,
    extensions: sizedBy('first', MOST_CHANGED, { weight: 20 }),
    description:
      'What differs between two moments: the entities that came, changed and went, each with its edges. What came and went again in between shows by what is left of it.',
    args: {
      from: t.arg({ type: AsOfRef, required: true, description: 'The earlier moment.' }),
      to: t.arg({ type: AsOfRef, description: 'The later moment; now, where it is left out.' }),
      root: t.arg({
        type: LineageOfRef,
        description:
          'Only what differs in the lineage of an entity: at most 5,000 entities at either moment.',
      }),
      kinds: t.arg({ type: [KindRef], description: 'Only entities of these kinds.' }),
      first: t.arg.int({
        required: true,
        defaultValue: 50,
        description: 'The size of a page: 1 to 500.',
      }),
      ...resumeArgs,
    },
    resolve: (_root, args, context) =>
      findDiff({ ...args, root: args.root as LineageDiffAsked | null | undefined }, context),
  }),
)
