import type { Outcome } from '../ledger/draft.ts'
import type { Receipt } from '../ledger/ledger.ts'
import { formatPosition } from '../lineage/position.ts'
import { recordItems, retireEntity } from '../resolvers/record.ts'
import type { RecordItem } from '../resolvers/record-item.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { FacetGroupRef } from './facet.ts'
import { RunStateRef } from './run.ts'

const NeighbourRef = builder.inputType('Neighbour', {
  description:
    'The other end of a relation: an entity that exists, by id, or one by namespace and name, which is recorded as a stub where it does not exist yet.',
  fields: (t) => ({
    id: t.id({ description: 'Its URN. Leave the name out.' }),
    namespace: t.string({ description: 'Its namespace.' }),
    name: t.string({ description: 'Its name within the namespace.' }),
  }),
})

const RunNeighbourRef = builder.inputType('RunNeighbour', {
  isOneOf: true,
  description: 'Another run, by one of the two.',
  fields: (t) => ({
    id: t.id({ description: 'Its URN; it must exist.' }),
    runId: t.string({
      description: 'Its run id, a UUID; a stub is recorded where it does not exist yet.',
    }),
  }),
})

const FacetInputRef = builder.inputType('FacetInput', {
  description: 'A facet to set or to delete.',
  fields: (t) => ({
    group: t.field({ type: FacetGroupRef, required: true, description: 'Whose facet it is.' }),
    name: t.string({ required: true, description: 'Its name, such as `schema`.' }),
    value: t.field({ type: 'JSON', description: 'What it says; null deletes it.' }),
  }),
})

const KEPT = 'What is left out is kept as it is.'

const DatasetInputRef = builder.inputType('DatasetInput', {
  description: `A dataset to record. ${KEPT}`,
  fields: (t) => ({
    namespace: t.string({ required: true, description: 'Its namespace, 1 to 2,048 bytes.' }),
    name: t.string({ required: true, description: 'Its name, 1 to 2,048 bytes.' }),
    description: t.string({ description: 'What it is, in words; null deletes that.' }),
    generatedBy: t.field({
      type: [NeighbourRef],
      description: 'All jobs that write it; an empty list clears them.',
    }),
    derivedFrom: t.field({
      type: [NeighbourRef],
      description: 'All datasets that it is derived from; an empty list clears them.',
    }),
    facets: t.field({ type: [FacetInputRef], description: 'Facets to set or to delete.' }),
  }),
})

const JobInputRef = builder.inputType('JobInput', {
  description: `A job to record. ${KEPT}`,
  fields: (t) => ({
    namespace: t.string({ required: true, description: 'Its namespace, 1 to 2,048 bytes.' }),
    name: t.string({ required: true, description: 'Its name, 1 to 2,048 bytes.' }),
    description: t.string({ description: 'What it does, in words; null deletes that.' }),
    uses: t.field({
      type: [NeighbourRef],
      description: 'All datasets that it reads; an empty list clears them.',
    }),
    partOf: t.field({
      type: [NeighbourRef],
      description: 'All jobs that it is a part of; an empty list clears them.',
    }),
    facets: t.field({ type: [FacetInputRef], description: 'Facets to set or to delete.' }),
  }),
})

const RunInputRef = builder.inputType('RunInput', {
  description: `A run to record. It changes no edge of its job: those are the job's own to state. ${KEPT}`,
  fields: (t) => ({
    runId: t.string({ required: true, description: 'A UUID.' }),
    job: t.field({
      type: NeighbourRef,
      description: 'The job that it is a run of; null clears it.',
    }),
    state: t.field({ type: RunStateRef, description: 'How far it has come; null deletes that.' }),
    startedAt: t.field({ type: 'DateTime', description: 'When it began; null deletes that.' }),
    endedAt: t.field({ type: 'DateTime', description: 'When it ended; null deletes that.' }),
    used: t.field({
      type: [NeighbourRef],
      description: 'All datasets that it read; an empty list clears them.',
    }),
    generated: t.field({
      type: [NeighbourRef],
      description: 'All datasets that it wrote; an empty list clears them.',
    }),
    parents: t.field({
      type: [RunNeighbourRef],
      description: 'All runs that started it; an empty list clears them.',
    }),
    facets: t.field({ type: [FacetInputRef], description: 'Facets to set or to delete.' }),
  }),
})

const RecordItemRef = builder.inputType('RecordItem', {
  isOneOf: true,
  description: 'One thing to record: exactly one of these.',
  fields: (t) => ({
    dataset: t.field({ type: DatasetInputRef, description: 'A dataset.' }),
    job: t.field({ type: JobInputRef, description: 'A job.' }),
    run: t.field({ type: RunInputRef, description: 'A run.' }),
  }),
})

const OutcomeRef = builder.objectRef<Outcome>('RecordResult').implement({
  description: 'What came of one item.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'The id of the entity; where an alias was named, of what it is an alias of.',
    }),
    seq: t.expose('seq', {
      type: 'Seq',
      description: 'The place in the log of its record in force.',
    }),
    version: t.exposeInt('version', { description: 'How many records it has.' }),
    changed: t.exposeBoolean('changed', {
      description: 'Whether anything was appended; what says nothing new appends nothing.',
    }),
  }),
})

export const ReceiptRef = builder.objectRef<Receipt>('Receipt').implement({
  description: 'What was recorded, after it was committed.',
  fields: (t) => ({
    results: t.field({
      type: [OutcomeRef],
      description: 'What came of each item, in the order of the items.',
      resolve: ({ outcomes }) => outcomes,
    }),
    position: t.string({
      description:
        'The position of the log that holds all of it: give it as x-selvedge-min-position to read it.',
      resolve: ({ position }) => formatPosition(position),
    }),
    replayed: t.exposeBoolean('replayed', {
      description: 'Whether this was carried out before, under the same Idempotency-Key.',
    }),
  }),
})

builder.mutationFields((t) => ({
  record: t.field({
    permission: 'record:write',
    type: ReceiptRef,
    extensions: sizedBy('items', 500, { weight: 10, each: 2 }),
    nullable: true,
    description: 'Records up to 500 things (2 MB), wholly or not at all, in the order given.',
    args: {
      items: t.arg({ type: [RecordItemRef], required: true, description: 'What to record.' }),
    },
    resolve: (_root, { items }, context, { path }) =>
      recordItems({ items: items as RecordItem[] }, context, path),
  }),
  retire: t.field({
    permission: 'record:retire',
    type: ReceiptRef,
    extensions: cost({ weight: 10 }),
    nullable: true,
    description:
      'Retires an entity: it loses its edges upstream and its fields; what came from it keeps its edges.',
    args: { id: t.arg.id({ required: true, description: 'The id of the entity.' }) },
    resolve: (_root, args, context, { path }) => retireEntity(args, context, path),
  }),
}))
