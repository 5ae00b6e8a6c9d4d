import { TILE_WIDTH, tilePath } from './tiles.ts'

/** A tile, or a bundle of entries, as its path names it. */
export interface TileName {
  /** A level of the tree, or `entries` for the entries below level 0. */
  level: number | 'entries'
  index: number
  /** How many hashes, or entries, are asked for: `TILE_WIDTH` for a full tile. */
  width: number
}

/** No log has a tile above this level: C2SP tlog-tiles allows none. */
const HIGHEST = 63
const PATH = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/

/**
 * Reads a tile's path by C2SP tlog-tiles, in the one form that `tilePath` writes: no zero in front of
 * a level or width, groups of three digits, none too many. What is no such path names nothing.
 *
 * @returns `undefined` for any other text, and for an index beyond what a log can have.
 */
export function parseTilePath(path: string): TileName | undefined {
  const [, below, groups, partial] = PATH.exec(path) ?? []
  if (below === undefined || groups === undefined) return undefined
  const level = below === 'entries' ? below : Number(below)
  const index = Number(groups.replaceAll(/[x/]/g, ''))
  const width = partial === undefined ? TILE_WIDTH : Number(partial)
  if (level !== 'entries' && level > HIGHEST) return undefined
  if (partial !== undefined && width >= TILE_WIDTH) return undefined
  if (!Number.isSafeInteger(index) || tilePath(level, index, width) !== path) return undefined
  return { level, index, width }
}

/**
 * Whether a log of `size` leaves has the tile at this width: all that it stands for is among its first
 * `size` leaves. A partial tile stays covered when the log has grown on.
 */
export function isCovered({ level, index, width }: TileName, size: number): boolean {
  const present = Math.floor(size / TILE_WIDTH ** (level === 'entries' ? 0 : level))
  return index * TILE_WIDTH + width <= present
}
