import { type GrantBody, isOpen } from '../domains/grants/grant.ts'
import { EFFECTS, type Effect, gravest } from '../domains/impact/effects.ts'
import { impactTooWide } from '../domains/impact/problems.ts'
import { type Affected, walk } from '../domains/impact/walk.ts'
import { MOST_AT_ONCE, ownersAmong } from '../lineage/downstream.ts'
import { type EntityAt, entitiesByIds, entitiesInOrder } from '../lineage/entities.ts'
import { countShown } from '../lineage/granted.ts'
import { kindOfUrn } from '../lineage/kinds.ts'
import type { Context } from './context.ts'
import { nowOf } from './grant.ts'
import type { Impact } from './impact.ts'
import { type Opened, openWalking, strandsIn } from './impact-stops.ts'

/** Everything that a change would affect, found by one walk without pages. */
export interface ImpactCounts {
  affected: readonly Affected[]
  opened: Opened
}

/** The most owners that are told, and the most open grants that are looked through. */
export const MOST_OWNERS = 200
export const MOST_GRANTS = 100

/** @throws {Problem} `IMPACT_TOO_WIDE` */
export async function countImpact({ opened }: Impact): Promise<ImpactCounts> {
  const { affected } = await walk(openWalking(opened))
  return { affected, opened }
}

/** How many things each effect is the gravest for, the gravest effect first. */
export function countByEffect({ affected, opened: { strands } }: ImpactCounts) {
  const effects = new Map<bigint, Effect>()
  const counts = new Map<Effect, number>()
  for (const { strands: mask } of affected) {
    const known = effects.get(mask) ?? gravest(strandsIn(strands, mask).map(({ effect }) => effect))
    effects.set(mask, known)
    counts.set(known, (counts.get(known) ?? 0) + 1)
  }
  return EFFECTS.map((effect) => ({ effect, count: counts.get(effect) ?? 0 }))
}

/** How many things a principal answers for, or nobody does. */
export interface OwnerCount {
  owner: EntityAt | null
  count: number
}

/** By who answers for most of it. What several answer for is counted for each of them. */
export async function countByOwner({ affected, opened }: ImpactCounts): Promise<OwnerCount[]> {
  const { read, n } = opened
  const counts = new Map<string | null, number>()
  for (let at = 0; at < affected.length; at += MOST_AT_ONCE) {
    const ids = affected.slice(at, at + MOST_AT_ONCE).map(({ id }) => id)
    for (const { owner, count } of await ownersAmong(read, ids, n)) {
      counts.set(owner, (counts.get(owner) ?? 0) + count)
    }
  }
  const sorted = [...counts]
    .sort(([a, many], [b, more]) => more - many || ((a ?? '') < (b ?? '') ? -1 : 1))
    .slice(0, MOST_OWNERS)
  const ids = sorted.flatMap(([id]) => (id === null ? [] : [id]))
  const { entities } = (await entitiesByIds(read, ids, n))!
  const owners = new Map(entities.map((entity) => [entity.id, entity]))
  return sorted.map(([id, count]) => ({ owner: id === null ? null : owners.get(id)!, count }))
}

/** How many of the things another tenant sees through a grant. */
export interface GrantCount {
  grant: EntityAt
  to: string
  count: number
}

/**
 * By the grants that are open now and through which others see any of it, the oldest first. It tells
 * who sees things, and so takes the permission to list grants beside the one to ask about changes.
 *
 * @throws {Problem} `PERMISSION_DENIED`, `IMPACT_TOO_WIDE`.
 */
export async function countByGrant(counts: ImpactCounts, context: Context): Promise<GrantCount[]> {
  const { confirm } = await context.beginReading('grant:read')
  const [told] = await Promise.allSettled([grantsSeeing(counts, context)])
  await confirm()
  if (told.status === 'rejected') throw told.reason
  return told.value
}

async function grantsSeeing({ affected, opened }: ImpactCounts, context: Context) {
  const { read, n } = opened
  const found: GrantCount[] = []
  for (const { grant, body } of await openGrants(opened, context)) {
    const ids = affected
      .map(({ id }) => id)
      .filter((id) => body.kinds.some((kind) => kind === kindOfUrn(id)))
    if (ids.length === 0) continue
    const count = await countShown(read, body, { ids, n })
    if (count > 0) found.push({ grant, to: body.to, count })
  }
  return found
}

/** @throws {Problem} `IMPACT_TOO_WIDE` */
export function requireFewGrants(open: number) {
  if (open > MOST_GRANTS) throw impactTooWide('open grants', MOST_GRANTS)
}

/** How many grants are read at once, and how many in all: others may have given the tenant any number. */
const AT_ONCE = 500
const MOST_READ = 2_000

/** The grants given that hold now. */
async function openGrants({ read, n, said }: Opened, context: Context) {
  const open: { grant: EntityAt; body: GrantBody }[] = []
  const now = nowOf(context)
  let after: string | undefined
  for (let count = 0; ; count += AT_ONCE) {
    if (count >= MOST_READ) throw impactTooWide('open grants', MOST_GRANTS)
    const page = (await entitiesInOrder(read, { kind: 'Grant', after, first: AT_ONCE }, n))!
    await said.load(page.entities.map(({ id }) => id))
    for (const grant of page.entities) {
      const body = said.get(grant.id)?.fields as unknown as GrantBody | null | undefined
      if (body?.side === 'given' && isOpen(body, now)) open.push({ grant, body })
    }
    requireFewGrants(open.length)
    if (page.entities.length < AT_ONCE) return open
    after = page.entities.at(-1)!.id
  }
}
