import type { Expiry } from '../domains/changes/read-expiries.ts'
import { formatPosition } from '../lineage/position.ts'
import {
  entityOfExpiry,
  formatPlace,
  impactOfExpiry,
  instantOf,
  openExpiries,
} from '../resolvers/expiries.ts'
import { subscribed } from '../resolvers/subscription.ts'
import { builder } from './builder.ts'
import { cost } from './cost.ts'
import { EntityRef } from './entity.ts'
import { affected, walkArgs } from './feed-args.ts'
import { ImpactRef } from './impact.ts'

const ExpiryRef = builder.objectRef<Expiry>('Expiry').implement({
  description: 'That an assessment has expired, by what it says itself: nothing is recorded of it.',
  fields: (t) => ({
    place: t.string({
      description: 'Give it as `after` to be told what expires after it, and nothing else.',
      resolve: (expiry) => formatPlace(expiry),
    }),
    expiredAt: t.field({
      type: 'DateTime',
      description: 'The first instant at which it holds no more.',
      resolve: (expiry) => instantOf(expiry),
    }),
    position: t.string({
      description: 'The log at that instant.',
      resolve: ({ position }) => formatPosition(position),
    }),
    assessment: t.field({
      type: EntityRef,
      description: 'What expired, as it was then.',
      resolve: (expiry, _args, context) => entityOfExpiry(expiry, context),
    }),
    impact: t.field({
      type: ImpactRef,
      ...affected,
      description:
        'What that does to everything downstream: what `impact` told of it until then. Takes the permission `impact:read` too.',
      resolve: (expiry, args, context) => impactOfExpiry(expiry, args, context),
    }),
  }),
})

builder.subscriptionField('expiries', (t) =>
  t.field({
    permission: 'changes:read',
    type: ExpiryRef,
    extensions: cost({ weight: 20 }),
    description:
      'Assessments that expire (`DpiaPacket.expiresAt`), two seconds after they do: each once, in the order of their instants. One that was recorded less than a heartbeat before it expires may be told that much later.',
    args: {
      root: t.arg.id({
        description: 'Only of assessments that belonged to the lineage of this entity then.',
      }),
      ...walkArgs,
      after: t.arg.string({
        description:
          'The place to go on from, or an instant such as `2026-03-31T00:00:00Z`; from now on, where it is left out. The header `last-event-id` says the same, and goes before it.',
      }),
    },
    subscribe: (_root, args, context) =>
      subscribed<Expiry>(context, () => openExpiries(args, context)),
    resolve: (expiry) => expiry,
  }),
)
