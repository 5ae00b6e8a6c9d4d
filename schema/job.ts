import type { EntityAt } from '../lineage/entities.ts'
import { neighboursOf } from '../resolvers/entity.ts'
import { textField } from '../resolvers/facet.ts'
import { runsUnder } from '../resolvers/run.ts'
import { builder } from './builder.ts'
import { sizedBy } from './cost.ts'
import { EntityRef, NodeRef } from './entity.ts'
import { RunConnectionRef, runsArgs } from './run.ts'

export const JobRef = builder.objectRef<EntityAt>('Job')

JobRef.implement({
  description: 'What reads datasets and writes others, by design; its runs do so in fact.',
  interfaces: [EntityRef, NodeRef],
  fields: (t) => ({
    description: t.string({
      nullable: true,
      description: 'What it does, in words.',
      resolve: (job, _args, context) => textField(job, 'description', context),
    }),
    uses: t.field({
      type: [EntityRef],
      description: 'The datasets that it reads, by design.',
      resolve: (job, _args, context) => neighboursOf(job, 'USED', context),
    }),
    partOf: t.field({
      type: [EntityRef],
      description: 'The jobs that it is a part of.',
      resolve: (job, _args, context) => neighboursOf(job, 'PART_OF', context),
    }),
    runs: t.field({
      type: RunConnectionRef,
      extensions: sizedBy('first', 1_000),
      args: runsArgs,
      description: 'Its runs, the newest first.',
      resolve: (job, args, context) => runsUnder(job, args, context),
    }),
  }),
})
