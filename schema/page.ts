import type { PageInfo } from '../resolvers/entity.ts'
import { builder } from './builder.ts'

export const PageInfoRef = builder.objectRef<PageInfo>('PageInfo').implement({
  description: 'Whether there is more, and where to go on.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      description: 'Whether more comes after this page.',
    }),
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description: 'Give it as `after` to get the next page, which is read at the same position.',
    }),
  }),
})

/** The argument by which a list goes on. */
export const afterArgs = builder.args((t) => ({
  after: t.string({ description: 'The `endCursor` of the page before.' }),
}))

/** The same for an answer whose cursor holds what was asked. */
export const resumeArgs = builder.args((t) => ({
  after: t.string({
    description: 'The `endCursor` of the page before; all else must be as it was there.',
  }),
}))
