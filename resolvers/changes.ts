import type { RecordedChange, Under } from '../domains/changes/changes.ts'
import { readChanges } from '../domains/changes/read-changes.ts'
import { tenantUnknown } from '../ledger/problems.ts'
import { type EntityAt, entitiesByIds } from '../lineage/entities.ts'
import type { Kind } from '../lineage/kinds.ts'
import { readLog } from '../lineage/log.ts'
import { formatPosition, parsePosition } from '../lineage/position.ts'
import { rootUnknown } from '../lineage/problems.ts'
import { checkQuestion } from '../lineage/traversal.ts'
import type { Direction } from '../lineage/traversal-texts.ts'
import { versionsOf } from '../lineage/versions.ts'
import { parseLeaf, type RecordHeader } from '../proofs/leaf.ts'
import type { Context } from './context.ts'
import { checkId } from './entity.ts'
import type { Version } from './history.ts'
import type { Feed } from './subscription.ts'

export interface ChangesSubscribed {
  root?: string | null
  direction: Direction
  depth: number
  kinds?: readonly Kind[] | null
  after?: string | null
}

/** How many changes are read at once for one reader: what is not told yet is held in memory. */
const AT_ONCE = 20

/**
 * Opens the changes of a tenant from a position on: the one that the client last saw, or `after`, or now.
 *
 * @throws {Problem} `POSITION_INVALID`, `POSITION_LOST`, `POSITION_NOT_REACHED`; with a root
 *   `ENTITY_ID_INVALID`, `LINEAGE_DEPTH_OUT_OF_RANGE`, `LINEAGE_ROOT_UNKNOWN`.
 */
export async function openChanges(asked: ChangesSubscribed, context: Context): Promise<Feed> {
  const { kinds = null } = asked
  const { graph, pin, subscribing } = context
  const under = await underOf(asked, context)
  const seen = subscribing?.lastSeen ?? asked.after
  const head = (n: number | null) =>
    readLog(graph.read).then((log) => log && { ...log, n: n ?? log.size })
  const start = seen == null ? undefined : parsePosition(seen)
  const log = await (start ? pin.readAt(start, head) : pin.read(head))
  return {
    tenant: graph.tenant,
    permission: 'changes:read',
    start: formatPosition(start ?? { epoch: log.epoch, seq: log.n }),
    async read(after, { graph: own }) {
      const asked = { after: parsePosition(after), first: AT_ONCE, kinds, under }
      const page = await readChanges(own, asked)
      if (!page) throw tenantUnknown(own.tenant)
      const { changes, through, end } = page
      return {
        events: changes.map((event) => ({
          ...{ place: formatPosition(event.position), position: event.position, event },
        })),
        through: formatPosition(through),
        more: through.seq < end.seq,
        wait: { beyond: through },
      }
    },
  }
}

/** @throws {Problem} `ENTITY_ID_INVALID`, `LINEAGE_DEPTH_OUT_OF_RANGE`, `LINEAGE_ROOT_UNKNOWN`. */
export async function underOf(
  { root, direction, depth }: Pick<ChangesSubscribed, 'root' | 'direction' | 'depth'>,
  { graph, pin }: Context,
): Promise<Under | null> {
  if (root == null) return null
  checkId(root)
  checkQuestion({ depth, first: 1 })
  const { entities } = await pin.read((n) => entitiesByIds(graph.read, [root], n))
  if (entities.length === 0) throw rootUnknown(root)
  return { root, direction, depth }
}

/** The entity as its record left it. */
export async function entityOfChange(
  { position, entity: { id } }: RecordedChange,
  { graph, pin }: Context,
): Promise<EntityAt> {
  const { entities } = await pin.readAt(position, (n) => entitiesByIds(graph.read, [id], n))
  return entities[0]!
}

/** The record as a version of its entity, with the one that it took the place of. */
export async function versionOfChange(
  { header, erased, erasure }: RecordedChange,
  { graph }: Context,
): Promise<Version> {
  const { id, seq } = header
  const [row] = await versionsOf(graph.read, { id, to: seq, first: 1 })
  const before = row ? { row, header: parseLeaf(row.header) as RecordHeader } : null
  return { header, row: { seq, header: '', erased, erasure }, before }
}
