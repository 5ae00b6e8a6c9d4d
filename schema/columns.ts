import type { Transformation } from '../domains/openlineage/column-lineage.ts'
import type {
  ColumnEdge,
  ColumnEnd,
  Dependency,
  ReachedColumn,
} from '../domains/openlineage/walk-columns.ts'
import { formatPosition } from '../lineage/position.ts'
import {
  beyondOf,
  type ColumnsPage,
  entityIn,
  findColumns,
  isMerging,
  pageInfoOf,
  positionOf,
} from '../resolvers/columns.ts'
import { asOfArgs } from './as-of.ts'
import { builder } from './builder.ts'
import { sizedBy } from './cost.ts'
import { DatasetRef } from './dataset.ts'
import { EntityRef } from './entity.ts'
import { DirectionRef } from './lineage.ts'
import { PageInfoRef, resumeArgs } from './page.ts'

/** A part of a page, which knows at which position its entities were read. */
type On<Part> = Part & { page: ColumnsPage }

const TransformationRef = builder.objectRef<Transformation>('ColumnTransformation').implement({
  description: "How a column comes out of another, in OpenLineage's words.",
  fields: (t) => ({
    type: t.exposeString('type', {
      description: '`DIRECT` where values flow, `INDIRECT` where they only decide about others.',
    }),
    subtype: t.exposeString('subtype', {
      nullable: true,
      description: 'Such as `IDENTITY`, `AGGREGATION`, `JOIN` or `FILTER`.',
    }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What is done, in words.',
    }),
    masking: t.exposeBoolean('masking', {
      nullable: true,
      description: 'Whether the values cannot be told from the result; null where nobody says.',
    }),
  }),
})

const StatementRef = builder
  .objectRef<On<Pick<Dependency, 'job' | 'transformations'>>>('ColumnStatement')
  .implement({
    description: 'Who says that a column comes from another, and how.',
    fields: (t) => ({
      job: t.field({
        type: EntityRef,
        nullable: true,
        description: 'The job that says so; null where it was said of the dataset alone.',
        resolve: ({ job, page }, _args, context) =>
          job === null ? null : entityIn(page, job, context),
      }),
      transformations: t.field({
        type: [TransformationRef],
        description: 'How it comes out of it, as far as that is said.',
        resolve: ({ transformations }) => transformations,
      }),
    }),
  })

const ColumnEndRef = builder.objectRef<ColumnEnd>('ColumnEnd').implement({
  description: 'An end of an edge between columns.',
  fields: (t) => ({
    dataset: t.exposeID('dataset', { description: 'The id of the dataset.' }),
    column: t.exposeString('column', {
      nullable: true,
      description: 'The column; null for all columns of the dataset.',
    }),
  }),
})

const ColumnScopeRef = builder.enumType('ColumnScope', {
  description: 'What of a dataset depends on a column.',
  values: {
    COLUMN: { description: 'One of its columns.' },
    DATASET: {
      description: 'All of it: rows are chosen, joined or ordered by the column.',
    },
  },
})

const ColumnEdgeRef = builder.objectRef<On<ColumnEdge>>('ColumnEdge').implement({
  description: 'A dependency between columns. It points upstream, whichever way it was walked.',
  fields: (t) => ({
    from: t.field({
      type: ColumnEndRef,
      description: 'The downstream end.',
      resolve: ({ from }) => from,
    }),
    to: t.field({ type: ColumnEndRef, description: 'The upstream end.', resolve: ({ to }) => to }),
    scope: t.field({
      type: ColumnScopeRef,
      description: 'Whether one column depends on it, or all of them.',
      resolve: ({ from }) => (from.column === null ? 'DATASET' : 'COLUMN'),
    }),
    statements: t.field({
      type: [StatementRef],
      description: 'Who says so, and how the one comes out of the other.',
      resolve: ({ statements, page }) => statements.map((one) => ({ ...one, page })),
    }),
  }),
})

const ColumnNodeRef = builder.objectRef<On<ReachedColumn>>('ColumnNode').implement({
  description: 'A column that the walk came to.',
  fields: (t) => ({
    dataset: t.field({
      type: DatasetRef,
      nullable: true,
      description: 'The dataset that has it.',
      resolve: ({ dataset, page }, _args, context) => entityIn(page, dataset, context),
    }),
    column: t.exposeString('column', { description: 'The name of the column.' }),
    distance: t.exposeInt('distance', { description: 'The least number of hops from the root.' }),
  }),
})

const ColumnLineageRef = builder.objectRef<ColumnsPage>('ColumnLineage').implement({
  description:
    'A page of the lineage of a column. All pages together hold each column within the depth once, and each edge once, on the page of its later end.',
  fields: (t) => ({
    root: t.field({
      type: DatasetRef,
      description: 'The dataset asked about; where an alias was, what it is an alias of.',
      resolve: ({ root }) => root,
    }),
    nodes: t.field({
      type: [ColumnNodeRef],
      description: 'The columns of this page, by distance, by dataset and by name.',
      resolve: (page) => page.columns.map((one) => ({ ...one, page })),
    }),
    edges: t.field({
      type: [ColumnEdgeRef],
      description: 'The dependencies walked, each on the page of the later of its ends.',
      resolve: (page) => page.edges.map((one) => ({ ...one, page })),
    }),
    total: t.exposeInt('total', { description: 'How many columns lie within the depth.' }),
    truncated: t.boolean({
      description: 'Whether columns within the depth are left for a later page.',
      resolve: (page) => beyondOf(page) > 0,
    }),
    mergeInProgress: t.boolean({
      description: 'Whether a dataset of this page is being joined with another name of it.',
      resolve: (page, _args, context) => isMerging(page, context),
    }),
    pageInfo: t.field({ type: PageInfoRef, description: 'Where to go on.', resolve: pageInfoOf }),
    position: t.string({
      description: 'The position of the log that this answer is of.',
      resolve: (page) => formatPosition(positionOf(page)),
    }),
  }),
})

builder.queryField('columnLineage', (t) =>
  t.field({
    permission: 'lineage:read',
    type: ColumnLineageRef,
    nullable: true,
    extensions: sizedBy('first', 1_000, { weight: 20, each: 5 }),
    description:
      'What a column comes from, or what comes from it, as OpenLineage events say it of the columns of datasets.',
    args: {
      dataset: t.arg.id({ required: true, description: 'The id of the dataset.' }),
      column: t.arg.string({ required: true, description: 'The name of the column.' }),
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
        defaultValue: 200,
        description: 'The most columns on a page: 1 to 1,000.',
      }),
      ...resumeArgs,
      ...asOfArgs,
    },
    resolve: (_root, args, context) => findColumns(args, context),
  }),
)
