import { confirmErasure } from '../domains/erasure/confirm-erasure.ts'
import { type Erased, erase } from '../domains/erasure/erase.ts'
import type { ErasureBody } from '../domains/erasure/erasure.ts'
import type { Ground } from '../ledger/draft.ts'
import type { Receipt } from '../ledger/ledger.ts'
import type { EntityAt } from '../lineage/entities.ts'
import type { ErasedBy } from '../lineage/erasures.ts'
import type { Context } from './context.ts'
import { checkId } from './entity.ts'
import { fieldsOf } from './facet.ts'
import { keyFor } from './record.ts'

interface Why {
  ground: Ground
  reason: string
}

type Place = Parameters<typeof keyFor>[1]

/** @throws {Problem} `ENTITY_UNKNOWN`, `ENTITY_ID_INVALID`, `POLICY_IN_FORCE`, `ERASE_*`. */
export async function eraseEntity(
  { id, records, ground, reason }: Why & { id: string; records?: readonly number[] | null },
  context: Context,
  place: Place,
): Promise<Erased> {
  checkId(id)
  return eraseWhat(
    { entity: id, ...(records && { records }) },
    { ground, reason },
    { context, place },
  )
}

/** @throws {Problem} `ACTOR_UNKNOWN`, `ERASE_*`. */
export const eraseActor = (
  { subject, ground, reason }: Why & { subject: string },
  context: Context,
  place: Place,
): Promise<Erased> => eraseWhat({ actorOf: subject }, { ground, reason }, { context, place })

async function eraseWhat(
  what: Parameters<typeof erase>[1]['what'],
  why: Why,
  { context, place }: { context: Context; place: Place },
) {
  const { services, tenant, caller, pin } = context
  const { subject } = caller
  const key = keyFor(caller, place)
  const erased = await erase(services.ledger, { tenant, subject, key, ...why, what })
  pin.reached(erased.position)
  return erased
}

/** @throws {Problem} `ERASURE_UNKNOWN`, `ERASURE_PENDING`, `ENTITY_ID_INVALID`. */
export async function confirm(
  { id }: { id: string },
  context: Context,
  place: Place,
): Promise<Receipt> {
  const { services, tenant, caller, pin } = context
  const asked = { tenant, subject: caller.subject, key: keyFor(caller, place), id: checkId(id) }
  const receipt = await confirmErasure(services.ledger, asked)
  pin.reached(receipt.position)
  return receipt
}

/** By what an entity's record in force lost its body, or left it without; `null` where nothing did. */
export const erasedBy = ({ seq }: EntityAt, { loaders }: Context): Promise<ErasedBy | null> =>
  loaders.erasure.load(seq)

/** On what ground; `null` where the erasure's own record is gone. */
export const groundOf = ({ fields }: ErasedBy): Ground | null =>
  (JSON.parse(fields ?? '{}') as Partial<ErasureBody>).ground ?? null

export const erasureBody = async (entity: EntityAt, context: Context) =>
  (await fieldsOf(entity, context)) as Partial<ErasureBody>
