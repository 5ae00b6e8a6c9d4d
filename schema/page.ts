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
