import {
  changeEntities,
  createEntityNodes,
  type EntityWrite,
  writeEdges,
} from '../lineage/entity-store.ts'
import { eraseBodies, forgetActor } from '../lineage/erasures.ts'
import { type Findable, findableOf, isFindable } from '../lineage/findable.ts'
import type { Ask } from '../lineage/graph.ts'
import { kindOfUrn } from '../lineage/kinds.ts'
import type { TileRow } from '../lineage/log.ts'
import { eraseUsage } from '../lineage/usage.ts'
import { appendLeaves, type LogEnd } from './append-leaves.ts'
import type { Batch } from './batch.ts'
import { edgeRows } from './edge-rows.ts'
import type { Entity } from './entity.ts'

/**
 * Writes all that a transaction decided: records, entities, edges, tiles and the head of the log.
 *
 * @param tiles The partial tiles at the right edge of the log as it was locked.
 * @returns The log's size and edge after it.
 */
export async function writeBatch(
  ask: Ask,
  batch: Batch,
  head: LogEnd & { searched: number | null },
  tiles: readonly TileRow[],
): Promise<LogEnd> {
  if (batch.records.length === 0) return { size: head.size, edge: head.edge }
  const entities = [...batch.entities.values()]
  const isNew = ({ first }: Entity) => first >= head.size
  const isKnown = head.searched === head.size
  const edges = edgeRows(batch.edges)
  // Sent without waiting for each other: the driver pipelines them, the server runs them in this order.
  const [after] = await Promise.all([
    appendLeaves(ask, head, batch.records, tiles),
    createEntityNodes(
      ask,
      entities.filter(isNew).map((entity) => ({ ...entityRow(entity), ...foundBy(batch, entity) })),
    ),
    changeEntities(
      ask,
      entities
        .filter((entity) => !isNew(entity))
        .map((entity) => ({ ...entityRow(entity), ...foundAnew(batch, entity, isKnown) })),
    ),
    // Closed first: an edge that is dropped and linked anew would otherwise be closed twice.
    writeEdges(ask, 'change', edges.change),
    writeEdges(ask, 'create', edges.create),
  ])
  // Last, so that what this very transaction has written goes with the rest.
  await Promise.all([
    eraseBodies(
      ask,
      batch.erased.flatMap(({ rows }) => rows),
    ),
    eraseUsage(
      ask,
      batch.erased.map(({ entity }) => entity).filter((id) => kindOfUrn(id) === 'MeteringRecord'),
    ),
    ...batch.actors.map(({ subject }) => forgetActor(ask, subject)),
  ])
  return after
}

const foundBy = ({ tenant }: Batch, entity: Entity): Partial<Findable> =>
  isFindable(entity.kind) ? findableOf(tenant, entity) : {}

/**
 * By what a changed entity is found, where that has changed: it is the longest part of most nodes, and
 * what is not sent costs nothing. Where an older version has written, another may be stored than follows
 * from the body.
 */
function foundAnew(batch: Batch, entity: Entity, isKnown: boolean): Partial<Findable> {
  const now = foundBy(batch, entity)
  const before = isKnown ? batch.stored(entity.id) : undefined
  const isSame = before && JSON.stringify(foundBy(batch, before)) === JSON.stringify(now)
  return isSame ? {} : now
}

const entityRow = (entity: Entity): EntityWrite => ({
  id: entity.id,
  kind: entity.kind,
  namespace: entity.namespace,
  name: entity.name,
  version: entity.version,
  seq: entity.seq,
  first: entity.first,
  action: entity.action,
  leaf: entity.leaf,
  out: entity.out,
  alias: entity.aliasOf,
  erased: entity.erased,
})
