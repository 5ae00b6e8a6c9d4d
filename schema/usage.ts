import { spanOf } from '../domains/metering/window.ts'
import type { UsageRow, UsageWindow, WindowState } from '../lineage/usage.ts'
import { neighboursOf } from '../resolvers/entity.ts'
import {
  findWindow,
  listUsage,
  listWindows,
  prove,
  recordOfWindow,
  seal,
  type UsagePage,
} from '../resolvers/usage.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { EntityRef } from './entity.ts'
import { MeteringRecordRef } from './kinds.ts'
import { afterArgs, PageInfoRef } from './page.ts'

builder.objectField(MeteringRecordRef, 'meters', (t) =>
  t.field({
    type: [EntityRef],
    description: 'What it meters, where the subject of its events is the id of an entity.',
    resolve: (entity, _args, context) => neighboursOf(entity, 'METERS', context),
  }),
)

const UsageWindowStateRef = builder.enumType('UsageWindowState', {
  description: 'How a window of usage stands.',
  values: {
    OPEN: { value: 'open' as const, description: 'Events come in.' },
    CLOSING: {
      value: 'closing' as const,
      description: 'No event comes in any more, and it is not sealed yet: seal it again.',
    },
    SEALED: { value: 'sealed' as const, description: 'A record says what it comes to.' },
  } satisfies Record<string, { value: WindowState; description: string }>,
})

const UsageEventRef = builder.objectRef<UsageRow>('UsageEvent').implement({
  description: 'An event of usage.',
  fields: (t) => ({
    key: t.exposeString('key', {
      description:
        'What stands for its source and id, 64 hexadecimal digits: its place in the tree.',
    }),
    commitment: t.exposeString('c', {
      description: 'What commits to it in the tree of its window, base64url.',
    }),
    event: t.exposeString('text', {
      nullable: true,
      description: 'The CloudEvent as JSON in its canonical form (RFC 8785); null once erased.',
    }),
    salt: t.exposeString('salt', {
      nullable: true,
      description: 'What the commitment is salted with, base64url; null once erased.',
    }),
  }),
})

const pageInfo = {
  type: PageInfoRef,
  description: 'Whether there is more, and where to go on.',
} as const

const UsageEventPageRef = builder.objectRef<UsagePage<UsageRow>>('UsageEventPage').implement({
  description: 'Events of a window, in the order of its tree.',
  fields: (t) => ({
    nodes: t.expose('nodes', { type: [UsageEventRef], description: 'The page itself.' }),
    pageInfo: t.expose('pageInfo', pageInfo),
  }),
})

const firstArg = {
  required: true,
  defaultValue: 50,
  description: 'The size of a page: 1 to 1,000.',
} as const

const UsageWindowRef = builder.objectRef<UsageWindow>('UsageWindow').implement({
  description: 'A day of usage of one meter, subject and unit.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id.' }),
    from: t.field({
      type: 'DateTime',
      description: 'When it begins.',
      resolve: (window) => spanOf(window).from,
    }),
    until: t.field({
      type: 'DateTime',
      description: 'When it ends; that moment is the first of the next.',
      resolve: (window) => spanOf(window).until,
    }),
    meter: t.exposeString('meter', {
      nullable: true,
      description: 'What is metered: the type of its events; null once erased.',
    }),
    subject: t.exposeString('subject', {
      nullable: true,
      description: 'Whose usage it is, or of what; null where events do not say, or once erased.',
    }),
    unit: t.exposeString('unit', {
      nullable: true,
      description: 'What it is counted in; null where events do not say, or once erased.',
    }),
    state: t.field({
      type: UsageWindowStateRef,
      description: 'How it stands.',
      resolve: ({ state }) => state,
    }),
    count: t.exposeInt('count', { description: 'How many events are in it.' }),
    record: t.field({
      type: MeteringRecordRef,
      nullable: true,
      description:
        'The record that seals it; null before, and where it is later than the position.',
      resolve: (window, _args, context) => recordOfWindow(window, context),
    }),
    events: t.field({
      type: UsageEventPageRef,
      extensions: sizedBy('first', 1_000, { weight: 10 }),
      description: 'Its events, in the order of its tree.',
      args: { first: t.arg.int(firstArg), ...afterArgs },
      resolve: (window, args, context) => listUsage(window, args, context),
    }),
  }),
})

const UsageWindowPageRef = builder.objectRef<UsagePage<UsageWindow>>('UsageWindowPage').implement({
  description: 'Windows of usage, in the order of their days.',
  fields: (t) => ({
    nodes: t.expose('nodes', { type: [UsageWindowRef], description: 'The page itself.' }),
    pageInfo: t.expose('pageInfo', pageInfo),
  }),
})

const UsageProofRef = builder.objectRef<Awaited<ReturnType<typeof prove>>>('UsageProof').implement({
  description: 'What proves that an event is in a sealed window (docs/specs/usage.md).',
  fields: (t) => ({
    record: t.exposeID('record', { description: 'The id of the record of the window.' }),
    document: t.exposeString('document', {
      description:
        'The proof as JSON, to be kept byte for byte; `prov-verifier usage` verifies it without a server.',
    }),
  }),
})

builder.queryFields((t) => ({
  usageWindows: t.field({
    permission: 'usage:read',
    extensions: sizedBy('first', 1_000, { weight: 10 }),
    type: UsageWindowPageRef,
    nullable: true,
    description: 'Windows of usage, as they stand now, the earliest first.',
    args: {
      state: t.arg({ type: UsageWindowStateRef, description: 'Only those that stand so.' }),
      before: t.arg({
        type: 'DateTime',
        description: 'Only those of days before this one, in UTC.',
      }),
      first: t.arg.int(firstArg),
      ...afterArgs,
    },
    resolve: (_root, args, context) => listWindows(args, context),
  }),
  usageWindow: t.field({
    permission: 'usage:read',
    extensions: cost({ weight: 5 }),
    type: UsageWindowRef,
    nullable: true,
    description: 'A window of usage, as it stands now.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, args, context) => findWindow(args, context),
  }),
  usageProof: t.field({
    permission: 'usage:read',
    extensions: cost({ weight: 20 }),
    type: UsageProofRef,
    nullable: true,
    description: 'Proves that an event is in its window, once that is sealed.',
    args: {
      source: t.arg.string({ required: true, description: 'The source of the event.' }),
      id: t.arg.string({ required: true, description: 'The id of the event.' }),
    },
    resolve: (_root, args, context) => prove(args, context),
  }),
}))

const SealedRef = builder.objectRef<Awaited<ReturnType<typeof seal>>>('UsageSealed').implement({
  description: 'A window that is sealed.',
  fields: (t) => ({
    window: t.field({
      type: UsageWindowRef,
      description: 'The window.',
      resolve: ({ window }) => window,
    }),
    already: t.boolean({
      description: 'Whether it was sealed before.',
      resolve: ({ receipt }) => receipt === null,
    }),
  }),
})

builder.mutationField('meteringSeal', (t) =>
  t.field({
    permission: 'usage:seal',
    extensions: cost({ weight: 50 }),
    type: SealedRef,
    nullable: true,
    description:
      'Seals a window of usage that is over: its record says what it comes to, and no event changes it any more. What comes later goes into the next window that is open, with its own time. A window that is sealed stays as it is.',
    args: { window: t.arg.id({ required: true, description: 'The id of the window.' }) },
    resolve: (_root, args, context) => seal(args, context),
  }),
)
