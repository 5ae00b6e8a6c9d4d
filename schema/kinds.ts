import type { Permission } from '../domains/access/permissions.ts'
import { BODIES } from '../domains/kinds/bodies.ts'
import { linksOfKind, OTHERS_KINDS } from '../domains/kinds/links.ts'
import type { EntityAt } from '../lineage/entities.ts'
import {
  BODIED_KINDS,
  type BodiedKind,
  type Kind,
  TYPED_KINDS,
  type TypedKind,
} from '../lineage/kinds.ts'
import { neighboursOf } from '../resolvers/entity.ts'
import {
  bodyAmong,
  bodyOf,
  type KindBodyAt,
  type KindInput,
  type LinksInput,
  recordKind,
  recordLinks,
} from '../resolvers/kinds.ts'
import { builder } from './builder.ts'
import { sizedBy } from './cost.ts'
import { DatasetRef } from './dataset.ts'
import { EntityRef, KindRef, NodeRef } from './entity.ts'
import { inputOf, outputOf } from './from-zod.ts'
import { GrantedEntityRef } from './granted.ts'
import { JobRef } from './job.ts'
import { ReceiptRef } from './record.ts'

/** What one needs to record a thing of each kind. */
export const PERMISSION_OF: Record<TypedKind, Permission> = {
  Source: 'source:write',
  License: 'license:write',
  Clause: 'clause:write',
  DpiaPacket: 'dpia:write',
  Model: 'model:write',
  ModelCard: 'model:write',
  Prediction: 'prediction:write',
  XaiExport: 'prediction:write',
  Transformation: 'transformation:write',
  Principal: 'principal:write',
  SignOff: 'sign-off:write',
  Decision: 'decision:write',
}

const KEPT = 'What is left out is kept as it is.'
const CLEARED = 'All of them: an empty list clears them.'

const LinkTargetRef = builder.inputType('LinkTarget', {
  description:
    'The other end of a relation: an entity that exists, by id, or one by namespace and name, which is recorded as a stub where it does not exist yet.',
  fields: (t) => ({
    id: t.id({ description: 'Its URN. Leave the rest out.' }),
    kind: t.field({
      type: KindRef,
      description: 'Its kind; needed with a name where it may be one of several.',
    }),
    namespace: t.string({ description: 'Its namespace.' }),
    name: t.string({ description: 'Its name within the namespace.' }),
  }),
})

/** Says how the stated relations of a kind are called, and what each says. */
const linkInputs = (kinds: readonly Kind[]) =>
  new Map(kinds.flatMap(linksOfKind).map(({ field, says }) => [field, says]))

const KindBodyRef = builder.unionType('KindBody', {
  description: 'What an entity says of itself, by its kind.',
  types: () => BODIED_KINDS.map((kind) => bodies.get(kind)!),
  resolveType: ({ kind }) => `${kind}Body`,
})

const bodies = new Map(BODIED_KINDS.map((kind) => [kind, defineBodyType(kind)]))

function defineBodyType(kind: BodiedKind) {
  return outputOf<KindBodyAt>(`${kind}Body`, {
    ...{ schema: BODIES[kind].patch, at: kind, members: ({ fields }) => fields },
    description: `What a ${kind} says of itself. What it does not say is null.`,
  })
}

/** A kind as an object: what every entity has, its body, and where its stated relations lead. */
function defineKind(kind: BodiedKind) {
  const ref = builder.objectRef<EntityAt>(kind)
  ref.implement({
    description: BODIES[kind].says,
    interfaces: [EntityRef, NodeRef],
    fields: (t) => ({
      body: t.field({
        type: bodies.get(kind)!,
        nullable: true,
        description: 'What it says of itself; null where it was only named, retired or erased.',
        resolve: (entity, _args, context) => bodyOf(entity, context),
      }),
    }),
  })
  defineLinks(ref, kind)
  return ref
}

function defineLinks(ref: ReturnType<typeof builder.objectRef<EntityAt>>, kind: Kind) {
  builder.objectFields(ref, (t) =>
    Object.fromEntries(
      linksOfKind(kind).map(({ relation, field, says }) => [
        field,
        t.field({
          type: [EntityRef],
          description: says,
          resolve: (entity, _args, context) => neighboursOf(entity, relation, context),
        }),
      ]),
    ),
  )
}

/** The input of the body of each kind. */
export const bodyInputs = new Map<TypedKind, ReturnType<typeof inputOf>>()

/** The input of a kind: required of a body is what makes it whole, not what a change of it mentions. */
function defineInput(kind: TypedKind) {
  const body = inputOf(`${kind}BodyInput`, {
    ...{ schema: BODIES[kind].patch, at: kind },
    description: `What a ${kind} says of itself. ${KEPT} Null deletes a field.`,
  })
  bodyInputs.set(kind, body)
  return builder.inputType(`${kind}Input`, {
    description: `A ${kind} to record. ${KEPT}`,
    fields: (t) => ({
      namespace: t.string({ required: true, description: 'Its namespace, 1 to 2,048 bytes.' }),
      name: t.string({ required: true, description: 'Its name, 1 to 2,048 bytes.' }),
      body: t.field({
        type: body,
        description: `What it says of itself. Needed of it: ${needed(kind)}.`,
      }),
      ...Object.fromEntries(
        [...linkInputs([kind])].map(([field, says]) => [
          field,
          t.field({ type: [LinkTargetRef], description: `${says} ${CLEARED}` }),
        ]),
      ),
    }),
  })
}

const needed = (kind: TypedKind) =>
  Object.entries(BODIES[kind].whole.shape)
    .filter(([, part]) => !(part as { isOptional(): boolean }).isOptional())
    .map(([name]) => `\`${name}\``)
    .join(', ')

function defineMutation(kind: TypedKind) {
  const input = defineInput(kind)
  builder.mutationField(`${kind[0]!.toLowerCase()}${kind.slice(1)}Record`, (t) =>
    t.field({
      permission: PERMISSION_OF[kind],
      type: ReceiptRef,
      extensions: sizedBy('items', 500, { weight: 10, each: 2 }),
      nullable: true,
      description: `Records up to 500 things of the kind ${kind} (2 MB), wholly or not at all, in the order given.`,
      args: { items: t.arg({ type: [input], required: true, description: 'What to record.' }) },
      resolve: (_root, { items }, context, { path }) =>
        recordKind({ kind, items: items as unknown as KindInput[] }, context, path),
    }),
  )
}

for (const kind of TYPED_KINDS) {
  defineKind(kind)
  defineMutation(kind)
}

export const MeteringRecordRef = defineKind('MeteringRecord')
defineLinks(DatasetRef, 'Dataset')
defineLinks(JobRef, 'Job')

const LinksInputRef = builder.inputType('LinksInput', {
  description: `What people say of an entity that pipelines record. ${KEPT}`,
  fields: (t) => ({
    entity: t.field({
      type: LinkTargetRef,
      required: true,
      description: `The entity, a ${OTHERS_KINDS.join(' or a ')}.`,
    }),
    ...Object.fromEntries(
      [...linkInputs(OTHERS_KINDS)].map(([field, says]) => [
        field,
        t.field({ type: [LinkTargetRef], description: `${says} ${CLEARED}` }),
      ]),
    ),
  }),
})

builder.mutationField('linksRecord', (t) =>
  t.field({
    permission: 'links:write',
    type: ReceiptRef,
    extensions: sizedBy('items', 500, { weight: 10, each: 2 }),
    nullable: true,
    description:
      'Records where datasets and jobs come from and what holds for them, up to 500 (2 MB), wholly or not at all. Events of pipelines neither see nor change this.',
    args: {
      items: t.arg({ type: [LinksInputRef], required: true, description: 'What to record.' }),
    },
    resolve: (_root, { items }, context, { path }) =>
      recordLinks({ items: items as unknown as LinksInput[] }, context, path),
  }),
)

builder.objectField(GrantedEntityRef, 'body', (t) =>
  t.field({
    type: KindBodyRef,
    nullable: true,
    description: 'What it says of itself, as far as that is granted.',
    resolve: async ({ what, granted: { about } }) => bodyAmong(what.kind, await about.fields(what)),
  }),
)
