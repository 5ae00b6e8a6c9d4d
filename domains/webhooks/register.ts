import { v7 as uuidv7 } from 'uuid'
import type { Draft, Outcome } from '../../ledger/draft.ts'
import type { Ledger, Receipt } from '../../ledger/ledger.ts'
import { wakeDelivery } from '../../lineage/deliveries.ts'
import type { Database } from '../../lineage/graph.ts'
import type { Json } from '../../proofs/json.ts'
import { WEBHOOK_LIMITS } from './limits.ts'
import { tooManyWebhooks, webhookInvalid, webhookUnknown } from './problems.ts'
import type { Networks } from './reachable.ts'
import { readKinds, readUrl, type WebhookAsked } from './webhook.ts'

/** Who changes a webhook, and under which Idempotency-Key. */
export interface By {
  tenant: string
  subject: string
  key?: string
}

export interface Registering {
  ledger: Ledger
  database: Pick<Database, 'graph'>
  /** The networks that an operator lets be reached. */
  networks: Networks | null
}

/**
 * Registers a webhook: a record of the tenant's log, and a place from which on it is told.
 *
 * @returns Its outcome is the webhook.
 * @throws {Problem} `WEBHOOK_INVALID`, `WEBHOOK_TOO_MANY`, and what the ledger refuses.
 */
export async function createWebhook(
  registering: Registering,
  asked: WebhookAsked,
  by: By,
): Promise<Receipt> {
  const { ledger, networks } = registering
  const url = readUrl(asked.url, networks)
  const kinds = readKinds(asked.kinds)
  const from = asked.from ?? null
  if (from !== null && (!Number.isSafeInteger(from) || from < 0)) {
    throw webhookInvalid('from', 'it must be a place in the log, from 0 on')
  }
  const request = JSON.stringify(['webhookCreate', { url, kinds, from }])
  const name = uuidv7()
  const id = `urn:selvedge:webhook:${name}`
  const receipt = await ledger.submit({
    ...by,
    request,
    ids: [id],
    run: async (draft) => {
      // Under the lock: of two who register at the same moment, one may be one too many.
      if ((await draft.webhooksStanding()) >= WEBHOOK_LIMITS.webhooks) {
        throw tooManyWebhooks(WEBHOOK_LIMITS.webhooks)
      }
      const named = { kind: 'Webhook' as const, id, namespace: 'webhook', name }
      const fields = { url, kinds, paused: false, ...(from !== null && { from }) }
      return [draft.assert({ ...named, fields })]
    },
  })
  return waking(registering, by, { receipt, from })
}

/** What may be changed of a webhook. */
export interface WebhookChange {
  url?: string | null
  kinds?: WebhookAsked['kinds']
}

/**
 * Changes where a webhook leads, or what it is told. Another address must agree anew.
 *
 * @throws {Problem} `WEBHOOK_INVALID`, `WEBHOOK_UNKNOWN`, and what the ledger refuses.
 */
export function updateWebhook(
  registering: Registering,
  { id, ...asked }: WebhookChange & { id: string },
  by: By,
): Promise<Receipt> {
  const fields: Record<string, Json> = {
    ...(asked.url != null && { url: readUrl(asked.url, registering.networks) }),
    // Left out it stays, null is all: as with every field of a body.
    ...(asked.kinds !== undefined && { kinds: readKinds(asked.kinds) }),
  }
  return changing(registering, { verb: ['webhookUpdate', id, fields], id }, by, () => fields)
}

/** Has a webhook be told nothing for the time being; what is recorded meanwhile is told later. */
export const pauseWebhook = (registering: Registering, id: string, by: By) =>
  changing(registering, { verb: ['webhookPause', id], id }, by, () => ({ paused: true }))

/** Has a webhook go on that was paused, or has ended: from where it was. */
export const resumeWebhook = (registering: Registering, id: string, by: By) =>
  changing(registering, { verb: ['webhookResume', id], id }, by, ({ at }) => ({
    paused: false,
    resumedAt: at,
  }))

async function changing(
  registering: Registering,
  { verb, id }: { verb: readonly unknown[]; id: string },
  by: By,
  change: (draft: Draft) => Record<string, Json>,
): Promise<Receipt> {
  const receipt = await registering.ledger.submit({
    ...by,
    request: JSON.stringify(verb),
    ids: [id],
    run: async (draft) => {
      requireStanding(draft, id)
      return [draft.assert({ kind: 'Webhook', id, fields: change(draft) })]
    },
  })
  return waking(registering, by, { receipt })
}

/**
 * Deletes a webhook: it is told nothing any more, its dead letters go. Its records stay.
 *
 * @throws {Problem} `WEBHOOK_UNKNOWN`, and what the ledger refuses.
 */
export async function deleteWebhook(
  registering: Registering,
  id: string,
  by: By,
): Promise<Receipt> {
  const receipt = await registering.ledger.submit({
    ...by,
    request: JSON.stringify(['webhookDelete', id]),
    ids: [id],
    run: async (draft): Promise<Outcome[]> => {
      requireStanding(draft, id)
      return [draft.retire(id)]
    },
  })
  return waking(registering, by, { receipt })
}

/** One whose body is erased says no address: it can only be deleted. */
function requireStanding(draft: Draft, id: string) {
  const found = draft.get(id)
  if (found?.kind !== 'Webhook' || found.action !== 'assert') throw webhookUnknown(id)
}

/** Beside the log, and after the commit: what is lost of it by a kill, whoever delivers finds by looking. */
async function waking(
  { database }: Registering,
  { tenant }: By,
  { receipt, from }: { receipt: Receipt; from?: number | null },
) {
  const { id } = receipt.outcomes[0]!
  await database.graph(tenant).write(({ run }) => wakeDelivery(run, { id, from }))
  return receipt
}
