import { proveUsage } from '../domains/metering/prove.ts'
import { type Sealed, sealUsage } from '../domains/metering/seal.ts'
import { readCursor, writeCursor } from '../lineage/cursor.ts'
import { entitiesByIds } from '../lineage/entities.ts'
import {
  type UsageRow,
  type UsageWindow,
  usageInOrder,
  type WindowState,
  windowById,
  windowsInOrder,
} from '../lineage/usage.ts'
import { usageProofBytes } from '../proofs/usage-proof.ts'
import { text } from '../proofs/utf8.ts'
import type { Context } from './context.ts'
import { type PageInfo, spendPage } from './entity.ts'
import { nowOf } from './grant.ts'

/** A page of windows, or of events. */
export interface UsagePage<Node> {
  nodes: Node[]
  pageInfo: PageInfo
}

export interface WindowsAsked {
  state?: WindowState | null
  /** A day: only windows of days before. */
  before?: string | null
  first: number
  after?: string | null
}

const STATES: readonly WindowState[] = ['open', 'closing', 'sealed']
/** Behind every id of a window. */
const LAST = '~'

/** Lists windows in the order of their days. */
export function listWindows(
  { state, before, first, after }: WindowsAsked,
  context: Context,
): Promise<UsagePage<UsageWindow>> {
  const read = (from: string, count: number) =>
    windowsInOrder(context.graph.read, {
      ...{ after: from, before: before?.slice(0, 10) ?? LAST, first: count },
      states: state ? [state] : STATES,
    })
  const question = ['usageWindows', context.tenant, state ?? null, before ?? null]
  return pageOf({ question, first, after, placeOf: ({ id }) => id, read }, context)
}

/** Lists the events of a window in the order of its tree. */
export function listUsage(
  { id }: UsageWindow,
  { first, after }: { first: number; after?: string | null },
  context: Context,
): Promise<UsagePage<UsageRow>> {
  const read = (from: string, count: number) =>
    usageInOrder(context.graph.read, { window: id, after: from, first: count })
  const question = ['usageEvents', context.tenant, id]
  return pageOf({ question, first, after, placeOf: ({ key }) => key, read }, context)
}

interface Paged<Node> {
  question: readonly unknown[]
  first: number
  after?: string | null
  placeOf(node: Node): string
  read(from: string, count: number): Promise<Node[]>
}

/** Windows and events are of now, whatever the position of the request: a cursor holds a place alone. */
async function pageOf<Node>(
  { question, first, after, placeOf, read }: Paged<Node>,
  context: Context,
): Promise<UsagePage<Node>> {
  spendPage(first, context)
  const [from] = after == null ? [''] : readCursor(question, ['string'], after).place
  const found = await read(from as string, first + 1)
  const nodes = found.slice(0, first)
  const last = nodes.at(-1)
  const cursor = { position: { epoch: 0, seq: 0 }, place: last ? [placeOf(last)] : [] }
  return {
    nodes,
    pageInfo: {
      hasNextPage: found.length > first,
      endCursor: last ? writeCursor(question, cursor) : null,
    },
  }
}

export const findWindow = async ({ id }: { id: string }, { graph }: Context) =>
  (await windowById(graph.read, id)) ?? null

/** The record of a window that is sealed, as far as the request's position goes. */
export async function recordOfWindow({ state, record }: UsageWindow, { graph, pin }: Context) {
  if (state !== 'sealed' || record === null) return null
  const { entities } = await pin.read((n) => entitiesByIds(graph.read, [record], n))
  return entities[0] ?? null
}

/** @throws {Problem} `METERING_WINDOW_UNKNOWN`, `METERING_WINDOW_NOT_OVER`, and what the ledger refuses. */
export async function seal({ window }: { window: string }, context: Context): Promise<Sealed> {
  const { services, graph, caller, pin } = context
  const sealing = { subject: caller.subject, now: nowOf(context) }
  const sealed = await sealUsage({ graph, ledger: services.ledger }, window, sealing)
  if (sealed.receipt) pin.reached(sealed.receipt.position)
  return sealed
}

/** @throws {Problem} `METERING_EVENT_UNKNOWN`, `METERING_EVENT_ERASED`, `METERING_WINDOW_NOT_SEALED`. */
export async function prove(asked: { source: string; id: string }, { graph }: Context) {
  const proof = await proveUsage(graph, asked)
  return { record: proof.record, document: text(usageProofBytes(proof)) }
}
