import { sha256 } from '../core/sha256.ts'
import { createRecords, type RecordRow } from '../lineage/entity-store.ts'
import type { Ask } from '../lineage/graph.ts'
import { moveLog, readTiles, saveTiles, type TileRow } from '../lineage/log.ts'
import { b64, unb64 } from '../proofs/base64.ts'
import { leafHash } from '../proofs/hash.ts'
import { type EpochLeaf, type KeyLeaf, leafBytes, type StateLeaf } from '../proofs/leaf.ts'
import { appendLeaf, type Edge } from '../proofs/merkle.ts'
import { edgeTiles, growTiles } from '../proofs/tiles.ts'
import { text } from '../proofs/utf8.ts'

/** How far a log goes: its size and the roots of the perfect subtrees that make it up. */
export interface LogEnd {
  size: number
  edge: readonly string[]
}

const TYPES = {
  'selvedge/key/1': 'key',
  'selvedge/state/1': 'state',
  'selvedge/epoch/1': 'epoch',
} as const

/** A leaf that belongs to no entity, as it is stored. */
export function leafRow(leaf: KeyLeaf | StateLeaf | EpochLeaf): RecordRow {
  const bytes = leafBytes(leaf)
  const { seq, at } = leaf
  return { seq, type: TYPES[leaf.v], header: text(bytes), leaf: b64(leafHash(sha256, bytes)), at }
}

/**
 * Appends leaves to the log that this transaction has locked: the records, the tiles at its right
 * edge, and the head. Entities and edges are the caller's, and so is that the rows are numbered on
 * from `head.size` and their times do not fall.
 *
 * @param head The head as it was locked, or as an earlier call in the transaction left it.
 * @param tiles The partial tiles at the right edge; read here where the caller has not done so.
 * @returns The log's end after it.
 */
export async function appendLeaves(
  ask: Ask,
  head: LogEnd,
  rows: readonly RecordRow[],
  tiles?: readonly TileRow[],
): Promise<LogEnd> {
  const last = rows.at(-1)
  if (!last) return { size: head.size, edge: head.edge }
  const stray = rows.find(({ seq }, i) => seq !== head.size + i)
  if (stray) throw new Error(`leaf ${stray.seq} is out of turn in a log of ${head.size}`)
  const leaves = rows.map(({ leaf }) => unb64(leaf))
  const present = tiles ?? (await readTiles(ask, edgeTiles(head.size)))
  const grown = grownTiles(head.size, leaves, present)
  let edge: Edge = { size: head.size, hashes: head.edge.map((hash) => unb64(hash)) }
  for (const leaf of leaves) edge = appendLeaf(sha256, edge, leaf)
  const after = { size: edge.size, edge: edge.hashes.map(b64) }
  // Sent without waiting for each other: the driver pipelines them, the server runs them in this order.
  await Promise.all([
    createRecords(ask, rows),
    saveTiles(ask, grown),
    moveLog(ask, { ...after, at: last.at }),
  ])
  return after
}

function grownTiles(size: number, leaves: readonly Uint8Array[], present: readonly TileRow[]) {
  const byPlace = new Map(present.map((tile) => [`${tile.level}/${tile.index}`, tile.hashes]))
  const grown = growTiles(sha256, size, leaves, (level, index) => {
    const hashes = byPlace.get(`${level}/${index}`)
    if (!hashes) throw new Error(`tile ${level}/${index} is missing from a log of ${size}`)
    return unb64(hashes)
  })
  return grown.map((tile) => ({ ...tile, hashes: b64(tile.hashes) }))
}
