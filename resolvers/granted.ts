import { keptWith } from '../core/kept-with.ts'
import { proveLeaf } from '../domains/evidence/log-proofs.ts'
import type { GrantBody } from '../domains/grants/grant.ts'
import type { SignedCheckpoint } from '../ledger/ledger.ts'
import { readCursor, writeCursor } from '../lineage/cursor.ts'
import type { EntityAt } from '../lineage/entities.ts'
import {
  type GrantedGraph,
  type GrantedPage,
  type GrantedQuestion,
  openGranted,
} from '../lineage/granted.ts'
import { formatPosition } from '../lineage/position.ts'
import { grantUnknown } from '../lineage/problems.ts'
import { checkQuestion } from '../lineage/traversal.ts'
import { type GrantedLoaders, grantedLoaders } from '../loaders/granted.ts'
import { b64 } from '../proofs/base64.ts'
import { parseLeaf, type RecordHeader } from '../proofs/leaf.ts'
import type { Context } from './context.ts'
import { checkId, type PageInfo } from './entity.ts'
import { findGrant, isGrantOpen } from './grant.ts'
import type { LogInclusion } from './log.ts'

/** Another tenant's graph, as a grant shows it to the caller's. */
export interface Granted {
  /** The receiver's own record of it. */
  grant: EntityAt
  /** The tenant that gave it. */
  from: string
  graph: GrantedGraph
  about: GrantedLoaders
  /** A checkpoint of the giver's log that covers all that is read here. */
  covering(): Promise<SignedCheckpoint>
}

/** Something that a grant shows, with the grant. */
export interface Shown<What> {
  what: What
  granted: Granted
}

export type GrantedEntity = Shown<EntityAt>
export type GrantedLineage = Shown<GrantedPage> & { asked: GrantedQuestion }

/** What one request has opened: all that it asks of one grant is read at one position. */
const opened = keptWith<Context, Map<string, Promise<Granted>>>()

/**
 * Opens a grant that the caller's tenant has received and that holds now. One that is over, not yet
 * begun, revoked, given to another or not there at all is told in the same words.
 *
 * @throws {Problem} `GRANT_UNKNOWN`, `ENTITY_ID_INVALID`.
 */
export function openGrant({ grant: id }: { grant: string }, context: Context): Promise<Granted> {
  const grants = opened.get(context) ?? new Map<string, Promise<Granted>>()
  opened.set(context, grants)
  let granted = grants.get(id)
  if (!granted) {
    granted = openOne(id, context)
    grants.set(id, granted)
  }
  return granted
}

async function openOne(id: string, context: Context): Promise<Granted> {
  const found = await findGrant(id, context)
  if (!found || !isReceived(found.body, context) || !isGrantOpen(found.body, context)) {
    throw grantUnknown(id)
  }
  const { from, fields, reference, root, direction, depth, kinds, until } = found.body
  const { database, ledger } = context.services
  const held = { id, given: reference, root, direction, depth, kinds, until }
  // The one place where the graph of another tenant is opened, and nothing but this grant gets it.
  const graph = openGranted(database.graph(from), held)
  let covering: Promise<SignedCheckpoint> | undefined
  return {
    grant: found.grant,
    from,
    graph,
    about: grantedLoaders(graph, fields),
    covering() {
      covering ??= graph.position().then(({ seq }) => ledger.checkpointOf(from, seq))
      return covering
    },
  }
}

const isReceived = (
  body: Partial<GrantBody>,
  { tenant }: Context,
): body is GrantBody & Required<Pick<GrantBody, 'reference'>> =>
  body.side === 'received' && body.to === tenant && body.reference !== undefined

export interface GrantedLineageAsked extends GrantedQuestion {
  first: number
  after?: string | null
}

/**
 * Answers a lineage question within a grant, in the order of plain lineage.
 *
 * @throws {Problem} `GRANT_EXCEEDED`, `GRANT_UNKNOWN`, `LINEAGE_ROOT_UNKNOWN` for what is not granted, be
 *   it there or not; `LINEAGE_CURSOR_INVALID`, `LINEAGE_DEPTH_OUT_OF_RANGE`, `LINEAGE_PAGE_OUT_OF_RANGE`.
 */
export async function findGrantedLineage(
  granted: Granted,
  { root, direction, depth, first, after }: GrantedLineageAsked,
  context: Context,
): Promise<GrantedLineage> {
  if (root != null) checkId(root)
  checkQuestion({ depth: depth ?? 0, first })
  context.spend(first)
  const asked = { root, direction, depth }
  const cursor =
    after == null
      ? undefined
      : readCursor(questionKey(granted, asked, context), ['number', 'string'], after)
  const [distance, id] = (cursor?.place ?? []) as [number, string]
  const page = { first, ...(cursor && { after: { distance, id } }) }
  const what = await granted.graph.lineage(asked, page, cursor?.position)
  granted.about.prime(what.nodes.map(({ entity }) => entity))
  return { what, granted, asked }
}

/** As it was asked: a grant's terms never change, so that what is left out means the same each time. */
const questionKey = (
  { grant }: Granted,
  { root, direction, depth }: GrantedQuestion,
  { tenant }: Context,
) => ['granted', tenant, grant.id, root ?? null, direction ?? null, depth ?? null]

export function grantedPageInfo(
  { what: page, granted, asked }: GrantedLineage,
  context: Context,
): PageInfo {
  const last = page.nodes.at(-1)
  const position = { epoch: page.epoch, seq: page.n }
  const endCursor = last
    ? writeCursor(questionKey(granted, asked, context), {
        position,
        place: [last.distance, last.entity.id],
      })
    : null
  return { hasNextPage: page.beyond > 0, endCursor }
}

/** An entity that is granted; `null` for any other, be it there or not. */
export async function findGrantedEntity(
  granted: Granted,
  { id }: { id: string },
  context: Context,
): Promise<GrantedEntity | null> {
  context.spend(1)
  const what = await granted.about.entity(checkId(id))
  return what && { what, granted }
}

/** The root is on the first page; a later one looks it up. */
export async function grantedRoot({
  what: { root, nodes },
  granted,
}: Shown<GrantedPage>): Promise<GrantedEntity> {
  const head = nodes.find(({ entity }) => entity.id === root)?.entity
  return { what: head ?? (await granted.about.entity(root))!, granted }
}

export const grantedPosition = async ({ graph }: Granted) => formatPosition(await graph.position())

/** A leaf that is proven, and its header where that names nothing but what is granted. */
export type GrantedInclusion = Omit<LogInclusion, 'header'> & { header: string | null }

/**
 * Proves that the record in force of a granted entity is in the log of who gave the grant.
 *
 * A header names the neighbours that came and went: it is shown only where all of them are granted.
 */
export async function proveGranted({
  what: entity,
  granted,
}: GrantedEntity): Promise<GrantedInclusion> {
  const { root, note } = await granted.covering()
  const ask = granted.graph.proofAsk(entity)
  const { path, header, ...proof } = await proveLeaf(ask, entity.seq, { note })
  const { links, unlinks } = parseLeaf(header) as RecordHeader
  const named = [...links, ...unlinks].map(({ id }) => id).filter((id) => id !== entity.id)
  const found = await Promise.all(named.map((id) => granted.about.entity(id)))
  const isShown = found.every((one) => one !== null)
  return {
    seq: entity.seq,
    root,
    note,
    path: path.map(b64),
    ...proof,
    header: isShown ? header : null,
  }
}
