import { RELATIONS, type Relation } from '../lineage/kinds.ts'
import type { WalkedEdge } from '../lineage/traversal.ts'
import { builder } from './builder.ts'

const WHAT_RELATIONS_SAY: Record<Relation, string> = {
  USED: 'A job reads a dataset.',
  WAS_GENERATED_BY: 'A dataset is written by a job.',
  WAS_DERIVED_FROM: 'A dataset is derived from another.',
  PART_OF: 'A job is a part of another.',
  WAS_ATTRIBUTED_TO: 'Something is owed to someone.',
  FROM_SOURCE: 'Something comes from a source.',
  LICENSED_UNDER: 'Something may be used under a licence.',
  HAS_CLAUSE: 'A licence has a clause.',
  ASSESSED_BY: 'Something was assessed.',
  DESCRIBED_BY: 'Something is described.',
  TRAINED_ON: 'A model was trained on a dataset.',
  PREDICTED_BY: 'A prediction was made by a model.',
  EXPLAINS: 'An explanation explains a prediction.',
  METERS: 'A metering record measures the use of something.',
  BASED_ON:
    'An export was made from something; a file, an erasure, a sign-off or a decision is about something.',
  RUN_OF: 'A run is one of a job.',
  RUN_USED: 'A run read a dataset.',
  RUN_GENERATED: 'A run wrote a dataset.',
  CHILD_OF: 'A run was started by another.',
  ALIAS_OF: 'A name turned out to be another name of the same thing.',
}

export const RelationRef = builder.enumType('Relation', {
  description:
    'How two entities are related. All relations point upstream: from a thing to what it came from.',
  values: Object.fromEntries(
    RELATIONS.map((relation) => [relation, { description: WHAT_RELATIONS_SAY[relation] }]),
  ) as Record<Relation, { description: string }>,
})

type EdgeFields = PothosSchemaTypes.ObjectFieldBuilder<
  (typeof builder)['$inferSchemaTypes'],
  WalkedEdge
>

/** What everything that shows an edge says of it. */
export const edgeFields = (t: EdgeFields) => ({
  relation: t.field({
    type: RelationRef,
    description: 'How the two are related.',
    resolve: ({ relation }) => relation,
  }),
  from: t.exposeID('from', { description: 'The id of the downstream end.' }),
  to: t.exposeID('to', { description: 'The id of the upstream end.' }),
  since: t.expose('since', { type: 'Seq', description: 'The record that added the edge.' }),
})
