import type { RecordedChange } from '../domains/changes/changes.ts'
import { formatPosition } from '../lineage/position.ts'
import { impactOfChange } from '../resolvers/change-impact.ts'
import { entityOfChange, openChanges, versionOfChange } from '../resolvers/changes.ts'
import { subscribed } from '../resolvers/subscription.ts'
import { builder } from './builder.ts'
import { cost } from './cost.ts'
import { EntityRef, KindRef } from './entity.ts'
import { affected, walkArgs } from './feed-args.ts'
import { VersionRef } from './history.ts'
import { ImpactRef } from './impact.ts'

const RecordedChangeRef = builder.objectRef<RecordedChange>('RecordedChange').implement({
  description: 'Something that was recorded, at its place in the log.',
  fields: (t) => ({
    position: t.string({
      description:
        'From here on it is in force. Give it as `after` to be told what comes after it, and nothing else.',
      resolve: ({ position }) => formatPosition(position),
    }),
    entity: t.field({
      type: EntityRef,
      description: 'What it was recorded of, as it is from then on.',
      resolve: (change, _args, context) => entityOfChange(change, context),
    }),
    version: t.field({
      type: VersionRef,
      description: 'Who recorded what of it, and when.',
      resolve: (change, _args, context) => versionOfChange(change, context),
    }),
    impact: t.field({
      type: ImpactRef,
      nullable: true,
      ...affected,
      description:
        'What it did to everything downstream, being an end of something or a change of terms: what `impact` would have told just before. Null where it is neither. Takes the permission `impact:read` too.',
      resolve: (change, args, context) => impactOfChange(change, args, context),
    }),
  }),
})

builder.subscriptionField('changes', (t) =>
  t.field({
    permission: 'changes:read',
    type: RecordedChangeRef,
    extensions: cost({ weight: 20 }),
    description:
      'What is recorded, as it happens: each change once, in the order of the log, none left out. Each is answered at its own position, and priced by itself.',
    args: {
      root: t.arg.id({
        description:
          'Only changes of what belongs to the lineage of this entity just before them, or just after.',
      }),
      ...walkArgs,
      kinds: t.arg({ type: [KindRef], description: 'Only changes of entities of these kinds.' }),
      after: t.arg.string({
        description:
          'The position to go on from, such as that of the last change that was seen; from now on, where it is left out. The header `last-event-id` says the same, and goes before it.',
      }),
    },
    subscribe: (_root, args, context) =>
      subscribed<RecordedChange>(context, () => openChanges(args, context)),
    resolve: (change) => change,
  }),
)
