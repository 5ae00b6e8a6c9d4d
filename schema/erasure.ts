import type { Erased } from '../domains/erasure/erase.ts'
import { GROUNDS, type Ground } from '../ledger/draft.ts'
import type { EntityAt } from '../lineage/entities.ts'
import type { ErasedBy } from '../lineage/erasures.ts'
import { formatPosition } from '../lineage/position.ts'
import { findEntity } from '../resolvers/entity.ts'
import {
  confirm,
  eraseActor,
  erasedBy,
  eraseEntity,
  erasureBody,
  groundOf,
} from '../resolvers/erasure.ts'
import { builder } from './builder.ts'
import { cost } from './cost.ts'
import { EntityRef, NodeRef } from './entity.ts'
import { ReceiptRef } from './record.ts'

const WHAT_GROUNDS_ARE: Record<Ground, string> = {
  'no-longer-needed':
    'It is no longer needed for what it was collected for (Article 17(1)(a) GDPR).',
  'consent-withdrawn': 'Consent was withdrawn, and there is no other ground (17(1)(b)).',
  objection: 'The person objects, and nothing overrides that (17(1)(c)).',
  'unlawful-processing': 'It was processed unlawfully (17(1)(d)).',
  'legal-obligation': 'A law demands it (17(1)(e)).',
  'child-consent': 'It was collected from a child for a service offered to it (17(1)(f)).',
  other: 'Another one, which the reason gives.',
}

const wordOf = (ground: Ground) => ground.toUpperCase().replaceAll('-', '_')

const GroundRef = builder.enumType('ErasureGround', {
  description: 'The legal ground on which something is erased.',
  values: Object.fromEntries(
    GROUNDS.map((ground) => [
      wordOf(ground),
      { value: ground, description: WHAT_GROUNDS_ARE[ground] },
    ]),
  ) as Record<string, { value: Ground; description: string }>,
})

const StatusRef = builder.enumType('ErasureStatus', {
  description: 'How far an erasure is.',
  values: {
    PENDING: {
      value: 'pending' as const,
      description: 'Backups and transaction logs may still hold what was erased.',
    },
    COMPLETE: {
      value: 'complete' as const,
      description:
        'An operator has confirmed that they do not. Copies handed out may be elsewhere.',
    },
  },
})

export const ErasureRef = builder.objectRef<EntityAt>('Erasure')

ErasureRef.implement({
  description: 'What was erased, and on what ground. It names no person.',
  interfaces: [EntityRef, NodeRef],
  fields: (t) => ({
    ground: t.field({
      type: GroundRef,
      nullable: true,
      description: 'The legal ground.',
      resolve: async (entity, _args, context) => (await erasureBody(entity, context)).ground,
    }),
    reason: t.string({
      nullable: true,
      description: 'Why, in words.',
      resolve: async (entity, _args, context) => (await erasureBody(entity, context)).reason,
    }),
    status: t.field({
      type: StatusRef,
      nullable: true,
      description: 'Whether backups may still hold it.',
      resolve: async (entity, _args, context) => (await erasureBody(entity, context)).status,
    }),
    pendingUntil: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it may be confirmed, by the retention that is configured.',
      resolve: async (entity, _args, context) => (await erasureBody(entity, context)).pendingUntil,
    }),
    confirmedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was confirmed.',
      resolve: async (entity, _args, context) => (await erasureBody(entity, context)).confirmedAt,
    }),
    entity: t.id({
      nullable: true,
      description: 'The id of the entity that was erased, or some of whose records were.',
      resolve: async (entity, _args, context) => (await erasureBody(entity, context)).entity,
    }),
    records: t.int({
      nullable: true,
      description: 'How many records lost their bodies.',
      resolve: async (entity, _args, context) => (await erasureBody(entity, context)).records,
    }),
    by: t.field({
      type: ['Seq'],
      nullable: true,
      description: 'The places in the log of the records that erased them.',
      resolve: async (entity, _args, context) => (await erasureBody(entity, context)).by,
    }),
    actor: t.string({
      nullable: true,
      description: 'The pseudonym that stands for nobody any more, where an actor was erased.',
      resolve: async (entity, _args, context) => (await erasureBody(entity, context)).actor,
    }),
  }),
})

export const ErasedRef = builder.objectRef<ErasedBy>('Erased').implement({
  description: 'By what the fields and the name of an entity are gone.',
  fields: (t) => ({
    seq: t.field({
      type: 'Seq',
      description: 'The place in the log of the record that erased them.',
      resolve: ({ by }) => by,
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    ground: t.field({
      type: GroundRef,
      nullable: true,
      description: 'On what legal ground.',
      resolve: (erased) => groundOf(erased),
    }),
    erasure: t.id({
      nullable: true,
      description: 'The id of the Erasure that says more.',
      resolve: ({ erasure }) => erasure,
    }),
  }),
})

builder.interfaceField(EntityRef, 'erased', (t) =>
  t.field({
    type: ErasedRef,
    nullable: true,
    description:
      'By what its fields are gone for good; null where they are not. Its edges stay, as does its place in every answer.',
    resolve: (entity, _args, context) => erasedBy(entity, context),
  }),
)

const ErasureResultRef = builder.objectRef<Erased>('ErasureResult').implement({
  description: 'What came of an erasure.',
  fields: (t) => ({
    erasure: t.field({
      type: ErasureRef,
      nullable: true,
      description: 'The erasure as it is recorded; null where there was nothing left to erase.',
      resolve: ({ id }, _args, context) => (id === null ? null : findEntity({ id }, context)),
    }),
    position: t.string({
      description: 'The position from which on it is seen.',
      resolve: ({ position }) => formatPosition(position),
    }),
    replayed: t.exposeBoolean('replayed', {
      description: 'Whether this was carried out before, under the same Idempotency-Key.',
    }),
  }),
})

const REASON = 'Why, in 1 to 2,000 characters that name nobody: it stays when all else is gone.'

builder.mutationFields((t) => ({
  erase: t.field({
    extensions: cost({ weight: 500 }),
    permission: 'erasure:create',
    type: ErasureResultRef,
    nullable: true,
    description:
      'Erases the fields and the name of an entity for good, in every version; its edges, its place in answers and every proof stay. Exports that hold them are deleted.',
    args: {
      id: t.arg.id({ required: true, description: 'The id of the entity.' }),
      records: t.arg({
        type: ['Seq'],
        description:
          'Only what these of its records say. Versions that say the same of their own keep it.',
      }),
      ground: t.arg({ type: GroundRef, required: true, description: 'The legal ground.' }),
      reason: t.arg.string({ required: true, description: REASON }),
    },
    resolve: (_root, args, context, { path }) => eraseEntity(args, context, path),
  }),
  eraseActor: t.field({
    extensions: cost({ weight: 500 }),
    permission: 'erasure:create',
    type: ErasureResultRef,
    nullable: true,
    description:
      'Erases who a pseudonym in the log stands for; the pseudonym stays. The subject gets a new one when it next writes.',
    args: {
      subject: t.arg.string({ required: true, description: 'The subject, as callers present it.' }),
      ground: t.arg({ type: GroundRef, required: true, description: 'The legal ground.' }),
      reason: t.arg.string({ required: true, description: REASON }),
    },
    resolve: (_root, args, context, { path }) => eraseActor(args, context, path),
  }),
  confirmErasure: t.field({
    extensions: cost({ weight: 100 }),
    permission: 'erasure:confirm',
    type: ReceiptRef,
    nullable: true,
    description:
      'Records that backups made before an erasure are gone, and transaction logs pruned: it is complete.',
    args: { id: t.arg.id({ required: true, description: 'The id of the Erasure.' }) },
    resolve: (_root, args, context, { path }) => confirm(args, context, path),
  }),
}))
