import type { EntityAt } from '../lineage/entities.ts'
import { neighboursOf } from '../resolvers/entity.ts'
import { textField } from '../resolvers/facet.ts'
import { builder } from './builder.ts'
import { EntityRef, NodeRef } from './entity.ts'

export const DatasetRef = builder.objectRef<EntityAt>('Dataset')

DatasetRef.implement({
  description: 'A table, file or stream that jobs read and write.',
  interfaces: [EntityRef, NodeRef],
  fields: (t) => ({
    description: t.string({
      nullable: true,
      description: 'What it is, in words.',
      resolve: (dataset, _args, context) => textField(dataset, 'description', context),
    }),
    generatedBy: t.field({
      type: [EntityRef],
      description: 'The jobs that write it, by design.',
      resolve: (dataset, _args, context) => neighboursOf(dataset, 'WAS_GENERATED_BY', context),
    }),
    derivedFrom: t.field({
      type: [EntityRef],
      description: 'The datasets that it is derived from.',
      resolve: (dataset, _args, context) => neighboursOf(dataset, 'WAS_DERIVED_FROM', context),
    }),
  }),
})
