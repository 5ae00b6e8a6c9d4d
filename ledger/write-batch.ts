import {
  changeEntities,
  createEntityNodes,
  type EntityRow,
  writeEdges,
} from '../lineage/entity-store.ts'
import { eraseBodies, forgetActor } from '../lineage/erasures.ts'
import type { Ask } from '../lineage/graph.ts'
import type { TileRow } from '../lineage/log.ts'
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
  head: LogEnd,
  tiles: readonly TileRow[],
): Promise<LogEnd> {
  if (batch.records.length === 0) return { size: head.size, edge: head.edge }
  const entities = [...batch.entities.values()]
  const isNew = ({ first }: Entity) => first >= head.size
  const edges = edgeRows(batch.edges)
  // Sent without waiting for each other: the driver pipelines them, the server runs them in this order.
  const [after] = await Promise.all([
    appendLeaves(ask, head, batch.records, tiles),
    createEntityNodes(ask, entities.filter(isNew).map(entityRow)),
    changeEntities(ask, entities.filter((entity) => !isNew(entity)).map(entityRow)),
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
    ...batch.actors.map(({ subject }) => forgetActor(ask, subject)),
  ])
  return after
}

const entityRow = (entity: Entity): EntityRow => ({
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
