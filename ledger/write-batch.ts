import { sha256 } from '../core/sha256.ts'
import {
  changeEntities,
  createEntityNodes,
  createRecords,
  type EntityRow,
  writeEdges,
} from '../lineage/entity-store.ts'
import type { Ask } from '../lineage/graph.ts'
import { moveLog, saveTiles, type TileRow } from '../lineage/log.ts'
import { b64, unb64 } from '../proofs/base64.ts'
import { appendLeaf, type Edge } from '../proofs/merkle.ts'
import { growTiles } from '../proofs/tiles.ts'
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
  head: { size: number; edge: readonly string[] },
  tiles: readonly TileRow[],
): Promise<{ size: number; edge: readonly string[] }> {
  if (batch.records.length === 0) return { size: head.size, edge: head.edge }
  const leaves = batch.records.map(({ leaf }) => unb64(leaf))
  const present = new Map(tiles.map((tile) => [`${tile.level}/${tile.index}`, unb64(tile.hashes)]))
  const grown = growTiles(sha256, head.size, leaves, (level, index) => {
    const tile = present.get(`${level}/${index}`)
    if (!tile) throw new Error(`tile ${level}/${index} is missing from a log of ${head.size}`)
    return tile
  })
  let edge: Edge = { size: head.size, hashes: head.edge.map((hash) => unb64(hash)) }
  for (const leaf of leaves) edge = appendLeaf(sha256, edge, leaf)
  const entities = [...batch.entities.values()]
  const isNew = ({ first }: Entity) => first >= head.size
  const edges = edgeRows(batch.edges)
  const after = { size: edge.size, edge: edge.hashes.map(b64) }
  // Sent without waiting for each other: the driver pipelines them, the server runs them in this order.
  await Promise.all([
    createRecords(ask, batch.records),
    createEntityNodes(ask, entities.filter(isNew).map(entityRow)),
    changeEntities(ask, entities.filter((entity) => !isNew(entity)).map(entityRow)),
    // Closed first: an edge that is dropped and linked anew would otherwise be closed twice.
    writeEdges(ask, 'change', edges.change),
    writeEdges(ask, 'create', edges.create),
    saveTiles(
      ask,
      grown.map((tile) => ({ ...tile, hashes: b64(tile.hashes) })),
    ),
    moveLog(ask, { ...after, at: batch.at }),
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
})
