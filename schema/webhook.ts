import type { Receipt } from '../ledger/ledger.ts'
import type { DeadLetterTold, Delivery, Ending } from '../lineage/deliveries.ts'
import type { EntityAt } from '../lineage/entities.ts'
import { formatPosition } from '../lineage/position.ts'
import type { Connection } from '../resolvers/entity.ts'
import {
  changeWebhook,
  isEnded,
  listDeadLetters,
  listWebhooks,
  redeliver,
  registerWebhook,
  type Standing,
  standingOf,
  stateOf,
  steerWebhook,
  type WebhookState,
  webhookBody,
  webhookOf,
} from '../resolvers/webhook.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { EntityRef, KindRef, NodeRef } from './entity.ts'
import { afterArgs, PageInfoRef } from './page.ts'

const WebhookStateRef = builder.enumType('WebhookState', {
  description: 'How a webhook stands.',
  values: {
    WAITING: { value: 'waiting', description: 'Its endpoint was not asked yet whether it agrees.' },
    ACTIVE: { value: 'active', description: 'It is told what is recorded.' },
    FAILING: {
      value: 'failing',
      description:
        'The last attempt failed; it goes on being tried, with longer and longer pauses.',
    },
    PAUSED: { value: 'paused', description: 'Somebody has paused it; it goes on when resumed.' },
    ENDED: {
      value: 'ended',
      description: 'Nothing is sent any more, until it is changed or resumed; `because` says why.',
    },
    DELETED: { value: 'deleted', description: 'It is deleted, or what it says is erased.' },
  } satisfies Record<string, { value: WebhookState; description: string }>,
})

const EndingRef = builder.enumType('WebhookEnding', {
  description: 'Why nothing is sent to a webhook any more.',
  values: {
    GONE: { value: 'gone', description: 'Its endpoint said 410: it is gone for good.' },
    FAILING: { value: 'failing', description: 'It has failed for days.' },
    RESTORED: {
      value: 'restored',
      description:
        'Its tenant was restored from a backup. When resumed, it is told everything from its own record on.',
    },
    FULL: { value: 'full', description: 'It has as many dead letters as it may.' },
  } satisfies Record<string, { value: Ending; description: string }>,
})

const timeOf = (at: number | null | undefined) => (at ? new Date(at).toISOString() : null)

/** How the deliveries of a webhook stand, with the webhook. */
interface Shown extends Standing {
  webhook: EntityAt
  delivery: Delivery
}

const WebhookDeliveryRef = builder.objectRef<Shown>('WebhookDelivery').implement({
  description: 'How far a webhook has been told, and what came of the last attempt. As it is now.',
  fields: (t) => ({
    next: t.field({
      type: 'Seq',
      description: 'The place in the log of the first record that it was not told yet.',
      resolve: ({ delivery }) => delivery.next,
    }),
    behind: t.exposeInt('behind', {
      description:
        'How many leaves of the log there are from there on, those that it is not told included.',
    }),
    agreed: t.boolean({
      description: 'Whether its endpoint has agreed to be told.',
      resolve: ({ delivery }) => delivery.agreed !== null,
    }),
    rate: t.int({
      nullable: true,
      description: 'How many events a minute its endpoint takes; null where it has not said.',
      resolve: ({ delivery }) => delivery.rate,
    }),
    attempts: t.int({
      description: 'How often in a row the next event has failed.',
      resolve: ({ delivery }) => delivery.attempts,
    }),
    lastStatus: t.int({
      nullable: true,
      description: 'The status of the last answer, where that was a failure.',
      resolve: ({ delivery }) => delivery.status,
    }),
    lastError: t.string({
      nullable: true,
      description:
        'Why the last attempt failed: STATUS, TIMED_OUT, UNREACHABLE, TLS_FAILED, ADDRESS_NOT_ALLOWED or NOT_AGREED; null where it came.',
      resolve: ({ delivery }) => delivery.error,
    }),
    lastAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When something was sent last.',
      resolve: ({ delivery }) => timeOf(delivery.attempted),
    }),
    lastDeliveredAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When something came last.',
      resolve: ({ delivery }) => timeOf(delivery.delivered),
    }),
    failingSince: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Since when nothing comes; null where the last attempt came.',
      resolve: ({ delivery }) => timeOf(delivery.failing),
    }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When it is tried again; null where nothing failed, or nothing is tried any more.',
      resolve: ({ delivery, webhook }) =>
        delivery.error === null || isEnded(delivery, webhook) ? null : timeOf(delivery.at),
    }),
    because: t.field({
      type: EndingRef,
      nullable: true,
      description: 'Why it has ended; null where it has not.',
      resolve: ({ delivery, webhook }) => (isEnded(delivery, webhook) ? delivery.ended : null),
    }),
    deadLetters: t.int({
      description: 'How many events could not be delivered.',
      resolve: ({ delivery }) => delivery.dead,
    }),
  }),
})

export const WebhookRef = builder.objectRef<EntityAt>('Webhook')

WebhookRef.implement({
  description: 'Where records are told as CloudEvents, and which. Each change of it is a record.',
  interfaces: [EntityRef, NodeRef],
  fields: (t) => ({
    url: t.string({
      nullable: true,
      description: 'Where events are sent; null once deleted or erased.',
      resolve: async (webhook, _args, context) => (await webhookBody(webhook, context))?.url,
    }),
    kinds: t.field({
      type: [KindRef],
      nullable: true,
      description: 'The kinds whose records are told; none named is all.',
      resolve: async (webhook, _args, context) => (await webhookBody(webhook, context))?.kinds,
    }),
    state: t.field({
      type: WebhookStateRef,
      nullable: true,
      extensions: cost({ weight: 2 }),
      description: 'How it stands now.',
      resolve: (webhook, _args, context) => stateOf(webhook, context),
    }),
    delivery: t.field({
      type: WebhookDeliveryRef,
      nullable: true,
      extensions: cost({ weight: 2 }),
      description: 'How far it has been told; null once deleted.',
      resolve: async (webhook, _args, context) => {
        const { delivery, behind } = await standingOf(webhook, context)
        return delivery && { webhook, delivery, behind }
      },
    }),
  }),
})

const WebhookEdgeRef = builder
  .objectRef<Connection<EntityAt>['edges'][number]>('WebhookEdge')
  .implement({
    description: 'A webhook with its place in a list.',
    fields: (t) => ({
      node: t.field({
        type: WebhookRef,
        description: 'The webhook.',
        resolve: ({ node }) => node,
      }),
      cursor: t.exposeString('cursor', { description: 'Where to go on after it.' }),
    }),
  })

const WebhookConnectionRef = builder
  .objectRef<Connection<EntityAt>>('WebhookConnection')
  .implement({
    description: 'A page of webhooks.',
    fields: (t) => ({
      edges: t.field({
        type: [WebhookEdgeRef],
        description: 'The webhooks of this page with their places.',
        resolve: ({ edges }) => edges,
      }),
      nodes: t.field({
        type: [WebhookRef],
        description: 'The webhooks of this page.',
        resolve: ({ edges }) => edges.map(({ node }) => node),
      }),
      pageInfo: t.field({
        type: PageInfoRef,
        description: 'Whether there is more.',
        resolve: ({ pageInfo }) => pageInfo,
      }),
    }),
  })

const DeadLetterRef = builder.objectRef<DeadLetterTold>('DeadLetter').implement({
  description: 'An event that could not be delivered.',
  fields: (t) => ({
    seq: t.expose('seq', { type: 'Seq', description: 'The place of its record in the log.' }),
    subject: t.exposeID('subject', {
      nullable: true,
      description: 'The entity that it tells of; null where a restore has cut its record off.',
    }),
    kind: t.field({
      type: KindRef,
      nullable: true,
      description: 'What kind of thing that is.',
      resolve: ({ kind }) => kind,
    }),
    attempts: t.exposeInt('attempts', { description: 'How often it was sent.' }),
    lastStatus: t.exposeInt('status', {
      nullable: true,
      description: 'The status of the last answer; null where there was none.',
    }),
    lastError: t.exposeString('error', {
      nullable: true,
      description: 'Why the last attempt failed, as with a webhook.',
    }),
    failedAt: t.field({
      type: 'DateTime',
      description: 'When it was given up, or failed last.',
      resolve: ({ failed }) => new Date(failed).toISOString(),
    }),
    again: t.exposeBoolean('again', { description: 'Whether it is about to be sent again.' }),
  }),
})

const DeadLetterPageRef = builder
  .objectRef<Awaited<ReturnType<typeof listDeadLetters>>>('DeadLetterPage')
  .implement({
    description: 'Dead letters of a webhook, in the order of the log.',
    fields: (t) => ({
      nodes: t.field({
        type: [DeadLetterRef],
        description: 'The page itself.',
        resolve: ({ nodes }) => nodes,
      }),
      pageInfo: t.field({
        type: PageInfoRef,
        description: 'Whether there is more, and where to go on.',
        resolve: ({ pageInfo }) => pageInfo,
      }),
    }),
  })

const WebhookResultRef = builder.objectRef<Receipt>('WebhookResult').implement({
  description: 'What came of registering or changing a webhook.',
  fields: (t) => ({
    webhook: t.field({
      type: WebhookRef,
      nullable: true,
      description: 'The webhook as it is recorded.',
      resolve: ({ outcomes }, _args, context) => webhookOf(outcomes[0]!.id, context),
    }),
    position: t.string({
      description: 'The position of the log from which on it is seen.',
      resolve: ({ position }) => formatPosition(position),
    }),
    replayed: t.exposeBoolean('replayed', {
      description: 'Whether this was carried out before, under the same Idempotency-Key.',
    }),
  }),
})

const RedeliveryRef = builder
  .objectRef<Awaited<ReturnType<typeof redeliver>>>('WebhookRedelivery')
  .implement({
    description: 'What is going to be delivered again.',
    fields: (t) => ({
      count: t.exposeInt('count', { description: 'How many dead letters.' }),
      webhook: t.field({
        type: WebhookRef,
        nullable: true,
        description: 'The webhook.',
        resolve: ({ webhook }, _args, context) => webhookOf(webhook, context),
      }),
    }),
  })

const kindsOf = 'The kinds whose records are told; all, where it is left out or null.'

const WebhookInputRef = builder.inputType('WebhookInput', {
  description: 'Where records shall be told, and which.',
  fields: (t) => ({
    url: t.string({
      required: true,
      description:
        'An https URL of up to 2,048 characters, without user or fragment. Whoever may read entities sees it.',
    }),
    kinds: t.field({ type: [KindRef], description: kindsOf }),
    from: t.field({
      type: 'Seq',
      description:
        'The place in the log from which on records are told, 0 for all of it; that of its own record, where it is left out.',
    }),
  }),
})

const WebhookChangeRef = builder.inputType('WebhookChange', {
  description: 'What shall be changed of a webhook; what is left out stays.',
  fields: (t) => ({
    url: t.string({ description: 'Where events are sent from now on: it must agree anew.' }),
    kinds: t.field({
      type: [KindRef],
      description: 'The kinds whose records are told from now on; null for all.',
    }),
  }),
})

const firstArg = {
  required: true,
  defaultValue: 50,
  description: 'The size of a page: 1 to 1,000.',
} as const

const idArg = { required: true, description: 'The id of the webhook.' } as const

builder.queryFields((t) => ({
  webhooks: t.field({
    permission: 'webhook:read',
    extensions: sizedBy('first', 1_000, { weight: 10 }),
    type: WebhookConnectionRef,
    nullable: true,
    description: 'The webhooks of this tenant, the oldest first.',
    args: {
      deleted: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'With those that are deleted.',
      }),
      first: t.arg.int(firstArg),
      ...afterArgs,
    },
    resolve: (_root, args, context) => listWebhooks(args, context),
  }),
  deadLetters: t.field({
    permission: 'webhook:read',
    extensions: sizedBy('first', 1_000, { weight: 10 }),
    type: DeadLetterPageRef,
    nullable: true,
    description: 'The events that could not be delivered to a webhook, as they are now.',
    args: { webhook: t.arg.id(idArg), first: t.arg.int(firstArg), ...afterArgs },
    resolve: (_root, args, context) => listDeadLetters(args, context),
  }),
}))

builder.mutationFields((t) => ({
  webhookCreate: t.field({
    permission: 'webhook:write',
    extensions: cost({ weight: 20 }),
    type: WebhookResultRef,
    nullable: true,
    description:
      'Has records told to an endpoint as signed CloudEvents, once it agrees (docs/how-to/webhooks.md). A tenant has up to 20.',
    args: {
      input: t.arg({ type: WebhookInputRef, required: true, description: 'Where, and which.' }),
    },
    resolve: (_root, args, context, { path }) => registerWebhook(args, context, path),
  }),
  webhookUpdate: t.field({
    permission: 'webhook:write',
    extensions: cost({ weight: 20 }),
    type: WebhookResultRef,
    nullable: true,
    description: 'Changes where a webhook leads, or what it is told. It goes on from where it was.',
    args: {
      id: t.arg.id(idArg),
      input: t.arg({ type: WebhookChangeRef, required: true, description: 'What is changed.' }),
    },
    resolve: (_root, args, context, { path }) => changeWebhook(args, context, path),
  }),
  webhookPause: t.field({
    permission: 'webhook:write',
    extensions: cost({ weight: 20 }),
    type: WebhookResultRef,
    nullable: true,
    description: 'Sends nothing to a webhook until it is resumed.',
    args: { id: t.arg.id(idArg) },
    resolve: (_root, args, context, { path }) => steerWebhook('pause', args, context, path),
  }),
  webhookResume: t.field({
    permission: 'webhook:write',
    extensions: cost({ weight: 20 }),
    type: WebhookResultRef,
    nullable: true,
    description:
      'Goes on with a webhook that is paused, has ended or is waiting to be tried again: from where it was.',
    args: { id: t.arg.id(idArg) },
    resolve: (_root, args, context, { path }) => steerWebhook('resume', args, context, path),
  }),
  webhookDelete: t.field({
    permission: 'webhook:write',
    extensions: cost({ weight: 20 }),
    type: WebhookResultRef,
    nullable: true,
    description: 'Deletes a webhook with its dead letters. Its records stay in the log.',
    args: { id: t.arg.id(idArg) },
    resolve: (_root, args, context, { path }) => steerWebhook('delete', args, context, path),
  }),
  webhookRedeliver: t.field({
    permission: 'webhook:write',
    extensions: cost({ weight: 20 }),
    type: RedeliveryRef,
    nullable: true,
    description:
      'Has dead letters delivered again, each once: what comes is none any more, what fails stays one.',
    args: {
      id: t.arg.id(idArg),
      seqs: t.arg({
        type: ['Seq'],
        description: 'The places of their records, up to 1,000; all of them, where it is left out.',
      }),
    },
    resolve: (_root, args, context) => redeliver(args, context),
  }),
}))
