import type { Under } from '../domains/changes/changes.ts'
import { type Expiry, readExpiries } from '../domains/changes/read-expiries.ts'
import { isAssessing } from '../domains/terms/assessment.ts'
import { tenantUnknown } from '../ledger/problems.ts'
import { type EntityAt, entitiesByIds } from '../lineage/entities.ts'
import type { ExpiryPlace } from '../lineage/expiries.ts'
import { formatPosition } from '../lineage/position.ts'
import { cursorInvalid } from '../lineage/problems.ts'
import type { Json } from '../proofs/json.ts'
import { underOf } from './changes.ts'
import type { Context } from './context.ts'
import { nowOf } from './grant.ts'
import { findImpact, type Impact } from './impact.ts'
import type { Feed } from './subscription.ts'

export interface ExpiriesSubscribed extends Pick<Under, 'direction' | 'depth'> {
  root?: string | null
  after?: string | null
}

/** How many instants are looked at, at once for one reader. */
const AT_ONCE = 20

/**
 * How long after an instant it is told: what another server recorded just before it, by a clock that is
 * not quite the same, can be read by then.
 */
export const EXPIRY_GRACE_MS = 2_000

/**
 * Opens the expiries of a tenant's assessments from a place on: the one that the client last saw, or
 * `after`, or now.
 *
 * @throws {Problem} `LINEAGE_CURSOR_INVALID`; with a root as `openChanges`.
 */
export async function openExpiries(asked: ExpiriesSubscribed, context: Context): Promise<Feed> {
  const { graph, subscribing } = context
  const under = await underOf(asked, context)
  const seen = subscribing?.lastSeen ?? asked.after
  const start = seen == null ? { ms: nowOf(context), id: '' } : parsePlace(seen)
  return {
    tenant: graph.tenant,
    permission: 'changes:read',
    start: formatPlace(start),
    async read(after, own) {
      const [from, now] = [parsePlace(after), nowOf(own)]
      const until = now - EXPIRY_GRACE_MS
      const page = await readExpiries(
        own.graph,
        { after: from, until, first: AT_ONCE, under },
        (fields) => isAssessing({ action: 'assert', fields: fields as Record<string, Json> }),
      )
      if (!page) throw tenantUnknown(own.tenant)
      const { expiries, through, more, next } = page
      return {
        events: expiries.map((event) => ({
          ...{ place: formatPlace(event), position: event.position, event },
        })),
        through: formatPlace(through),
        more,
        wait: { ms: next === null ? Number.POSITIVE_INFINITY : next - until },
      }
    },
  }
}

const PLACE =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z)(?: (urn:selvedge:dpiapacket:\S{1,200}|~))?$/

/** Of an instant alone: before whatever expires at it. */
function parsePlace(text: string): ExpiryPlace {
  const [, instant, id = ''] = PLACE.exec(text) ?? []
  const ms = Date.parse(instant ?? '')
  if (Number.isNaN(ms)) throw cursorInvalid()
  return { ms, id }
}

export const formatPlace = ({ ms, id }: ExpiryPlace) =>
  `${new Date(ms).toISOString()}${id === '' ? '' : ` ${id}`}`

export const instantOf = ({ ms }: Expiry) => new Date(ms).toISOString()

/** The assessment as it was then. */
export async function entityOfExpiry(
  { id, position }: Expiry,
  { graph, pin }: Context,
): Promise<EntityAt> {
  const { entities } = await pin.readAt(position, (n) => entitiesByIds(graph.read, [id], n))
  return entities[0]!
}

/**
 * What it does that it expired: what a dry run told that was asked for it until then, first page.
 *
 * @throws {Problem} `PERMISSION_DENIED` without `impact:read`; as `findImpact`.
 */
export async function impactOfExpiry(
  expiry: Expiry,
  { first }: { first: number },
  context: Context,
): Promise<Impact> {
  await context.authorise('impact:read')
  const asOf = { position: formatPosition(expiry.position) }
  const asked = { id: expiry.id, change: 'EXPIRE', at: instantOf(expiry), first, asOf } as const
  return findImpact(asked, context)
}
