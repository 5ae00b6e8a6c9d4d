import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import {
  filesBetween,
  filesToResume,
  type LogState,
  NOTHING_READ,
  openCrawl,
  resumeLog,
  rootOfState,
} from '../../proofs/crawl.ts'
import { entryBundle } from '../../proofs/entry-bundle.ts'
import { HASH_BYTES, leafHash } from '../../proofs/hash.ts'
import { isCovered } from '../../proofs/tile-path.ts'
import { growTiles, TILE_WIDTH, tilePath } from '../../proofs/tiles.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { expectCode, naiveTree } from './support.ts'

const LONGEST = 70_000
const entries = Array.from({ length: LONGEST }, (_, i) => utf8(`entry ${i}`))
const hashes = entries.map((entry) => leafHash(sha256, entry))
const tiles = new Map(
  growTiles(sha256, 0, hashes, () => new Uint8Array()).map(({ level, index, hashes }) => [
    `${level}/${index}`,
    hashes,
  ]),
)
const tree = naiveTree(hashes.slice(0, 1_400))

/** What an honest log serves under a name. */
function fileOf({
  level,
  index,
  width,
}: {
  level: number | 'entries'
  index: number
  width: number
}) {
  if (level !== 'entries') return tiles.get(`${level}/${index}`)!.subarray(0, width * HASH_BYTES)
  return entryBundle(entries.slice(index * TILE_WIDTH, index * TILE_WIDTH + width))
}

const rootAt = (size: number) =>
  rootOfState(sha256, {
    size,
    partial: new Map([...tiles].map(([place, hashes]) => [place, hashes])),
  })

function follow(from: LogState, to: number, serve = fileOf) {
  const crawl = openCrawl(sha256, from, { size: to, root: rootAt(to) })
  const read: string[] = []
  for (const name of filesBetween(from.size, to)) read.push(...crawl.take(serve(name)).map(text))
  return { state: crawl.end(), read }
}

it('reads a log of any size by steps of any size, each entry once and in order', () => {
  const steps = fc.array(fc.nat(700), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(steps, (steps) => {
      let state = NOTHING_READ
      const read: string[] = []
      for (const step of steps) {
        const to = Math.min(state.size + step, 1_400)
        const done = follow(state, to)
        expect(rootOfState(sha256, done.state)).toEqual(tree(0, to))
        state = done.state
        read.push(...done.read)
      }
      expect(read).toEqual(entries.slice(0, state.size).map(text))
    }),
    { numRuns: 60 },
  )
})

it.each([0, 1, 255, 256, 257, 512, 1_400, 65_535, 65_536, 65_537, LONGEST])(
  'asks at size %i for every file that the log has there, and for no other',
  (size) => {
    const names = [...filesBetween(0, size)]
    for (const name of names) expect(isCovered(name, size)).toBe(true)
    const paths = names.map(({ level, index, width }) => tilePath(level, index, width))
    expect(new Set(paths).size).toBe(paths.length)
    const expected: string[] = []
    for (let [level, count] = [0, size]; count > 0; level++, count = Math.floor(count / 256)) {
      for (let index = 0; index * 256 < count; index++) {
        const width = Math.min(256, count - index * 256)
        expected.push(tilePath(level, index, width))
        if (level === 0) expected.push(tilePath('entries', index, width))
      }
    }
    expect(paths.sort()).toEqual(expected.sort())
    expect(rootOfState(sha256, follow(NOTHING_READ, size).state)).toEqual(rootAt(size))
  },
)

it('asks for what a step changes only', () => {
  const paths = [...filesBetween(600, 700)].map(({ level, index, width }) =>
    tilePath(level, index, width),
  )
  expect(paths).toEqual(['tile/entries/002.p/188', 'tile/0/002.p/188'])
  expect([...filesBetween(700, 700)]).toEqual([])
})

it('takes up from tiles alone what it read before', () => {
  for (const size of [0, 1, 700, 65_536, 69_999]) {
    const asked = new Set(filesToResume(size).map(({ level, index }) => `${level}/${index}`))
    const state = resumeLog(sha256, { size, root: rootAt(size) }, (level, index) => {
      expect(asked).toContain(`${level}/${index}`)
      return tiles.get(`${level}/${index}`)!
    })
    expect(follow(state, LONGEST).read).toHaveLength(LONGEST - size)
  }
  const other = { size: 700, root: rootAt(701) }
  const getTile = (level: number, index: number) => tiles.get(`${level}/${index}`)!
  expectCode(() => resumeLog(sha256, other, getTile), 'PROOF_ROOT_MISMATCH')
})

describe('a log that lies', () => {
  const SIZE = 700
  const changed = (bytes: Uint8Array, at: number) => bytes.map((b, i) => (i === at ? b ^ 1 : b))

  it('is found out by any changed bit of any file', () => {
    const names = [...filesBetween(0, SIZE)]
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (which, at) => {
        const lie = names[which % names.length]!
        expect(() =>
          follow(NOTHING_READ, SIZE, (name) => {
            const bytes = fileOf(name)
            const isLie = name.level === lie.level && name.index === lie.index
            return isLie ? changed(bytes, at % bytes.length) : bytes
          }),
        ).toThrow()
      }),
      { numRuns: 60 },
    )
  })

  it('is found out when it serves more, or less, than the file holds', () => {
    for (const lie of filesBetween(0, SIZE)) {
      for (const [change, code] of [
        [(bytes: Uint8Array) => bytes.slice(0, -1), /PROOF_(LOG_FILE|ENTRIES)/],
        [(bytes: Uint8Array) => Uint8Array.of(...bytes, 0), /PROOF_(LOG_FILE|ENTRIES)/],
        [(bytes: Uint8Array) => Uint8Array.of(...bytes, 0, 0), /PROOF_LOG_FILE/],
        [() => new Uint8Array(), /PROOF_LOG_FILE/],
      ] as const) {
        const lying = () =>
          follow(NOTHING_READ, SIZE, (name) =>
            name.level === lie.level && name.index === lie.index
              ? change(fileOf(name))
              : fileOf(name),
          )
        expect(lying).toThrow(expect.objectContaining({ code: expect.stringMatching(code) }))
      }
    }
  })

  it('is found out when it rewrites what was read before', () => {
    const { state } = follow(NOTHING_READ, SIZE)
    const rewritten = (name: Parameters<typeof fileOf>[0]) =>
      name.level === 'entries' && name.index === 2
        ? entryBundle([
            utf8('rewritten'),
            ...entries.slice(2 * TILE_WIDTH + 1, 2 * TILE_WIDTH + name.width),
          ])
        : fileOf(name)
    expectCode(() => follow(state, 710, rewritten), 'PROOF_LOG_FILE')
  })

  it('is found out when it shrinks, or shows another tree of the same size', () => {
    const { state } = follow(NOTHING_READ, SIZE)
    expectCode(() => openCrawl(sha256, state, { size: 699, root: rootAt(699) }), 'PROOF_SIZES')
    const other = openCrawl(sha256, state, { size: SIZE, root: rootAt(699) })
    expectCode(() => other.end(), 'PROOF_ROOT_MISMATCH')
    const grown = openCrawl(sha256, state, { size: 701, root: rootAt(702) })
    for (const name of filesBetween(SIZE, 701)) grown.take(fileOf(name))
    expectCode(() => grown.end(), 'PROOF_ROOT_MISMATCH')
  })

  it('is not done before the last file, and has none after it', () => {
    const crawl = openCrawl(sha256, NOTHING_READ, { size: 3, root: rootAt(3) })
    expectCode(() => crawl.end(), 'PROOF_LOG_FILE')
    const again = openCrawl(sha256, NOTHING_READ, { size: 3, root: rootAt(3) })
    for (const name of filesBetween(0, 3)) again.take(fileOf(name))
    expectCode(() => again.take(new Uint8Array()), 'PROOF_LOG_FILE')
  })
})
