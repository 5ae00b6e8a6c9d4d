import { listOwned, type OwnedThat } from '../resolvers/owned.ts'
import { asOfArgs } from './as-of.ts'
import { builder } from './builder.ts'
import { sizedBy } from './cost.ts'
import { EntityConnectionRef, KindRef } from './entity.ts'
import { afterArgs } from './page.ts'

const OwnedThatRef = builder.inputRef<OwnedThat>('OwnedThat').implement({
  description: 'What must hold of a thing, all that is given.',
  fields: (t) => ({
    hasNoLicence: t.boolean({ description: 'No licence is named for it.' }),
    hasNoAssessment: t.boolean({ description: 'No assessment is named for it.' }),
    assessmentExpiredBy: t.field({
      type: 'DateTime',
      description: 'It has assessments, and all of them had expired at that instant.',
    }),
  }),
})

builder.queryField('owned', (t) =>
  t.field({
    permission: 'entity:read',
    type: EntityConnectionRef,
    nullable: true,
    extensions: sizedBy('first', 1_000, { weight: 20 }),
    description:
      'What a principal answers for (`attributedTo`), in the order of the ids: all of it, or what something is missing from.',
    args: {
      by: t.arg.id({ required: true, description: 'The id of the principal.' }),
      that: t.arg({ type: OwnedThatRef, description: 'Only those of which this holds.' }),
      kinds: t.arg({ type: [KindRef], description: 'Only entities of these kinds.' }),
      first: t.arg.int({
        required: true,
        defaultValue: 50,
        description: 'The size of a page: 1 to 1,000.',
      }),
      ...afterArgs,
      ...asOfArgs,
    },
    resolve: (_root, args, context) => listOwned(args, context),
  }),
)
