import { sha256 } from '../core/sha256.ts'
import type { Ask } from '../lineage/graph.ts'
import { readTiles } from '../lineage/log.ts'
import { b64, unb64 } from '../proofs/base64.ts'
import { ProofError } from '../proofs/error.ts'
import { rootFromTiles, tilesForRoot } from '../proofs/tiles.ts'

/**
 * The roots over the log's first leaves, for each of the sizes, recomputed from the stored tiles in
 * one read; `null` where a tile is missing or cut short, so that there is no such log.
 */
export async function storedRoots(ask: Ask, sizes: readonly number[]): Promise<(string | null)[]> {
  const wanted = new Map(
    sizes.flatMap(tilesForRoot).map((tile) => [`${tile.level}/${tile.index}`, tile]),
  )
  const rows = await readTiles(ask, [...wanted.values()])
  const tiles = new Map(rows.map((row) => [`${row.level}/${row.index}`, unb64(row.hashes)]))
  const getTile = (level: number, index: number) =>
    tiles.get(`${level}/${index}`) ?? new Uint8Array()
  return sizes.map((size) => {
    try {
      return b64(rootFromTiles(sha256, size, getTile))
    } catch (error) {
      if (error instanceof ProofError && error.code === 'PROOF_TILE') return null
      throw error
    }
  })
}
