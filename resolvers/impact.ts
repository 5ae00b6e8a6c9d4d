import { sha256 } from '../core/sha256.ts'
import { EFFECTS, type Effect, gravest } from '../domains/impact/effects.ts'
import { type Affected, walk } from '../domains/impact/walk.ts'
import { type Cursor, readCursor, writeCursor } from '../lineage/cursor.ts'
import { openChange } from '../lineage/downstream.ts'
import { type EntityAt, entitiesByIds } from '../lineage/entities.ts'
import type { Position } from '../lineage/position.ts'
import { cursorInvalid, rootUnknown } from '../lineage/problems.ts'
import { b64 } from '../proofs/base64.ts'
import { utf8 } from '../proofs/utf8.ts'
import { type AsOf, readAsOf } from './as-of.ts'
import type { Context } from './context.ts'
import { type EntityNamed, idOfNamed, type PageInfo, spendPage } from './entity.ts'
import { planChange } from './impact-change.ts'
import { type Opened, openWalking, strandsIn } from './impact-stops.ts'
import type { Change, Found, Strand } from './impact-strand.ts'
import type { GivenTerms } from './impact-terms.ts'
import { openSaid, type SaidAt } from './said.ts'

export interface ImpactAsked extends EntityNamed {
  change: Change
  terms?: GivenTerms | null
  at?: string | null
  first: number
  after?: string | null
  asOf?: AsOf | null
  /** Whether what it said then is erased by now: then all is told that it may have been. */
  isLost?: boolean
}

/** One of the reasons why something is affected, with what says it. */
export interface ImpactReason extends Strand {
  licenseEntity: EntityAt | null
  clauseEntity: EntityAt | null
}

/** Something that a change would affect. */
export interface ImpactRow {
  entity: EntityAt
  distance: number
  effect: Effect
  /** The gravest of them, `MOST_TOLD` at most. */
  reasons: ImpactReason[]
  reasonCount: number
}

/** A page of what a change would do. */
export interface Impact {
  root: EntityAt
  at: string
  nodes: ImpactRow[]
  pageInfo: PageInfo
  position: Position
  opened: Opened
}

/** The most things on a page, and the most reasons that are told of each. */
export const MOST_AFFECTED = 500
export const MOST_TOLD = 20

/**
 * Says what a change would do to what is downstream, a page at a time, nearest first; later pages at
 * the position, and for the moment, of the first. Nothing is written.
 *
 * @throws {Problem} `LINEAGE_ROOT_UNKNOWN`, `ENTITY_ID_INVALID`, `ENTITY_NOT_NAMED`,
 *   `LINEAGE_CURSOR_INVALID`, `LINEAGE_PAGE_OUT_OF_RANGE`; as `planChange`, `walk` and `readAsOf`.
 */
export async function findImpact(asked: ImpactAsked, context: Context): Promise<Impact> {
  const { change, terms, at: given, first, after, asOf, isLost = false, ...named } = asked
  spendPage(first, context, MOST_AFFECTED)
  const id = await idOfNamed(named, context, asOf)
  const said = { terms: terms ?? null, at: given ?? null, ...(isLost && { isLost }) }
  const question = ['impact', context.tenant, id, change, hashOf(said)]
  const cursor = after == null ? undefined : readPlace(question, after)
  const { read } = context.graph
  const row = await readAsOf(context, { asOf, cursor }, (n) => openChange(read, id, n))
  if (row.root === null) throw rootUnknown(id)
  const what = { change, given, terms, isLost, cursor }
  const opened = await open({ ...row, root: row.root }, what, context)
  const page = await walk(openWalking(opened), { first, after: cursor?.after })
  const last = page.affected.at(-1)
  const { root, at, n } = opened
  const position = { epoch: row.epoch, seq: n }
  return {
    ...{ root, at, position, opened },
    nodes: await tell(page.affected, opened),
    pageInfo: {
      hasNextPage: page.more,
      endCursor: last
        ? writeCursor(question, { position, place: [last.distance, last.id, at] })
        : null,
    },
  }
}

const hashOf = (given: object) => b64(sha256(utf8(JSON.stringify(given))))

interface Place extends Cursor {
  after: { distance: number; id: string }
  at: string
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/

/** A moment that nobody named is the one of the first page, however late the next one is asked for. */
function readPlace(question: readonly unknown[], given: string): Place {
  const cursor = readCursor(question, ['number', 'string', 'string'], given)
  const [distance, id, at] = cursor.place as [number, string, string]
  if (!INSTANT.test(at)) throw cursorInvalid()
  return { ...cursor, after: { distance, id }, at }
}

interface Asked {
  change: Change
  given?: string | null
  terms?: GivenTerms | null
  isLost: boolean
  cursor?: Place
}

async function open(
  { n, root, degree, clauses, licences }: Found,
  { change, given, terms, isLost, cursor }: Asked,
  context: Context,
): Promise<Opened> {
  const { read } = context.graph
  const said = openSaid(read, n)
  const end = change === 'EXPIRE' ? await expiryOf(root, said) : undefined
  const at = given ?? cursor?.at ?? end ?? momentNow(context)
  const found = { root, degree, n, clauses, licences, day: at.slice(0, 10) }
  const planning = { ...found, change, given: terms ?? {}, isLost, said, context }
  return { ...(await planChange(planning)), ...found, at, said, read, isLost }
}

const momentNow = ({ services }: Context) => new Date(services.now?.() ?? Date.now()).toISOString()

/** When an assessment expires by what it says itself. */
async function expiryOf({ id }: EntityAt, said: SaidAt) {
  await said.load([id])
  const { expiresAt } = (said.get(id)?.fields ?? {}) as { expiresAt?: string }
  return expiresAt && new Date(expiresAt).toISOString()
}

const rankOf = ({ effect }: Strand) => EFFECTS.indexOf(effect)

async function tell(
  affected: readonly Affected[],
  { strands, n, read }: Opened,
): Promise<ImpactRow[]> {
  const reasons = affected.map(({ strands: mask }) =>
    strandsIn(strands, mask).sort((a, b) => rankOf(a) - rankOf(b)),
  )
  const told = reasons.map((some) => some.slice(0, MOST_TOLD))
  const named = told.flat().flatMap(({ licence, clause }) => [licence, clause])
  const ids = new Set([...affected.map(({ id }) => id), ...named.filter((id) => id !== null)])
  const { entities } = (await entitiesByIds(read, [...ids], n))!
  const byId = new Map(entities.map((entity) => [entity.id, entity]))
  const entity = (id: string | null) => (id === null ? null : byId.get(id)!)
  return affected.map(({ id, distance }, i) => ({
    ...{ entity: byId.get(id)!, distance, reasonCount: reasons[i]!.length },
    effect: gravest(reasons[i]!.map(({ effect }) => effect)),
    reasons: told[i]!.map((one) => ({
      ...one,
      licenseEntity: entity(one.licence),
      clauseEntity: entity(one.clause),
    })),
  }))
}
