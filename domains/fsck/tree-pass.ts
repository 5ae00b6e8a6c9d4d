import { sha256 } from '../../core/sha256.ts'
import { keysOfNote } from '../../ledger/log-keys.ts'
import type { LogHead, TileRow } from '../../lineage/log.ts'
import { b64 } from '../../proofs/base64.ts'
import { verifyCheckpoint } from '../../proofs/checkpoint.ts'
import { ProofError } from '../../proofs/error.ts'
import { HASH_BYTES } from '../../proofs/hash.ts'
import type { ScheduledKey } from '../../proofs/key-schedule.ts'
import { appendLeaf, type Edge, edgeRoot, emptyEdge } from '../../proofs/merkle.ts'
import { growTiles, TILE_WIDTH, type TileHashes } from '../../proofs/tiles.ts'
import type { Report } from './difference.ts'

const placeOf = ({ level, index }: { level: number; index: number }) => `${level}/${index}`

/** How many tiles a level has in a log of this size. */
export const tilesOfLevel = (size: number, level: number) =>
  Math.ceil(Math.floor(size / TILE_WIDTH ** level) / TILE_WIDTH)

/** Grows the tree anew from leaf hashes, and holds stored tiles, edge and checkpoint against it. */
export class TreePass {
  readonly #report: Report
  /** Roots that will be asked for, by the size that they are of. */
  readonly #roots = new Map<number, string>()
  /** Tiles at the right edge. */
  readonly #open = new Map<string, Uint8Array>()
  #edge: Edge = emptyEdge()
  #whole = true

  constructor(sizes: readonly number[], report: Report) {
    this.#report = report
    for (const size of sizes) this.#roots.set(size, '')
  }

  /** Whether the tree could be grown to the end: where a leaf is missing, nothing above it is known. */
  get whole() {
    return this.#whole
  }

  /**
   * Appends leaves and returns the tiles that they change, which are to be compared with the stored.
   *
   * @param hashes Leaf hashes in order, `null` for one that is missing.
   */
  append(hashes: readonly (Uint8Array | null)[]): TileHashes[] {
    const known = hashes.filter((hash) => hash !== null)
    if (known.length < hashes.length) this.#whole = false
    if (!this.#whole) return []
    const grown = growTiles(
      sha256,
      this.#edge.size,
      known,
      (level, index) => this.#open.get(placeOf({ level, index })) ?? new Uint8Array(),
    )
    for (const hash of known) {
      this.#edge = appendLeaf(sha256, this.#edge, hash)
      if (this.#roots.has(this.#edge.size)) {
        this.#roots.set(this.#edge.size, b64(edgeRoot(sha256, this.#edge)))
      }
    }
    for (const tile of grown) {
      if (tile.hashes.length < TILE_WIDTH * HASH_BYTES) this.#open.set(placeOf(tile), tile.hashes)
      else this.#open.delete(placeOf(tile))
    }
    return grown
  }

  /** Stored tiles may have grown on since: what is expected must be what they begin with. */
  compareTiles(expected: readonly TileHashes[], stored: readonly TileRow[]) {
    const byPlace = new Map(stored.map((tile) => [placeOf(tile), tile.hashes]))
    for (const tile of expected) {
      const found = byPlace.get(placeOf(tile))
      const what = `tile ${placeOf(tile)} of ${tile.hashes.length / HASH_BYTES} hashes`
      if (found === undefined) this.#report({ name: 'TILE_MISSING', what: `${what} is not there` })
      else if (!startsWith(found, tile.hashes)) {
        this.#report({ name: 'TILE', what: `${what} holds others than the leaves give` })
      }
    }
  }

  compareEdge({ edge }: LogHead) {
    const expected = this.#edge.hashes.map(b64)
    if (JSON.stringify(edge) !== JSON.stringify(expected)) {
      this.#report({ name: 'LOG_EDGE', what: 'the right edge is not that of the leaves' })
    }
  }

  /** @param keys The keys of the log, of which one that stands at that size must have signed it. */
  compareCheckpoint({ origin, checkpoint, signed }: LogHead, keys: readonly ScheduledKey[]) {
    if (checkpoint === null || keys.length === 0) return
    try {
      const key = keysOfNote(keys, origin, checkpoint).at(-1) ?? keys[0]!
      const { size, root } = verifyCheckpoint(sha256, checkpoint, { origin, x: key.x })
      const stood = key.from <= size && (key.until === null || size < key.until || key.compromised)
      if (size !== signed || !stood) {
        const what = stood
          ? `of ${size}, where the log says that ${signed} are signed`
          : `of ${size}, by ${key.kid}, which does not stand there`
        this.#report({ name: 'CHECKPOINT_INVALID', what })
      }
      const expected = this.#roots.get(size)
      if (this.#whole && expected !== b64(root)) {
        const what = `at ${size} its root is ${b64(root)}, the leaves give ${expected ?? 'none'}`
        this.#report({ name: 'CHECKPOINT_ROOT', what })
      }
    } catch (error) {
      if (!(error instanceof ProofError)) throw error
      this.#report({ name: 'CHECKPOINT_INVALID', what: `${error.code}: ${error.message}` })
    }
  }

  /** The root over all leaves in base64url; `null` where one is missing. */
  root() {
    return this.#whole ? b64(edgeRoot(sha256, this.#edge)) : null
  }
}

const startsWith = (stored: string, hashes: Uint8Array) => {
  const bytes = Buffer.from(stored, 'base64url')
  return bytes.length % HASH_BYTES === 0 && bytes.subarray(0, hashes.length).equals(hashes)
}
