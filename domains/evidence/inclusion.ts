import { sha256 } from '../../core/sha256.ts'
import type { Ask } from '../../lineage/graph.ts'
import { readTiles } from '../../lineage/log.ts'
import { unb64 } from '../../proofs/base64.ts'
import { type Batch, batchRanges } from '../../proofs/batch.ts'
import type { Range } from '../../proofs/range.ts'
import { hashOfRange, type Tile, tilesForRange } from '../../proofs/tiles.ts'

/**
 * The hashes over ranges of a log, from its stored tiles, read at once.
 *
 * @throws {Error} Where a tile is missing: the store is damaged, which `selvedge fsck` tells in detail.
 */
export async function rangeHashes(ask: Ask, ranges: readonly Range[]): Promise<Uint8Array[]> {
  const wanted = new Map<string, Tile>()
  for (const { start, end } of ranges) {
    for (const tile of tilesForRange(start, end)) wanted.set(`${tile.level}/${tile.index}`, tile)
  }
  const rows = await readTiles(ask, [...wanted.values()])
  const tiles = new Map(rows.map((row) => [`${row.level}/${row.index}`, unb64(row.hashes)]))
  return ranges.map((range) =>
    hashOfRange(sha256, range, (level, index) => {
      const tile = tiles.get(`${level}/${index}`)
      if (!tile) throw new Error(`tile ${level}/${index} is missing from the store`)
      return tile
    }),
  )
}

/** One proof that all of the leaves at `seqs` (ascending) stand in the log of `size` leaves. */
export async function batchProof(ask: Ask, size: number, seqs: readonly number[]): Promise<Batch> {
  return { size, seqs: [...seqs], hashes: await rangeHashes(ask, batchRanges(size, seqs)) }
}
