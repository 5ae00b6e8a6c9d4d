import type { Checkpoint } from './checkpoint.ts'
import { entriesOf } from './entry-bundle.ts'
import { ProofError } from './error.ts'
import { equal, HASH_BYTES, leafHash, type Sha256 } from './hash.ts'
import { assertSize } from './range.ts'
import type { TileName } from './tile-path.ts'
import {
  edgeTiles,
  type GetTile,
  growTiles,
  rootFromTiles,
  TILE_WIDTH,
  tilePath,
  tilesForRoot,
} from './tiles.ts'

/** What a reader of a log must keep of it to go on: its size, and the tiles that are not full yet. */
export interface LogState {
  size: number
  /** By level and index, as in `1/0`. */
  partial: ReadonlyMap<string, Uint8Array>
}

/** A reader that has seen nothing yet. */
export const NOTHING_READ: LogState = { size: 0, partial: new Map() }

const placeOf = (level: number, index: number) => `${level}/${index}`

/**
 * Takes up a log that was read before, from its tiles.
 *
 * @param getTile Is asked for the tiles of `tilesForRoot(size)` and `edgeTiles(size)`.
 * @throws {ProofError} `PROOF_ROOT_MISMATCH` where the tiles are not those of the checkpoint; `PROOF_TILE`.
 */
export function resumeLog(
  sha256: Sha256,
  { size, root }: Pick<Checkpoint, 'size' | 'root'>,
  getTile: GetTile,
): LogState {
  requireRoot(rootFromTiles(sha256, size, getTile), root)
  const partial = new Map<string, Uint8Array>()
  for (const { level, index } of edgeTiles(size)) {
    const width = widthAt(level, index, size)
    partial.set(placeOf(level, index), getTile(level, index).slice(0, width * HASH_BYTES))
  }
  return { size, partial }
}

/**
 * Lists the files that change between two sizes of a log, at the widths of the later one and in the
 * order in which a crawl takes them: each bundle of entries before the tiles that it completes.
 */
export function* filesBetween(from: number, to: number): Generator<TileName> {
  assertSize(from)
  assertSize(to)
  const last = Math.ceil(to / TILE_WIDTH) - 1
  for (let index = Math.floor(from / TILE_WIDTH); index <= last && from < to; index++) {
    yield { level: 'entries', index, width: widthAt(0, index, to) }
    for (let [level, span] = [0, 1]; span <= to; level++, span *= TILE_WIDTH) {
      const isDue = index === last || (index + 1) % span === 0
      const at = Math.floor(index / span)
      const width = widthAt(level, at, to)
      if (isDue && width > Math.max(0, widthAt(level, at, from))) yield { level, index: at, width }
    }
  }
}

const widthAt = (level: number, index: number, size: number) =>
  Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH)

/** A crawl on its way from one size of a log to a later one. */
export interface Crawl {
  /**
   * Takes the next of `files`, and gives the entries that are new in it; none for a tile.
   *
   * @throws {ProofError} `PROOF_LOG_FILE` where it is not what the entries make, `PROOF_ENTRIES`
   */
  take(bytes: Uint8Array): Uint8Array[]
  /**
   * Ends it: the entries make the checkpoint's root.
   *
   * @throws {ProofError} `PROOF_ROOT_MISMATCH`; `PROOF_LOG_FILE` before the last file is taken.
   */
  end(): LogState
}

/**
 * Follows a log from what was read of it to a later checkpoint, over every file between: the entries
 * must make the tiles, and the tiles the root. It rests on the hashes kept from before, so that a log
 * which does not go on from there is found out, and no consistency proof is needed.
 *
 * Whether the checkpoint is the log's own, its signature says: that is the caller's to verify.
 *
 * @throws {ProofError} `PROOF_SIZES` where the checkpoint is of a smaller size; `PROOF_ROOT_MISMATCH`
 * where it is of the same size and another tree.
 */
export function openCrawl(
  sha256: Sha256,
  from: LogState,
  to: Pick<Checkpoint, 'size' | 'root'>,
): Crawl {
  if (to.size < from.size) {
    throw new ProofError('PROOF_SIZES', `the log had ${from.size} leaves, and now ${to.size}`)
  }
  const files = filesBetween(from.size, to.size)
  /** Tiles as far as the entries taken make them; a full one is dropped once its file was compared. */
  const made = new Map(from.partial)
  let size = from.size

  const grow = (name: TileName, bytes: Uint8Array) => {
    const entries = entriesOf(bytes)
    if (entries.length !== name.width) {
      throw mismatch(name, `holds ${entries.length} entries instead of ${name.width}`)
    }
    const hashes = entries.map((entry) => leafHash(sha256, entry))
    const known = size - name.index * TILE_WIDTH
    const before = made.get(placeOf(0, name.index)) ?? new Uint8Array()
    const same = hashes
      .slice(0, known)
      .every((hash, i) => equal(hash, before.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)))
    if (!same) throw mismatch(name, 'does not begin with the entries that were read before')
    const getTile: GetTile = (level, index) => made.get(placeOf(level, index)) ?? new Uint8Array()
    for (const tile of growTiles(sha256, size, hashes.slice(known), getTile)) {
      made.set(placeOf(tile.level, tile.index), tile.hashes)
    }
    size += hashes.length - known
    return entries.slice(known)
  }

  const compare = (name: TileName & { level: number }, bytes: Uint8Array) => {
    const place = placeOf(name.level, name.index)
    if (!equal(bytes, made.get(place)!)) throw mismatch(name, 'is not what the entries make')
    if (name.width === TILE_WIDTH) made.delete(place)
    return []
  }

  return {
    take(bytes) {
      const { value: name } = files.next()
      if (!name) throw new ProofError('PROOF_LOG_FILE', 'a file more than the log has')
      const { level } = name
      return level === 'entries' ? grow(name, bytes) : compare({ ...name, level }, bytes)
    },
    end() {
      if (size < to.size || !files.next().done) {
        throw new ProofError('PROOF_LOG_FILE', `the files end at ${size} of ${to.size} leaves`)
      }
      const state = { size, partial: made }
      requireRoot(rootOfState(sha256, state), to.root)
      return state
    },
  }
}

/** Gives the root of all that was read; at size 0 that of the empty tree. */
export const rootOfState = (sha256: Sha256, { size, partial }: LogState) =>
  rootFromTiles(sha256, size, (level, index) => partial.get(placeOf(level, index))!)

/** Lists the tiles that `resumeLog` asks for, at the widths of that size. */
export function filesToResume(size: number): TileName[] {
  const tiles = [...tilesForRoot(size), ...edgeTiles(size)].map((tile) => ({
    ...tile,
    width: widthAt(tile.level, tile.index, size),
  }))
  return [...new Map(tiles.map((tile) => [placeOf(tile.level, tile.index), tile])).values()]
}

function requireRoot(root: Uint8Array, expected: Uint8Array) {
  if (!equal(root, expected)) {
    throw new ProofError('PROOF_ROOT_MISMATCH', 'the leaves have another root than the checkpoint')
  }
}

const mismatch = ({ level, index, width }: TileName, because: string) =>
  new ProofError('PROOF_LOG_FILE', `${tilePath(level, index, width)} ${because}`)
