import type { SignedCheckpoint } from '../ledger/ledger.ts'
import {
  findCheckpoint,
  findConsistency,
  findCosigned,
  findLog,
  findWitnessedCheckpoint,
  isLogPublic,
  type Log,
  type LogConsistency,
  type LogInclusion,
  proveInclusion,
  setLogPublic,
} from '../resolvers/log.ts'
import { builder } from './builder.ts'
import { cost } from './cost.ts'
import { ReceiptRef } from './record.ts'

export const CheckpointRef = builder.objectRef<SignedCheckpoint>('Checkpoint').implement({
  description: 'A signed statement of what the log held (C2SP tlog-checkpoint).',
  fields: (t) => ({
    note: t.exposeString('note', { description: 'The signed note, byte for byte.' }),
    size: t.expose('size', { type: 'Seq', description: 'How many leaves it covers.' }),
    root: t.exposeString('root', { description: 'The RFC 6962 root over them, base64url.' }),
    witnessed: t.string({
      extensions: cost({ weight: 5 }),
      nullable: true,
      description:
        'The same note with the cosignatures of witnesses, once a quorum of those whom the service asks has cosigned it (C2SP tlog-cosignature).',
      resolve: (checkpoint, _args, context) => findCosigned(checkpoint, context),
    }),
  }),
})

export const InclusionRef = builder.objectRef<LogInclusion>('LogInclusion').implement({
  description: 'One leaf of the log with the proof that it is there (RFC 9162, section 2.1.3).',
  fields: (t) => ({
    seq: t.expose('seq', { type: 'Seq', description: 'The place of the leaf.' }),
    size: t.expose('size', {
      type: 'Seq',
      description: 'The size of the tree that it is proven in.',
    }),
    leaf: t.exposeString('leaf', { description: 'The hash of the leaf, base64url.' }),
    header: t.exposeString('header', { description: 'The leaf itself: canonical JSON.' }),
    path: t.exposeStringList('path', {
      description:
        'The hashes from the neighbour of the leaf up to the child of the root, base64url.',
    }),
    root: t.exposeString('root', { description: 'The root that the path leads to, base64url.' }),
    note: t.exposeString('note', { description: 'The signed checkpoint of that size and root.' }),
    tlogProof: t.exposeString('tlogProof', {
      description:
        'The proof with its checkpoint as one text (C2SP tlog-proof): `prov-verifier` takes it with the header as a file.',
    }),
  }),
})

const ConsistencyRef = builder.objectRef<LogConsistency>('LogConsistency').implement({
  description: 'That the log at one size begins with the log at another (RFC 9162, section 2.1.4).',
  fields: (t) => ({
    from: t.expose('from', { type: 'Seq', description: 'The earlier size.' }),
    to: t.expose('to', { type: 'Seq', description: 'The later size.' }),
    fromRoot: t.exposeString('fromRoot', {
      description: 'The root at the earlier size, base64url.',
    }),
    toRoot: t.exposeString('toRoot', { description: 'The root at the later size, base64url.' }),
    path: t.exposeStringList('path', { description: 'The hashes of the proof, base64url.' }),
    note: t.exposeString('note', {
      nullable: true,
      description: 'The published checkpoint; null where it is of another size than `to`.',
    }),
    addCheckpoint: t.exposeString('addCheckpoint', {
      nullable: true,
      description:
        'The proof with that checkpoint as one text, which a C2SP witness and `prov-verifier consistency` take.',
    }),
  }),
})

export const LogRef = builder.objectRef<Log>('Log').implement({
  description: 'The log of the tenant: everything that was ever recorded, in order.',
  fields: (t) => ({
    origin: t.exposeString('origin', { description: 'The name that its checkpoints carry.' }),
    size: t.expose('size', { type: 'Seq', description: 'How many leaves it holds.' }),
    public: t.boolean({
      extensions: cost({ weight: 1 }),
      description: 'Whether everyone may read its files under /log/<tenant>/, without saying who.',
      resolve: (_log, _args, context) => isLogPublic(context),
    }),
    checkpoint: t.field({
      type: CheckpointRef,
      nullable: true,
      description: 'The newest signed checkpoint; null until the first one is signed.',
      resolve: (_log, _args, context) => findCheckpoint(context),
    }),
    witnessed: t.field({
      type: CheckpointRef,
      nullable: true,
      description:
        'The newest checkpoint that a quorum of the witnesses whom the service asks has cosigned; null before the first.',
      resolve: (_log, _args, context) => findWitnessedCheckpoint(context),
    }),
    inclusion: t.field({
      extensions: cost({ weight: 20 }),
      type: InclusionRef,
      nullable: true,
      args: { seq: t.arg({ type: 'Seq', required: true, description: 'The place of the leaf.' }) },
      description:
        'The proof that a leaf is in the log, against a signed checkpoint that covers it.',
      resolve: (log, { seq }, context) => proveInclusion(seq, log, context),
    }),
    consistency: t.field({
      extensions: cost({ weight: 20 }),
      type: ConsistencyRef,
      nullable: true,
      args: {
        from: t.arg({ type: 'Seq', required: true, description: 'The earlier size, at least 1.' }),
        to: t.arg({
          type: 'Seq',
          description: 'The later size; that of the published checkpoint where it is left out.',
        }),
      },
      description:
        'The proof that the log went on from one size to another, both covered by the published checkpoint.',
      resolve: (_log, args, context) => findConsistency(args, context),
    }),
  }),
})

builder.queryField('log', (t) =>
  t.field({
    permission: 'log:read',
    type: LogRef,
    nullable: true,
    description: 'The log of the tenant.',
    resolve: (_root, _args, context) => findLog(context),
  }),
)

builder.mutationField('logPublicSet', (t) =>
  t.field({
    permission: 'log:publish',
    type: ReceiptRef,
    nullable: true,
    description:
      'Lets everyone read the files of the log under /log/<tenant>/, or only those who speak for the tenant. It holds at once; copies that were read meanwhile cannot be called back.',
    args: {
      public: t.arg.boolean({ required: true, description: 'Whether everyone may read it.' }),
    },
    resolve: (_root, args, context, { path }) => setLogPublic(args, context, path),
  }),
)
