import { type ChangedEntity, changedEntities, turnedEdges } from '../lineage/changed.ts'
import { readCursor, writeCursor } from '../lineage/cursor.ts'
import { type EntityAt, entitiesByIds } from '../lineage/entities.ts'
import type { Kind } from '../lineage/kinds.ts'
import { readLog } from '../lineage/log.ts'
import { formatPosition, type Position } from '../lineage/position.ts'
import { type AsOf, positionAsOf, requireSame } from './as-of.ts'
import type { Context } from './context.ts'
import {
  type Between,
  type ChangesPage,
  type EntityChange,
  edgeChanges,
  entityChange,
} from './diff-entity.ts'
import { type LineageDiffAsked, lineageChanges } from './diff-lineage.ts'
import { checkId, type PageInfo, spendPage } from './entity.ts'
import { requireOfLog } from './pin.ts'
import { diffBackwards } from './problems.ts'

export interface DiffAsked {
  from: AsOf
  to?: AsOf | null
  root?: LineageDiffAsked | null
  kinds?: readonly Kind[] | null
  first: number
  after?: string | null
}

/** A page of what differs between two moments. */
export interface Diff {
  from: string
  to: string
  nodes: EntityChange[]
  pageInfo: PageInfo
}

/** The most entities on a page: each is read twice, with its edges. */
export const MOST_CHANGED = 500

/** How much of the log is looked through at once, and how often for one page. */
const STRETCH = 2_000
const MOST_STRETCHES = 10

/**
 * What differs between two moments, whatever happened in between.
 *
 * @throws {Problem} As `positionAsOf`; `DIFF_BACKWARDS`, `AS_OF_CURSOR_MISMATCH`,
 *   `LINEAGE_CURSOR_INVALID`, `LINEAGE_PAGE_OUT_OF_RANGE`; with a root as `lineageChanges`.
 */
export async function findDiff(asked: DiffAsked, context: Context): Promise<Diff> {
  const { first, after, root, kinds } = asked
  spendPage(first, context, MOST_CHANGED)
  if (root) checkId(root.id)
  const key = ['diff', context.tenant, root ?? null, kinds ?? null]
  const shape = root ? (['number', 'string'] as const) : (['number', 'number'] as const)
  const cursor = after == null ? undefined : readCursor(key, shape, after)
  const between = await betweenAsked(asked, cursor, context)
  const place = cursor?.place[1]
  const page = root
    ? await lineageChanges({ ...root, between, kinds, first, after: place as string }, context)
    : await logChanges({ between, kinds, first, start: place as number | undefined }, context)
  const { from, to } = between
  const endCursor =
    page.next === null ? null : writeCursor(key, { position: to, place: [from.seq, page.next] })
  return {
    from: formatPosition(from),
    to: formatPosition(to),
    nodes: page.nodes,
    pageInfo: { hasNextPage: endCursor !== null, endCursor },
  }
}

/** Where a cursor goes on, it says between what; what is asked must be just that. */
async function betweenAsked(
  { from: since, to: until }: DiffAsked,
  cursor: { position: Position; place: readonly (string | number)[] } | undefined,
  context: Context,
): Promise<Between> {
  const { graph, pin } = context
  const from = await positionAsOf(since, context)
  await requireOfLog(graph, from)
  const asked = until == null ? undefined : await positionAsOf(until, context)
  if (cursor) {
    await requireSame(from, { ...cursor.position, seq: Number(cursor.place[0]) }, context)
    if (asked) await requireSame(asked, cursor.position, context)
    return { from, to: cursor.position }
  }
  const head = (n: number | null) =>
    readLog(graph.read).then((log) => log && { ...log, n: n ?? log.size })
  const log = await (asked ? pin.readAt(asked, head) : pin.read(head))
  const to = { epoch: log.epoch, seq: log.n }
  if (from.seq > to.seq) throw diffBackwards(formatPosition(from), formatPosition(to))
  return { from, to }
}

/** Goes through the log between the two, so that it costs what changed, and not what there is. */
async function logChanges(
  asked: { between: Between; kinds?: readonly Kind[] | null; first: number; start?: number },
  context: Context,
): Promise<ChangesPage<number>> {
  const { between, first, kinds = null } = asked
  const { from, to } = between
  const changed: ChangedEntity[] = []
  let start = asked.start ?? from.seq
  for (let i = 0; i < MOST_STRETCHES && start < to.seq && changed.length <= first; i++) {
    const stop = Math.min(start + STRETCH, to.seq)
    const stretch = { from: start, to: stop, kinds, first: first + 1 - changed.length }
    const read = await context.pin.readAt(to, (n) =>
      changedEntities(context.graph.read, stretch, n),
    )
    changed.push(...read.changed)
    start = stop
  }
  const shown = changed.slice(0, first)
  const nodes = await compared(shown, between, context)
  if (changed.length > first) return { nodes, next: shown.at(-1)!.last + 1 }
  return { nodes, next: start < to.seq ? start : null }
}

async function compared(
  afters: readonly EntityAt[],
  { from, to }: Between,
  context: Context,
): Promise<EntityChange[]> {
  if (afters.length === 0) return []
  const { read } = context.graph
  const ids = afters.map(({ id }) => id)
  const [{ entities }, edges] = await Promise.all([
    context.pin.readAt(from, (n) => entitiesByIds(read, ids, n)),
    turnedEdges(read, { ids, from: from.seq, to: to.seq }),
  ])
  const befores = new Map(entities.map((entity) => [entity.id, entity]))
  return afters.map((after) => {
    const turned = edges.get(after.id) ?? []
    context.spend(turned.length)
    const isNew = ({ since }: { since: number }) => since >= from.seq
    const changes = edgeChanges(
      turned.filter((edge) => !isNew(edge)),
      turned.filter(isNew),
    )
    return entityChange(befores.get(after.id) ?? null, after, changes)
  })
}
