import { partKey } from '../core/part-key.ts'
import type { Assertion, Draft } from '../ledger/draft.ts'
import type { Receipt } from '../ledger/ledger.ts'
import { retireRefused } from '../ledger/problems.ts'
import { type Kind, kindOfUrn } from '../lineage/kinds.ts'
import type { Caller, Context } from './context.ts'
import { checkId } from './entity.ts'
import { batchEmpty, batchTooLarge } from './problems.ts'
import {
  assertionOf,
  idsOf,
  namesOf,
  planItem,
  type RecordItem,
  type Touching,
} from './record-item.ts'

/** Kinds that are retired by a mutation of their own, under another permission. */
const OF_THEIR_OWN: ReadonlySet<Kind> = new Set(['Policy', 'Webhook', 'SavedQuery'])

const MOST_ITEMS = 500
const MOST_BYTES = 2_000_000

/** Where in the operation a mutation stands: its name or alias there. */
export interface Place {
  key: string | number
}

/**
 * The key of one mutation: an operation may hold several, and the caller's Idempotency-Key is one for
 * them all.
 */
export const keyFor = ({ key }: Caller, { key: name }: Place) =>
  key === undefined ? undefined : partKey(key, `/${name}`)

/**
 * Records a batch, wholly or not at all, in the caller's order.
 *
 * @throws {Problem} `RECORD_BATCH_EMPTY`, `RECORD_BATCH_TOO_LARGE`, `RECORD_ITEM_INVALID`, and what the
 *   ledger refuses.
 */
export async function recordItems(
  { items }: { items: readonly RecordItem[] },
  context: Context,
  place: Place,
): Promise<Receipt> {
  return submitItems({ verb: 'record', items, plan: planItem, assertionOf }, context, place)
}

/** How the items of a batch are read, before the log is locked, and what each then asserts under the lock. */
export interface Batch<Item, Plan> {
  /** What the batch does: the same items under another verb are another request. */
  verb: string
  items: readonly Item[]
  plan(item: Item, index: number): Plan
  assertionOf(plan: Plan, draft: Draft): Assertion
}

/**
 * Records a batch of any items.
 *
 * @throws {Problem} `RECORD_BATCH_EMPTY`, `RECORD_BATCH_TOO_LARGE`, and what reading and recording refuse.
 */
export async function submitItems<Item, Plan extends Touching>(
  { verb, items, plan, assertionOf: assertion }: Batch<Item, Plan>,
  context: Context,
  place: Place,
): Promise<Receipt> {
  if (items.length === 0) throw batchEmpty()
  if (items.length > MOST_ITEMS) throw batchTooLarge(`${MOST_ITEMS} items`)
  const request = JSON.stringify([verb, items])
  if (Buffer.byteLength(request) > MOST_BYTES) throw batchTooLarge(`${MOST_BYTES} bytes`)
  const plans = items.map(plan)
  const receipt = await context.services.ledger.submit({
    tenant: context.tenant,
    subject: context.caller.subject,
    key: keyFor(context.caller, place),
    request,
    names: plans.flatMap(namesOf),
    ids: plans.flatMap(idsOf),
    run: async (draft) => plans.map((one) => draft.assert(assertion(one, draft))),
  })
  context.pin.reached(receipt.position)
  return receipt
}

/** @throws {Problem} `ENTITY_UNKNOWN`, `RETIRE_REFUSED`, `ENTITY_ID_INVALID`. */
export async function retireEntity(
  { id }: { id: string },
  context: Context,
  place: Place,
): Promise<Receipt> {
  // Whoever may retire things may not thereby lift what forbids them something.
  const kind = kindOfUrn(checkId(id))
  if (kind && OF_THEIR_OWN.has(kind)) throw retireRefused(kind)
  const receipt = await context.services.ledger.submit({
    tenant: context.tenant,
    subject: context.caller.subject,
    key: keyFor(context.caller, place),
    request: JSON.stringify(['retire', id]),
    ids: [id],
    run: async (draft) => [draft.retire(id)],
  })
  context.pin.reached(receipt.position)
  return receipt
}
