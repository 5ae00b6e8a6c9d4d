import type { ProvenEntity } from '../domains/evidence/state-proof.ts'
import { proveState, type StateProof } from '../resolvers/state-proof.ts'
import { builder } from './builder.ts'
import { cost } from './cost.ts'
import { KindRef } from './entity.ts'
import { InclusionRef, LogRef } from './log.ts'

const ProvenEntityRef = builder.objectRef<ProvenEntity>('ProvenEntity').implement({
  description: 'An entity as a state of the log has it.',
  fields: (t) => ({
    header: t.exposeString('header', {
      description: 'The header of its latest record: canonical JSON. Its action may be `retire`.',
    }),
    leaf: t.exposeString('leaf', { description: 'The hash of that record, base64url.' }),
    design: t.exposeString('design', {
      description: 'The root over all design edges that lead to it, base64url.',
    }),
    run: t.exposeString('run', {
      description: 'The root over all edges of runs that lead to it, base64url.',
    }),
  }),
})

const StateProofRef = builder.objectRef<StateProof>('StateProof').implement({
  description:
    'That a state of the log has an entity, with its latest record, or that it has none of that id (docs/specs/state.md).',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id that it is about.' }),
    asOf: t.expose('asOf', { type: 'Seq', description: 'The position asked for.' }),
    stateSize: t.expose('stateSize', {
      type: 'Seq',
      description: 'The last state record at or before it: how many leaves it covers.',
    }),
    inclusion: t.field({
      type: InclusionRef,
      description: 'That state record, and the proof that it is in the log.',
      resolve: ({ inclusion }) => inclusion,
    }),
    entity: t.field({
      type: ProvenEntityRef,
      nullable: true,
      description: 'What the state has of it; null where it has no entity of that id.',
      resolve: ({ entity }) => entity,
    }),
    shape: t.exposeString('shape', {
      description: 'The signs of the proof, depth first: what stands on the way to the key.',
    }),
    hashes: t.exposeStringList('hashes', {
      description: 'What a reader of the proof cannot compute, base64url.',
    }),
    json: t.exposeString('json', {
      description:
        'All of this as one text, which `prov-verifier state` verifies offline (docs/specs/state.md, «State proof»).',
    }),
  }),
})

builder.objectField(LogRef, 'stateProof', (t) =>
  t.field({
    extensions: cost({ weight: 50 }),
    type: StateProofRef,
    nullable: true,
    description:
      'Proves what the log knows of one entity: its latest record and its neighbours’ roots, or that there is no such entity.',
    args: {
      id: t.arg.id({ description: 'Its URN. Leave kind, namespace and name out.' }),
      kind: t.arg({ type: KindRef, description: 'Its kind.' }),
      namespace: t.arg.string({ description: 'Its namespace; `run` for a Run.' }),
      name: t.arg.string({
        description:
          'Its name; the run id for a Run. Which id a name has, the answer says and does not prove.',
      }),
      asOf: t.arg({
        type: 'Seq',
        description:
          'The position to prove it at, by the last state record at or before it. Everything that is known now, where it is left out.',
      }),
    },
    resolve: (log, args, context) => proveState(args, log, context),
  }),
)
