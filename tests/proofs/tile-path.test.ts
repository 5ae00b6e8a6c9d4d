import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isCovered, parseTilePath } from '../../proofs/tile-path.ts'
import { TILE_WIDTH, tilePath } from '../../proofs/tiles.ts'

const level = fc.oneof(fc.constant('entries' as const), fc.integer({ min: 0, max: 63 }))
const index = fc.oneof(fc.nat(5_000), fc.maxSafeNat())
const width = fc.integer({ min: 1, max: TILE_WIDTH })

it('reads every path that is written, and only as it is written', () => {
  fc.assert(
    fc.property(level, index, width, (level, index, width) => {
      const path = tilePath(level, index, width)
      expect(parseTilePath(path)).toEqual({ level, index, width })
      for (const other of [`/${path}`, `${path}/`, path.replace('/', '//'), `${path}\n`]) {
        expect(parseTilePath(other)).toBeUndefined()
      }
    }),
  )
})

it.each([
  'tile/0/x000/001',
  'tile/0/1',
  'tile/064/001',
  'tile/64/001',
  'tile/0/001.p/256',
  'tile/0/001.p/0',
  'tile/0/001.p/01',
  'tile/0/x9007/x199/x254/x740/992',
  'tile/0/x009/x007/x199/x254/x740/992',
  'tile/data/001',
])('takes %s for no path of a tile', (path) => {
  expect(parseTilePath(path)).toBeUndefined()
})

it.each([
  [70_000, 'tile/0/272', true],
  [70_000, 'tile/0/273', false],
  [70_000, 'tile/0/273.p/112', true],
  [70_000, 'tile/0/273.p/113', false],
  [70_000, 'tile/entries/273.p/112', true],
  [70_000, 'tile/1/000', true],
  [70_000, 'tile/1/001.p/17', true],
  [70_000, 'tile/1/001.p/18', false],
  [70_000, 'tile/2/000.p/1', true],
  [70_000, 'tile/2/000.p/2', false],
  [256, 'tile/0/000', true],
  [256, 'tile/1/000.p/1', true],
  [255, 'tile/1/000.p/1', false],
  [0, 'tile/0/000.p/1', false],
  [Number.MAX_SAFE_INTEGER, 'tile/6/000.p/31', true],
  [Number.MAX_SAFE_INTEGER, 'tile/6/000.p/32', false],
  [Number.MAX_SAFE_INTEGER, 'tile/63/000.p/1', false],
])('a log of %i has %s: %s', (size, path, covered) => {
  expect(isCovered(parseTilePath(path)!, size)).toBe(covered)
})
