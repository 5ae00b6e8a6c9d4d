import { MOST_AFFECTED } from '../resolvers/impact.ts'
import { builder } from './builder.ts'
import { sizedBy } from './cost.ts'
import { DirectionRef } from './lineage.ts'

/** How the lineage is walked that a subscription is about. */
export const walkArgs = builder.args((t) => ({
  direction: t.field({
    type: DirectionRef,
    required: true,
    defaultValue: 'UPSTREAM',
    description: 'Which way that lineage is walked.',
  }),
  depth: t.int({
    required: true,
    defaultValue: 4,
    description: 'The most hops of it: 0 to 20.',
  }),
}))

/** How much is told of what an event does downstream, and what that is priced by. */
export const affected = {
  extensions: sizedBy('first', MOST_AFFECTED, { weight: 100 }),
  args: builder.args((t) => ({
    first: t.int({
      required: true,
      defaultValue: 50,
      description: 'The most things that are told of: 1 to 500.',
    }),
  })),
}
