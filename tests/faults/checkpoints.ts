import { sha256 } from '../../core/sha256.ts'
import type { Database } from '../../lineage/graph.ts'
import { readTiles } from '../../lineage/log.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { type Checkpoint, verifyCheckpoint } from '../../proofs/checkpoint.ts'
import { consistencyRanges, verifyConsistency } from '../../proofs/consistency.ts'
import type { Range } from '../../proofs/range.ts'
import { hashOfRange, tilesForRange } from '../../proofs/tiles.ts'
import { SERVICE_NAME } from '../setup/ledger.ts'

/** The checkpoints in signed notes, smallest first, each signature verified. */
export const readNotes = (notes: Iterable<string>, tenant: string, publicKey: Uint8Array) =>
  [...notes]
    .map((note) =>
      verifyCheckpoint(sha256, note, { origin: `${SERVICE_NAME}/${tenant}`, x: b64(publicKey) }),
    )
    .sort((a, b) => a.size - b.size)

/** Proves consistency between two sizes of a stored log, from its tiles alone. */
export function prover(database: Database, tenant: string) {
  const cache = new Map<string, Promise<Uint8Array>>()
  const tileAt = (level: number, index: number) => {
    const key = `${level}/${index}`
    const known = cache.get(key)
    if (known) return known
    const tile = readTiles(database.graph(tenant).read, [{ level, index }]).then(([row]) =>
      unb64(row!.hashes),
    )
    cache.set(key, tile)
    return tile
  }
  const hashOf = async ({ start, end }: Range) => {
    const wanted = tilesForRange(start, end)
    const tiles = new Map(
      await Promise.all(
        wanted.map(
          async ({ level, index }) => [`${level}/${index}`, await tileAt(level, index)] as const,
        ),
      ),
    )
    return hashOfRange(sha256, { start, end }, (level, index) => tiles.get(`${level}/${index}`)!)
  }
  /** @throws {ProofError} Where the later does not begin with the earlier. */
  return async (earlier: Checkpoint, later: Checkpoint) => {
    const path = await Promise.all(consistencyRanges(earlier.size, later.size).map(hashOf))
    verifyConsistency(sha256, {
      size1: earlier.size,
      size2: later.size,
      root1: earlier.root,
      root2: later.root,
      path,
    })
  }
}
