import type { EntityAt } from '../lineage/entities.ts'
import { attachmentBody, attachmentUrl } from '../resolvers/attachment.ts'
import { neighboursOf } from '../resolvers/entity.ts'
import { builder } from './builder.ts'
import { cost } from './cost.ts'
import { EntityRef, NodeRef } from './entity.ts'

export const AttachmentRef = builder.objectRef<EntityAt>('Attachment')

AttachmentRef.implement({
  description: 'A file of the tenant’s own, by its hash. Its name is what the file is called.',
  interfaces: [EntityRef, NodeRef],
  fields: (t) => ({
    url: t.string({
      description: 'Where its file is, on this server.',
      resolve: ({ id }) => attachmentUrl(id),
    }),
    sha256: t.string({
      nullable: true,
      description: 'The SHA-256 of its file, in hex; null where it is erased or retired.',
      resolve: async (entity, _args, context) => (await attachmentBody(entity, context)).sha256,
    }),
    bytes: t.field({
      type: 'Seq',
      nullable: true,
      description: 'The size of its file.',
      resolve: async (entity, _args, context) => (await attachmentBody(entity, context)).size,
    }),
    mediaType: t.string({
      nullable: true,
      description: 'What its sender said the file is.',
      resolve: async (entity, _args, context) => (await attachmentBody(entity, context)).mediaType,
    }),
    documents: t.field({
      type: [EntityRef],
      extensions: cost({ assumed: 1 }),
      description: 'What it was attached to; that is found downstream from there.',
      resolve: (entity, _args, context) => neighboursOf(entity, 'BASED_ON', context),
    }),
  }),
})
