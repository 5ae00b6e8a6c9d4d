import { WEBHOOK_LIMITS } from '../domains/webhooks/limits.ts'
import { deadLetterUnknown, webhookInvalid, webhookUnknown } from '../domains/webhooks/problems.ts'
import {
  createWebhook,
  deleteWebhook,
  pauseWebhook,
  type Registering,
  resumeWebhook,
  updateWebhook,
  type WebhookChange,
} from '../domains/webhooks/register.ts'
import { bodyOf, type WebhookAsked, type WebhookBody } from '../domains/webhooks/webhook.ts'
import type { Receipt } from '../ledger/ledger.ts'
import { readCursor, writeCursor } from '../lineage/cursor.ts'
import {
  type DeadLetterTold,
  type Delivery,
  deadLettersAfter,
  deliverAgain,
  deliveriesOf,
  findHook,
} from '../lineage/deliveries.ts'
import { type EntityAt, entitiesByIds, entitiesInOrder } from '../lineage/entities.ts'
import { readLog } from '../lineage/log.ts'
import type { Context } from './context.ts'
import { type Connection, checkId, connectionOf, type PageInfo, spendPage } from './entity.ts'
import { fieldsOf } from './facet.ts'
import { keyFor } from './record.ts'

type Place = Parameters<typeof keyFor>[1]

const byOf = (context: Context, place: Place) => ({
  tenant: context.tenant,
  subject: context.caller.subject,
  key: keyFor(context.caller, place),
})

const registeringOf = ({ services }: Context): Registering => ({
  ledger: services.ledger,
  database: services.database,
  networks: services.webhookNetworks ?? null,
})

const reached = async (context: Context, receipt: Promise<Receipt>): Promise<Receipt> => {
  const done = await receipt
  context.pin.reached(done.position)
  return done
}

/** @throws {Problem} `WEBHOOK_INVALID`, `WEBHOOK_TOO_MANY`. */
export const registerWebhook = (
  { input }: { input: WebhookAsked },
  context: Context,
  place: Place,
): Promise<Receipt> =>
  reached(context, createWebhook(registeringOf(context), input, byOf(context, place)))

/** @throws {Problem} `WEBHOOK_INVALID`, `WEBHOOK_UNKNOWN`, `ENTITY_ID_INVALID`. */
export const changeWebhook = (
  { id, input }: { id: string; input: WebhookChange },
  context: Context,
  place: Place,
): Promise<Receipt> => {
  const asked = { id: checkId(id), ...input }
  return reached(context, updateWebhook(registeringOf(context), asked, byOf(context, place)))
}

const VERBS = { pause: pauseWebhook, resume: resumeWebhook, delete: deleteWebhook }

/** @throws {Problem} `WEBHOOK_UNKNOWN`, `ENTITY_ID_INVALID`. */
export const steerWebhook = (
  verb: keyof typeof VERBS,
  { id }: { id: string },
  context: Context,
  place: Place,
): Promise<Receipt> =>
  reached(context, VERBS[verb](registeringOf(context), checkId(id), byOf(context, place)))

/** What a webhook says of itself; `null` where it is deleted or erased. */
export const webhookBody = async (
  webhook: Parameters<typeof fieldsOf>[0],
  context: Context,
): Promise<WebhookBody | null> => bodyOf(await fieldsOf(webhook, context))

/** How a webhook stands now, whatever the position of the request. */
export interface Standing {
  delivery: Delivery | null
  /** How many leaves of the log there are that it was not told yet, those not meant for it included. */
  behind: number
}

export async function standingOf({ id }: EntityAt, { graph }: Context): Promise<Standing> {
  const [[delivery = null], log] = await Promise.all([
    deliveriesOf(graph.read, [id]),
    readLog(graph.read),
  ])
  return { delivery, behind: delivery && log ? Math.max(log.size - delivery.next, 0) : 0 }
}

/** What stands in the way of events, if anything does. */
export type WebhookState = 'active' | 'waiting' | 'failing' | 'paused' | 'ended' | 'deleted'

/** One word for how a webhook stands. */
export async function stateOf(webhook: EntityAt, context: Context): Promise<WebhookState> {
  const [body, { delivery }] = await Promise.all([
    webhookBody(webhook, context),
    standingOf(webhook, context),
  ])
  if (webhook.retired || !body) return 'deleted'
  if (body.paused) return 'paused'
  if (isEnded(delivery, webhook)) return 'ended'
  if (delivery?.error != null) return 'failing'
  return delivery?.agreed == null ? 'waiting' : 'active'
}

/** Whether it has ended under the record that is in force. */
export const isEnded = (delivery: Delivery | null, { seq }: Pick<EntityAt, 'seq'>) =>
  delivery?.ended != null && seq <= (delivery.endedSeq ?? seq)

export interface WebhooksAsked {
  deleted: boolean
  first: number
  after?: string | null
}

/** How many are read at once to find those that are not deleted, and for one page. */
const AT_ONCE = 500
const MOST_READ = 2_000

/** Lists webhooks, the oldest first; later pages at the position of the first. */
export async function listWebhooks(
  { deleted, first, after }: WebhooksAsked,
  context: Context,
): Promise<Connection<EntityAt>> {
  spendPage(first, context)
  const question = ['webhooks', context.tenant, deleted]
  const cursor = after == null ? undefined : readCursor(question, ['string'], after)
  const found: EntityAt[] = []
  let from = cursor?.place[0] as string | undefined
  let epoch = 0
  const cursorOf = ({ id, at }: EntityAt) =>
    writeCursor(question, { position: { epoch, seq: at }, place: [id] })
  for (let count = AT_ONCE; ; count += AT_ONCE) {
    const asked = { kind: 'Webhook' as const, after: from, first: AT_ONCE }
    const read = (n: number | null) => entitiesInOrder(context.graph.read, asked, n)
    const page = await (cursor ? context.pin.readAt(cursor.position, read) : context.pin.read(read))
    epoch = page.epoch
    context.spend(page.entities.length)
    found.push(...page.entities.filter(({ retired }) => deleted || !retired))
    const last = page.entities.at(-1)
    if (found.length > first || page.entities.length < AT_ONCE || !last) break
    if (count >= MOST_READ) {
      const { edges } = connectionOf(found, true, cursorOf)
      return { edges, pageInfo: { hasNextPage: true, endCursor: cursorOf(last) } }
    }
    from = last.id
  }
  return connectionOf(found.slice(0, first), found.length > first, cursorOf)
}

/**
 * Lists the dead letters of a webhook in the order of the log. They are of now: a cursor holds a place
 * alone.
 *
 * @throws {Problem} `WEBHOOK_UNKNOWN`, `ENTITY_ID_INVALID`.
 */
export async function listDeadLetters(
  { webhook: id, first, after }: { webhook: string; first: number; after?: string | null },
  context: Context,
): Promise<{ nodes: DeadLetterTold[]; pageInfo: PageInfo }> {
  spendPage(first, context)
  await requireWebhook(id, context)
  const question = ['deadLetters', context.tenant, id]
  const [above = -1] = after == null ? [] : readCursor(question, ['number'], after).place
  const asked = { id, above: above as number, first: first + 1 }
  const found = await deadLettersAfter(context.graph.read, asked)
  const nodes = found.slice(0, first)
  const last = nodes.at(-1)
  const cursor = last && { position: { epoch: 0, seq: 0 }, place: [last.seq] }
  return {
    nodes,
    pageInfo: {
      hasNextPage: found.length > first,
      endCursor: cursor ? writeCursor(question, cursor) : null,
    },
  }
}

/**
 * Has dead letters delivered again, those named or all of them, each once.
 *
 * @returns How many.
 * @throws {Problem} `WEBHOOK_UNKNOWN`, `WEBHOOK_INVALID`, `DEAD_LETTER_UNKNOWN`.
 */
export async function redeliver(
  { id, seqs }: { id: string; seqs?: readonly number[] | null },
  context: Context,
): Promise<{ count: number; webhook: string }> {
  const most = WEBHOOK_LIMITS.again
  if (seqs && (seqs.length === 0 || seqs.length > most)) {
    throw webhookInvalid('seqs', `name 1 to ${most}, or leave them out for all`)
  }
  await requireWebhook(id, context)
  const count = await context.graph.write(({ run }) =>
    deliverAgain(run, { id, seqs: seqs ?? null }),
  )
  if (count === 0 && seqs) throw deadLetterUnknown(id, seqs)
  return { count, webhook: id }
}

async function requireWebhook(id: string, { graph }: Context) {
  const found = await findHook(graph.read, checkId(id))
  if (!id.startsWith('urn:selvedge:webhook:') || found?.action !== 'assert')
    throw webhookUnknown(id)
}

/** The webhook that a change was about, as it is now. */
export async function webhookOf(id: string, context: Context): Promise<EntityAt | null> {
  const { entities } = await context.pin.read((n) => entitiesByIds(context.graph.read, [id], n))
  return entities[0] ?? null
}
