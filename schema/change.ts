import type { CHANGES, FieldChange } from '../resolvers/field-changes.ts'
import { builder } from './builder.ts'

export const ChangeRef = builder.enumType('Change', {
  description: 'How one thing differs from before.',
  values: {
    ADDED: { description: 'It was not there before.' },
    REMOVED: { description: 'It is not there any more.' },
    CHANGED: { description: 'It was there, and is, and says something else.' },
  } satisfies Record<(typeof CHANGES)[number], object>,
})

export const FieldChangeRef = builder.objectRef<FieldChange>('FieldChange').implement({
  description: 'A field of what is said of an entity that differs from before.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'Its name, such as `description`; a facet’s is `facet:<group>:<name>`.',
    }),
    change: t.field({
      type: ChangeRef,
      description: 'How it differs.',
      resolve: ({ change }) => change,
    }),
    before: t.expose('before', {
      type: 'JSON',
      nullable: true,
      description: 'What it said; null where it is ADDED.',
    }),
    after: t.expose('after', {
      type: 'JSON',
      nullable: true,
      description: 'What it says; null where it is REMOVED.',
    }),
  }),
})
