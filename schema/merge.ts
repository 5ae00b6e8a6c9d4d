import type { MergedNames } from '../lineage/merges.ts'
import { builder } from './builder.ts'

export const MergeRef = builder.objectRef<MergedNames>('Merge').implement({
  description:
    'Two entities that turned out to be one, while what leads to the one is moved over to the other.',
  fields: (t) => ({
    alias: t.exposeID('alias', {
      description:
        'The entity that is going to be another name; it still has what is not moved yet.',
    }),
    canonical: t.exposeID('canonical', {
      description: 'The entity that stays. What is recorded under either name goes to it already.',
    }),
  }),
})
