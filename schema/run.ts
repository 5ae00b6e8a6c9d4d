import type { EntityAt } from '../lineage/entities.ts'
import type { RunAt } from '../lineage/runs.ts'
import { type Connection, neighbourOf, neighboursOf } from '../resolvers/entity.ts'
import { textField } from '../resolvers/facet.ts'
import { listRuns, type RunsOwner } from '../resolvers/run.ts'
import { asOfArgs } from './as-of.ts'
import { builder } from './builder.ts'
import { sizedBy } from './cost.ts'
import { EntityRef, NodeRef } from './entity.ts'
import { afterArgs, PageInfoRef } from './page.ts'
import { RelationRef } from './relation.ts'

export const RunStateRef = builder.enumType('RunState', {
  description: "How far a run has come, in OpenLineage's words.",
  values: {
    START: { description: 'It has begun.' },
    RUNNING: { description: 'It is under way.' },
    COMPLETE: { description: 'It ended well.' },
    ABORT: { description: 'It was stopped.' },
    FAIL: { description: 'It ended in failure.' },
  },
})
type RunState = typeof RunStateRef.$inferType

export const RunRef = builder.objectRef<EntityAt>('Run')

RunRef.implement({
  description: 'One execution of a job, with what it read and wrote.',
  interfaces: [EntityRef, NodeRef],
  fields: (t) => ({
    state: t.field({
      type: RunStateRef,
      nullable: true,
      description: 'The last state that was told of.',
      resolve: async (run, _args, context) =>
        (await textField(run, 'state', context)) as RunState | null,
    }),
    startedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it began.',
      resolve: (run, _args, context) => textField(run, 'startedAt', context),
    }),
    endedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it ended, well or not.',
      resolve: (run, _args, context) => textField(run, 'endedAt', context),
    }),
    job: t.field({
      type: EntityRef,
      nullable: true,
      description: 'The job that it is a run of.',
      resolve: (run, _args, context) => neighbourOf(run, 'RUN_OF', context),
    }),
    used: t.field({
      type: [EntityRef],
      description: 'The datasets that it read.',
      resolve: (run, _args, context) => neighboursOf(run, 'RUN_USED', context),
    }),
    generated: t.field({
      type: [EntityRef],
      description: 'The datasets that it wrote.',
      resolve: (run, _args, context) => neighboursOf(run, 'RUN_GENERATED', context),
    }),
    parents: t.field({
      type: [EntityRef],
      description: 'The runs that started it, and the one at the root of these.',
      resolve: (run, _args, context) => neighboursOf(run, 'CHILD_OF', context),
    }),
  }),
})

const RunEdgeRef = builder.objectRef<Connection<RunAt>['edges'][number]>('RunEdge').implement({
  description: 'A run in a list, and its place there.',
  fields: (t) => ({
    node: t.field({ type: RunRef, description: 'The run.', resolve: ({ node }) => node }),
    cursor: t.exposeString('cursor', { description: 'Its place in the list.' }),
  }),
})

export const RunConnectionRef = builder.objectRef<Connection<RunAt>>('RunConnection').implement({
  description: 'A page of runs, the newest first.',
  fields: (t) => ({
    edges: t.field({
      type: [RunEdgeRef],
      description: 'The runs of this page with their places.',
      resolve: ({ edges }) => edges,
    }),
    nodes: t.field({
      type: [RunRef],
      description: 'The runs of this page.',
      resolve: ({ edges }) => edges.map(({ node }) => node),
    }),
    pageInfo: t.field({
      type: PageInfoRef,
      description: 'Whether there is more.',
      resolve: ({ pageInfo }) => pageInfo,
    }),
  }),
})

/** The arguments of a list of runs below something else. */
export const runsArgs = builder.args((t) => ({
  first: t.int({
    required: true,
    defaultValue: 10,
    description: 'The size of a page: 1 to 1,000.',
  }),
  ...afterArgs,
}))

const DesignEdgeRef = builder.inputType('DesignEdge', {
  description: 'An edge between two entities at design level, as `lineage` gives it.',
  fields: (t) => ({
    relation: t.field({ type: RelationRef, required: true, description: 'How they are related.' }),
    from: t.id({ required: true, description: 'The id of the downstream end.' }),
    to: t.id({ required: true, description: 'The id of the upstream end.' }),
  }),
})

const RunsOfRef = builder.inputType('RunsOf', {
  isOneOf: true,
  description: 'Whose runs: exactly one of the two.',
  fields: (t) => ({
    job: t.id({ description: 'The runs of the job of this id.' }),
    edge: t.field({ type: DesignEdgeRef, description: 'The runs that brought this edge about.' }),
  }),
})

builder.queryField('runs', (t) =>
  t.field({
    permission: 'lineage:read',
    type: RunConnectionRef,
    nullable: true,
    extensions: sizedBy('first', 1_000),
    description:
      'The runs of a job, or those that brought an edge about, the newest first. Every run counts, not just the latest.',
    args: {
      of: t.arg({ type: RunsOfRef, required: true, description: 'Whose runs.' }),
      first: t.arg.int({
        required: true,
        defaultValue: 50,
        description: 'The size of a page: 1 to 1,000.',
      }),
      ...afterArgs,
      ...asOfArgs,
    },
    resolve: (_root, { of, ...page }, context) => listRuns(of as RunsOwner, page, context),
  }),
)
