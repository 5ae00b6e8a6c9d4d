import { giveGrant } from '../domains/grants/give.ts'
import { type GrantAsked, type GrantBody, isOpen } from '../domains/grants/grant.ts'
import { revokeGrant } from '../domains/grants/revoke.ts'
import type { Receipt } from '../ledger/ledger.ts'
import { readCursor, writeCursor } from '../lineage/cursor.ts'
import { type EntityAt, entitiesByIds, entitiesInOrder } from '../lineage/entities.ts'
import { grantUnknown } from '../lineage/problems.ts'
import type { Context } from './context.ts'
import { type Connection, checkId, connectionOf, spendPage } from './entity.ts'
import { fieldsOf } from './facet.ts'
import { keyFor } from './record.ts'

type Place = Parameters<typeof keyFor>[1]

const byOf = (context: Context, place: Place) => ({
  tenant: context.tenant,
  subject: context.caller.subject,
  key: keyFor(context.caller, place),
})

export const grantBody = async (
  grant: Parameters<typeof fieldsOf>[0],
  context: Context,
): Promise<Partial<GrantBody>> => (await fieldsOf(grant, context)) as Partial<GrantBody>

/** The instant by which grants begin and end. */
export const nowOf = ({ services }: Context) => services.now?.() ?? Date.now()

/** Whether a grant holds now. What its record lacks, it does not grant. */
export const isGrantOpen = ({ begins, until, revokedAt }: Partial<GrantBody>, context: Context) =>
  begins !== undefined &&
  until !== undefined &&
  isOpen({ begins, until, revokedAt }, nowOf(context))

/** A grant of the tenant's own, given or received, with its body; `null` where there is none. */
export async function findGrant(
  id: string,
  context: Context,
): Promise<{ grant: EntityAt; body: Partial<GrantBody> } | null> {
  const { pin, graph } = context
  const { entities } = await pin.read((n) => entitiesByIds(graph.read, [checkId(id)], n))
  const [grant] = entities
  if (grant?.kind !== 'Grant') return null
  return { grant, body: await grantBody(grant, context) }
}

/** @throws {Problem} `GRANT_INVALID`, `ENTITY_UNKNOWN`, `TENANT_UNKNOWN`. */
export async function createGrant(
  { input }: { input: GrantAsked },
  context: Context,
  place: Place,
): Promise<Receipt> {
  checkId(input.root)
  const receipt = await giveGrant(context.services.ledger, input, byOf(context, place))
  context.pin.reached(receipt.position)
  return receipt
}

/** @throws {Problem} `GRANT_UNKNOWN`, `ENTITY_ID_INVALID`. */
export async function endGrant(
  { id }: { id: string },
  context: Context,
  place: Place,
): Promise<Receipt> {
  const found = await findGrant(id, context)
  if (found?.body.side !== 'given' || !found.body.to) throw grantUnknown(id)
  const { ledger } = context.services
  const receipt = await revokeGrant(ledger, { id, to: found.body.to }, byOf(context, place))
  context.pin.reached(receipt.position)
  return receipt
}

export interface GrantsAsked {
  side?: GrantBody['side'] | null
  active?: boolean | null
  first: number
  after?: string | null
}

/** How many grants are read at once to find those that are asked for, and how many for one page. */
const AT_ONCE = 500
const MOST_READ = 2_000

/**
 * Lists the tenant's grants, the oldest first; later pages at the position of the first. Others may have
 * given it any number: a page ends where many were read, whether or not it is full, and says so.
 */
export async function listGrants(
  { side, active, first, after }: GrantsAsked,
  context: Context,
): Promise<Connection<EntityAt>> {
  spendPage(first, context)
  const question = ['grants', context.tenant, side ?? null, active ?? null]
  const cursor = after == null ? undefined : readCursor(question, ['string'], after)
  const found: EntityAt[] = []
  let from = cursor?.place[0] as string | undefined
  let epoch = 0
  const cursorOf = ({ id, at }: EntityAt) =>
    writeCursor(question, { position: { epoch, seq: at }, place: [id] })
  for (let count = AT_ONCE; ; count += AT_ONCE) {
    const asked = { kind: 'Grant' as const, after: from, first: AT_ONCE }
    const read = (n: number | null) => entitiesInOrder(context.graph.read, asked, n)
    const page = await (cursor ? context.pin.readAt(cursor.position, read) : context.pin.read(read))
    epoch = page.epoch
    context.spend(page.entities.length)
    const bodies = await Promise.all(page.entities.map((grant) => grantBody(grant, context)))
    found.push(
      ...page.entities.filter((_, i) => {
        const body = bodies[i]!
        const isWanted = active == null || isGrantOpen(body, context) === active
        return (side ?? body.side) === body.side && isWanted
      }),
    )
    if (found.length > first || page.entities.length < AT_ONCE) break
    const last = page.entities.at(-1)!
    if (count >= MOST_READ) {
      const { edges } = connectionOf(found, true, cursorOf)
      return { edges, pageInfo: { hasNextPage: true, endCursor: cursorOf(last) } }
    }
    from = last.id
  }
  return connectionOf(found.slice(0, first), found.length > first, cursorOf)
}
