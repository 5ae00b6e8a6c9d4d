import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { batchRanges } from '../../proofs/batch.ts'
import { consistencyRanges } from '../../proofs/consistency.ts'
import { equal, HASH_BYTES, leafHash } from '../../proofs/hash.ts'
import { inclusionRanges } from '../../proofs/inclusion.ts'
import { appendLeaf, edgeRoot, emptyEdge, rootOf } from '../../proofs/merkle.ts'
import type { Range } from '../../proofs/range.ts'
import {
  edgeTiles,
  growTiles,
  hashOfRange,
  rootFromTiles,
  TILE_WIDTH,
  tilePath,
  tilesForRange,
  tilesForRoot,
} from '../../proofs/tiles.ts'
import { expectCode, naiveTree, someLeaves, toHex } from './support.ts'

const leaves = someLeaves(600)
const tree = naiveTree(leaves)

/** A log's tiles in memory; reading one that is not there is an error. */
class Store {
  size = 0
  readonly tiles = new Map<string, Uint8Array>()
  readonly get = (level: number, index: number) => {
    const tile = this.tiles.get(`${level}/${index}`)
    if (!tile) throw new Error(`asked for tile ${level}/${index} of a log of ${this.size}`)
    return tile
  }

  append(added: readonly Uint8Array[]) {
    const edge = new Set(edgeTiles(this.size).map(({ level, index }) => `${level}/${index}`))
    const grown = growTiles(sha256, this.size, added, (level, index) => {
      expect(edge).toContain(`${level}/${index}`)
      return this.get(level, index)
    })
    for (const { level, index, hashes } of grown) this.tiles.set(`${level}/${index}`, hashes)
    this.size += added.length
    return grown
  }
}

/** Gives only the tiles listed, so that a list that leaves one out is noticed. */
function onlyListed(store: Store, range: Range) {
  const listed = new Set(
    tilesForRange(range.start, range.end).map(({ level, index }) => `${level}/${index}`),
  )
  return (level: number, index: number) => {
    if (!listed.has(`${level}/${index}`)) throw new Error(`tile ${level}/${index} is not listed`)
    return store.get(level, index)
  }
}

const full = new Store()
full.append(leaves)

it('gives every root up to 600 while growing leaf by leaf, and later from the wider tiles', () => {
  const store = new Store()
  for (let size = 0; size <= 600; size++) {
    const root = tree(0, size)
    if (!equal(rootFromTiles(sha256, size, store.get), root)) throw new Error(`growing at ${size}`)
    if (!equal(rootFromTiles(sha256, size, full.get), root)) throw new Error(`later at ${size}`)
    if (size < 600) store.append([leaves[size]!])
  }
  expect([...store.tiles].sort()).toEqual([...full.tiles].sort())
})

it('grows to the same tiles however the leaves are cut into batches', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 12 }), (cuts) => {
      const store = new Store()
      for (const count of [...cuts, 600]) store.append(leaves.slice(store.size, store.size + count))
      expect([...store.tiles].sort()).toEqual([...full.tiles].sort())
    }),
    { numRuns: 25 },
  )
})

it('gives every hash that a proof asks for, from the tiles listed for it', () => {
  for (let size = 1; size <= 600; size += size < 40 ? 1 : 7) {
    const ranges = [
      { start: 0, end: size },
      ...inclusionRanges(size >> 1, size),
      ...inclusionRanges(size - 1, size),
      ...consistencyRanges(Math.max(1, Math.floor(size / 3)), size),
      ...batchRanges(size, [0, size - 1].slice(size > 1 ? 0 : 1)),
    ]
    for (const range of ranges) {
      const hash = hashOfRange(sha256, range, onlyListed(full, range))
      if (!equal(hash, tree(range.start, range.end))) throw new Error(`${range.start}-${range.end}`)
    }
  }
})

it('changes only the tiles at the edge, however large the log is', () => {
  const grown = full.append([])
  expect(grown).toEqual([])
  const wide = new Uint8Array(TILE_WIDTH * HASH_BYTES)
  const asked: string[] = []
  const changed = growTiles(sha256, 2 ** 40 - 1, [leaves[0]!], (level, index) => {
    asked.push(`${level}/${index}`)
    return wide.subarray(0, 255 * HASH_BYTES)
  })
  expect(asked).toEqual(['0/4294967295', '1/16777215', '2/65535', '3/255', '4/0'])
  expect(changed.map(({ level, hashes }) => [level, hashes.length / HASH_BYTES])).toEqual([
    [0, 256],
    [1, 256],
    [2, 256],
    [3, 256],
    [4, 256],
    [5, 1],
  ])
})

it('builds three levels and agrees with the edge on 70,000 leaves', () => {
  const many = Array.from({ length: 70_000 }, (_, i) => sha256(Uint8Array.of(i >> 16, i >> 8, i)))
  const store = new Store()
  for (let at = 0; at < many.length; at += 9_999) store.append(many.slice(at, at + 9_999))
  let edge = emptyEdge()
  for (const leaf of many) edge = appendLeaf(sha256, edge, leaf)
  expect(rootFromTiles(sha256, many.length, store.get)).toEqual(edgeRoot(sha256, edge))
  expect(rootFromTiles(sha256, 65_537, store.get)).toEqual(rootOf(sha256, many.slice(0, 65_537)))
  expect(Math.max(...[...store.tiles.keys()].map((key) => Number.parseInt(key, 10)))).toBe(2)
})

it('lists few tiles for the root of a large log', () => {
  expect(tilesForRoot(0)).toEqual([])
  expect(tilesForRoot(256)).toEqual([{ level: 1, index: 0 }])
  expect(tilesForRoot(70_000)).toEqual([
    { level: 2, index: 0 },
    { level: 1, index: 1 },
    { level: 0, index: 273 },
  ])
})

it('knows which tiles are partly filled', () => {
  expect(edgeTiles(0)).toEqual([])
  expect(edgeTiles(256)).toEqual([{ level: 1, index: 0 }])
  expect(edgeTiles(257)).toEqual([
    { level: 0, index: 1 },
    { level: 1, index: 0 },
  ])
  expect(edgeTiles(65_536)).toEqual([{ level: 2, index: 0 }])
})

it.each([
  [1, 3],
  [2, 5],
  [2, 6],
  [3, 3],
  [4, 2],
  [-2, 0],
  [0, 1.5],
  [3, 600],
])('refuses leaves %i to %i, which no subtree covers', (start, end) => {
  expectCode(() => hashOfRange(sha256, { start, end }, full.get), 'PROOF_RANGE')
})

it('refuses a tile that lacks hashes', () => {
  const cut = (level: number, index: number) => full.get(level, index).slice(0, -HASH_BYTES)
  expectCode(() => rootFromTiles(sha256, 600, cut), 'PROOF_TILE')
  expectCode(() => growTiles(sha256, 600, [leaves[0]!], cut), 'PROOF_TILE')
})

it.each([
  ['tile/0/000', 0, 0, 256],
  ['tile/0/x001/x234/067', 0, 1_234_067, 256],
  ['tile/1/x999/000.p/7', 1, 999_000, 7],
  ['tile/63/005', 63, 5, 256],
  ['tile/entries/x001/000.p/255', 'entries', 1_000, 255],
] as const)('names %s', (path, level, index, width) => {
  expect(tilePath(level, index, width)).toBe(path)
})

describe('the tiles of tessera', () => {
  const LOG = new URL('../fixtures/vectors/tessera-testdata/testdata/log/', import.meta.url)
  const read = (path: string) => new Uint8Array(readFileSync(new URL(path, LOG)))
  const entries = [...entriesOf(read('tile/entries/000.p/15'))].map((e) => leafHash(sha256, e))

  it('are ours at every width', () => {
    const store = new Store()
    for (const entry of entries) {
      store.append([entry])
      expect(toHex(store.get(0, 0))).toBe(toHex(read(tilePath(0, 0, store.size))))
    }
    expect(readdirSync(new URL('tile/0/000.p/', LOG))).toHaveLength(store.size)
  })
})

/** An entry bundle: each entry behind its length in two bytes. */
function* entriesOf(bundle: Uint8Array) {
  for (let at = 0; at < bundle.length; ) {
    const length = bundle[at]! * 256 + bundle[at + 1]!
    yield bundle.slice(at + 2, at + 2 + length)
    at += 2 + length
  }
}
