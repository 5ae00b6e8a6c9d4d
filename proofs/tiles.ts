import { ProofError } from './error.ts'
import { emptyHash, HASH_BYTES, nodeHash, type Sha256 } from './hash.ts'
import { rootOf } from './merkle.ts'
import { assertSize, type Range, splitPoint } from './range.ts'

/** How many hashes a full tile holds (C2SP tlog-tiles): eight levels of the tree. */
export const TILE_WIDTH = 256

/** Names a tile: hash `i` of it is the root over the `256^level` leaves from `(256 × index + i) × 256^level`. */
export interface Tile {
  level: number
  index: number
}

/** A tile's hashes, one after another: at most `TILE_WIDTH`, at the right edge fewer. */
export interface TileHashes extends Tile {
  hashes: Uint8Array
}

/** Gives the hashes of a tile, as many as are known: wider than needed does no harm. Whoever gets them must not write to them. */
export type GetTile = (level: number, index: number) => Uint8Array

/**
 * Gives a tile's path by C2SP tlog-tiles: `tile/0/x001/234`, and with a width below 256 `tile/0/x001/234.p/8`.
 *
 * @param level A level, or `entries` for the bundle of entries below level 0.
 */
export function tilePath(level: number | 'entries', index: number, width = TILE_WIDTH) {
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g)!
  const number = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/')
  return `tile/${level}/${number}${width < TILE_WIDTH ? `.p/${width}` : ''}`
}

/**
 * Lists the tiles, each once, that `hashOfRange` asks for.
 *
 * @throws {ProofError} `PROOF_RANGE`
 */
export function tilesForRange(start: number, end: number): Tile[] {
  const tiles = new Map<string, Tile>()
  for (const range of completeSubtrees({ start, end })) {
    const { level, index } = placeOf(range)
    tiles.set(`${level}/${index}`, { level, index })
  }
  return [...tiles.values()]
}

/**
 * Gives the RFC 6962 hash of the leaves in a range, from the tiles of any log with at least `end` leaves.
 *
 * @param range A subtree that RFC 6962's recursion reaches from a whole tree: a complete one at a
 * multiple of its size, or one that ends at the tree's ragged right edge.
 * @throws {ProofError} `PROOF_RANGE` for any other range, `PROOF_TILE` where a tile is too short.
 */
export function hashOfRange(sha256: Sha256, range: Range, getTile: GetTile): Uint8Array {
  return completeSubtrees(range)
    .map((subtree) => hashOfComplete(sha256, subtree, getTile))
    .reduceRight((right, left) => nodeHash(sha256, left, right))
}

/** Lists the tiles that the root of a log of `size` leaves is computed from; none for an empty log. */
export function tilesForRoot(size: number): Tile[] {
  assertSize(size)
  return size === 0 ? [] : tilesForRange(0, size)
}

/**
 * Gives the root of a log's first `size` leaves from its tiles; `H("")` for none.
 *
 * @throws {ProofError} `PROOF_SIZES`, `PROOF_TILE`
 */
export function rootFromTiles(sha256: Sha256, size: number, getTile: GetTile): Uint8Array {
  assertSize(size)
  return size === 0 ? emptyHash(sha256) : hashOfRange(sha256, { start: 0, end: size }, getTile)
}

/** Lists the tiles of a log of `size` leaves that are partly filled: those that the next leaves may go on filling. */
export function edgeTiles(size: number): Tile[] {
  assertSize(size)
  const tiles: Tile[] = []
  for (let [level, count] = [0, size]; count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    if (count % TILE_WIDTH > 0) tiles.push({ level, index: Math.floor(count / TILE_WIDTH) })
  }
  return tiles
}

/**
 * Gives the tiles that change when `leafHashes` are appended to a log of `size` leaves, whole, level
 * by level from the bottom. Costs as much as there are new leaves, however large the log is.
 *
 * @param getTile Is asked for tiles of `edgeTiles(size)` only.
 * @throws {ProofError} `PROOF_SIZES`, `PROOF_TILE`
 */
export function growTiles(
  sha256: Sha256,
  size: number,
  leafHashes: readonly Uint8Array[],
  getTile: GetTile,
): TileHashes[] {
  assertSize(size)
  const changed: TileHashes[] = []
  let added = leafHashes
  for (let [level, count] = [0, size]; added.length > 0; level++) {
    const grown = growLevel(count, added, (index) => getTile(level, index))
    for (const { index, hashes } of grown) changed.push({ level, index, hashes: joined(hashes) })
    const full = grown.filter(({ hashes }) => hashes.length === TILE_WIDTH)
    added = full.map(({ hashes }) => rootOf(sha256, hashes))
    count = Math.floor(count / TILE_WIDTH)
  }
  return changed
}

function growLevel(
  count: number,
  added: readonly Uint8Array[],
  getTile: (index: number) => Uint8Array,
) {
  const grown: { index: number; hashes: Uint8Array[] }[] = []
  const width = count % TILE_WIDTH
  let index = Math.floor(count / TILE_WIDTH)
  let hashes = width > 0 ? slice(getTile(index), 0, width) : []
  for (let at = 0; at < added.length; index++, hashes = []) {
    const fits = TILE_WIDTH - hashes.length
    grown.push({ index, hashes: [...hashes, ...added.slice(at, at + fits)] })
    at += fits
  }
  return grown
}

/** Cuts a range where its tree does, left to right, until only complete subtrees are left. */
function completeSubtrees({ start, end }: Range): Range[] {
  const sound = Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start
  // RFC 6962 splits at powers of two, so a subtree starts at a multiple of the room it has.
  if (!(sound && start < end && start % roomFor(end - start) === 0)) {
    throw new ProofError('PROOF_RANGE', `no subtree covers just the leaves ${start} to ${end}`)
  }
  const subtrees: Range[] = []
  for (let from = start; from < end; ) {
    const size = splitPoint(end - from + 1)
    subtrees.push({ start: from, end: from + size })
    from += size
  }
  return subtrees
}

/** Gives the smallest power of two that is at least `count`. */
const roomFor = (count: number) => (count === 1 ? 1 : 2 * splitPoint(count))

/** Where the hashes are that a complete subtree is computed from: `width` of them, at most half a tile. */
function placeOf({ start, end }: Range) {
  let [level, first, width] = [0, start, end - start]
  while (width >= TILE_WIDTH) {
    level++
    first /= TILE_WIDTH
    width /= TILE_WIDTH
  }
  return { level, index: Math.floor(first / TILE_WIDTH), offset: first % TILE_WIDTH, width }
}

function hashOfComplete(sha256: Sha256, subtree: Range, getTile: GetTile) {
  const { level, index, offset, width } = placeOf(subtree)
  const tile = getTile(level, index)
  if (width === 1 || tile.length !== TILE_WIDTH * HASH_BYTES) {
    return rootOf(sha256, slice(tile, offset, width))
  }
  return innerHash(sha256, tile, (TILE_WIDTH + offset) / width)
}

/** The inner hashes of a full tile, the root at 1, the halves of `n` at `2n` and `2n + 1`; and which are known. */
interface Inner {
  hashes: Uint8Array
  known: Uint8Array
}

/**
 * A full tile never changes, and one that stays in memory is asked again and again: what was computed
 * from it goes with it. Whoever keeps his tiles warm thus proves a thousand records without hashing.
 */
const innerOf = new WeakMap<Uint8Array, Inner>()

function innerHash(sha256: Sha256, tile: Uint8Array, node: number): Uint8Array {
  if (node >= TILE_WIDTH) return hashAt(tile, node - TILE_WIDTH)
  let inner = innerOf.get(tile)
  if (!inner) {
    inner = { hashes: new Uint8Array(tile.length), known: new Uint8Array(TILE_WIDTH) }
    innerOf.set(tile, inner)
  }
  if (!inner.known[node]) {
    const [left, right] = [2 * node, 2 * node + 1].map((half) => innerHash(sha256, tile, half))
    inner.hashes.set(nodeHash(sha256, left!, right!), node * HASH_BYTES)
    inner.known[node] = 1
  }
  return hashAt(inner.hashes, node)
}

const hashAt = (hashes: Uint8Array, i: number) =>
  hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)

function slice(tile: Uint8Array, offset: number, width: number) {
  if (tile.length < (offset + width) * HASH_BYTES) {
    throw new ProofError('PROOF_TILE', `a tile lacks some of its first ${offset + width} hashes`)
  }
  return Array.from({ length: width }, (_, i) => hashAt(tile, offset + i))
}

function joined(hashes: readonly Uint8Array[]) {
  const tile = new Uint8Array(hashes.length * HASH_BYTES)
  hashes.forEach((hash, i) => {
    tile.set(hash, i * HASH_BYTES)
  })
  return tile
}
