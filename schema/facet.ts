import type { Facet } from '../resolvers/facet.ts'
import { builder } from './builder.ts'

export const FACET_GROUPS = ['run', 'job', 'dataset', 'input', 'output'] as const

export const FacetGroupRef = builder.enumType('FacetGroup', {
  description: 'Whose facets they are: OpenLineage keeps five groups apart.',
  values: {
    run: { description: 'Facets of a run.' },
    job: { description: 'Facets of a job.' },
    dataset: { description: 'Facets of a dataset.' },
    input: { description: 'Facets of a dataset as an input of a run.' },
    output: { description: 'Facets of a dataset as an output of a run.' },
  } satisfies Record<(typeof FACET_GROUPS)[number], object>,
})

export const FacetRef = builder.objectRef<Facet>('Facet').implement({
  description: 'Something that others say of an entity, in a form that they define.',
  fields: (t) => ({
    group: t.field({
      type: FacetGroupRef,
      description: 'Whose facet it is.',
      resolve: ({ group }) => group as (typeof FACET_GROUPS)[number],
    }),
    name: t.exposeString('name', { description: 'Its name, such as `schema`.' }),
    value: t.expose('value', {
      type: 'JSON',
      nullable: true,
      description: 'What it says, as it came.',
    }),
  }),
})

/** Which facets of an entity are asked for. */
export const facetsArgs = builder.args((t) => ({
  group: t.field({ type: FacetGroupRef, description: 'Only facets of this group.' }),
  name: t.string({ description: 'Only the facets of this name.' }),
}))
