import type { EntityAt } from '../lineage/entities.ts'
import { formatPosition } from '../lineage/position.ts'
import { findEntity } from '../resolvers/entity.ts'
import {
  type ExportBody,
  type Exported,
  exportBody,
  exportUrl,
  makeExport,
} from '../resolvers/export.ts'
import { builder } from './builder.ts'
import { cost } from './cost.ts'
import { EntityRef, NodeRef } from './entity.ts'
import { DirectionRef } from './lineage.ts'

const ExportQuestionRef = builder.objectRef<ExportBody['question']>('ExportQuestion').implement({
  description: 'The lineage question that a bundle answers.',
  fields: (t) => ({
    root: t.exposeID('root', { description: 'The entity that it starts from.' }),
    direction: t.field({
      type: DirectionRef,
      description: 'Which way it goes.',
      resolve: ({ direction }) => direction,
    }),
    depth: t.exposeInt('depth', { description: 'How many hops it goes.' }),
  }),
})

export const ExportRef = builder.objectRef<EntityAt>('Export')

ExportRef.implement({
  description: 'A bundle that was handed out: the answer to a question, with its proofs.',
  interfaces: [EntityRef, NodeRef],
  fields: (t) => ({
    url: t.string({
      description: 'Where its file is, on this server.',
      resolve: ({ id }) => exportUrl(id),
    }),
    question: t.field({
      type: ExportQuestionRef,
      nullable: true,
      description: 'The question that it answers.',
      resolve: async (entity, _args, context) => (await exportBody(entity, context)).question,
    }),
    asOf: t.field({
      type: 'Seq',
      nullable: true,
      description: 'The position that the answer is of: how many leaves it knows.',
      resolve: async (entity, _args, context) => (await exportBody(entity, context)).asOf,
    }),
    stateSize: t.field({
      type: 'Seq',
      nullable: true,
      description:
        'The position of the state record by which it proves that its records are current; null where the log had none then.',
      resolve: async (entity, _args, context) => (await exportBody(entity, context)).stateSize,
    }),
    checkpointSize: t.field({
      type: 'Seq',
      nullable: true,
      description: 'The size of the checkpoint that it is proven against.',
      resolve: async (entity, _args, context) => (await exportBody(entity, context)).size,
    }),
    records: t.int({
      nullable: true,
      description: 'How many records it holds.',
      resolve: async (entity, _args, context) => (await exportBody(entity, context)).records,
    }),
    withhold: t.stringList({
      description: 'The patterns of the fields that it keeps back; none where it shows everything.',
      resolve: async (entity, _args, context) => (await exportBody(entity, context)).withhold ?? [],
    }),
    sha256: t.string({
      nullable: true,
      description: 'The SHA-256 of its file, in hex.',
      resolve: async (entity, _args, context) => (await exportBody(entity, context)).file?.sha256,
    }),
    bytes: t.field({
      type: 'Seq',
      nullable: true,
      description: 'The size of its file.',
      resolve: async (entity, _args, context) => (await exportBody(entity, context)).file?.bytes,
    }),
  }),
})

const ExportResultRef = builder.objectRef<Exported>('ExportResult').implement({
  description: 'An export that was made.',
  fields: (t) => ({
    export: t.field({
      type: ExportRef,
      nullable: true,
      description: 'The export as it is recorded.',
      resolve: ({ id }, _args, context) => findEntity({ id }, context),
    }),
    url: t.string({
      description: 'Where its file is, on this server.',
      resolve: ({ id }) => exportUrl(id),
    }),
    position: t.string({
      description: 'The position from which on the export is seen.',
      resolve: ({ position }) => formatPosition(position),
    }),
    replayed: t.exposeBoolean('replayed', {
      description: 'Whether the same Idempotency-Key had made this export before.',
    }),
  }),
})

builder.mutationField('exportBundle', (t) =>
  t.field({
    extensions: cost({ weight: 5_000 }),
    permission: 'export:create',
    type: ExportResultRef,
    nullable: true,
    description:
      'Exports the answer to a lineage question as a stitched bundle, which verifies offline. Records the export.',
    args: {
      root: t.arg.id({ required: true, description: 'The entity to start from, by its URN.' }),
      direction: t.arg({
        type: DirectionRef,
        required: true,
        defaultValue: 'UPSTREAM',
        description: 'Which way to go.',
      }),
      depth: t.arg.int({
        required: true,
        defaultValue: 20,
        description: 'How many hops: 0 to 20.',
      }),
      asOf: t.arg({
        type: 'Seq',
        required: false,
        description:
          'The position to answer at: as of the last state record at or before it. Everything that is known now, where it is left out.',
      }),
      epoch: t.arg.int({
        required: false,
        description:
          'The epoch that `asOf` is of, as positions have it before the colon: what a restore has lost is then refused. The present one, where it is left out.',
      }),
      withhold: t.arg.stringList({
        required: false,
        description:
          'Fields to keep back: by name or `Kind.name`, facets also by their own name, `*` for any characters. A pattern that meets no field is refused.',
      }),
    },
    resolve: (_root, args, context, { path }) => makeExport(args, context, path),
  }),
)
