import { crc32 as nodeCrc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../proofs/crc32.ts'
import { ProofError } from '../../proofs/error.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { isZipPath, readZip, writeZip, ZIP_LIMITS, type ZipEntry } from '../../proofs/zip.ts'
import { expectCode, fromHex, toHex } from './support.ts'

const file = (path: string, content = path): ZipEntry => ({ path, bytes: utf8(content) })
const AB = () => writeZip([file('b/c', 'bc'), file('a', 'a')])

/** Offsets in `AB()`: the local header of `a`, of `b/c`, their directory entries, the end record. */
const [A, B, DIR_A, DIR_B, END] = [0, 32, 67, 114, 163]

/** The zip with 2 or 4 bytes at an offset replaced by a number, little endian. */
function patched(changes: readonly (readonly [at: number, bytes: 2 | 4, value: number])[]) {
  const zip = AB()
  const view = new DataView(zip.buffer)
  for (const [at, bytes, value] of changes) {
    if (bytes === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
  }
  return zip
}

it('writes the bytes that the specification lists', () => {
  expect(toHex(writeZip([file('a', 'hi')]))).toBe(
    [
      '504b0304' + '1400' + '0008' + '0000' + '0000' + '2100',
      'ac2a93d8' + '02000000' + '02000000' + '0100' + '0000' + '61' + '6869',
      '504b0102' + '1400' + '1400' + '0008' + '0000' + '0000' + '2100',
      'ac2a93d8' + '02000000' + '02000000' + '0100' + '0000' + '0000',
      '0000' + '0000' + '00000000' + '00000000' + '61',
      '504b0506' + '0000' + '0000' + '0100' + '0100' + '2f000000' + '21000000' + '0000',
    ].join(''),
  )
})

it('gives back the entries in path order, as views of the file', () => {
  const zip = AB()
  const entries = readZip(zip)
  expect(entries.map(({ path }) => path)).toEqual(['a', 'b/c'])
  expect(entries[1]!.bytes.buffer).toBe(zip.buffer)
  expect(entries).toEqual([file('a', 'a'), file('b/c', 'bc')])
})

it('reads a zip that is a part of a larger buffer', () => {
  const zip = AB()
  const padded = new Uint8Array(zip.length + 20).fill(0x50)
  padded.set(zip, 7)
  expect(readZip(padded.subarray(7, 7 + zip.length))).toHaveLength(2)
})

it('states the CRC that zlib computes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(crc32(bytes)).toBe(nodeCrc32(bytes))
    }),
  )
})

it('reads what it writes, whatever the entries are', () => {
  const segment = fc.stringMatching(/^[a-z0-9_-][a-z0-9._-]{0,8}$/)
  const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
  const entries = fc.uniqueArray(fc.record({ path, bytes: fc.uint8Array({ maxLength: 40 }) }), {
    selector: (entry) => entry.path,
  })
  fc.assert(
    fc.property(entries, (given) => {
      const sorted = given.toSorted((a, b) => (a.path < b.path ? -1 : 1))
      expect(readZip(writeZip(given))).toEqual(sorted)
    }),
  )
})

describe('a path', () => {
  it.each(['a', 'manifest.json', 'a/b/c', '0', '...', '.a', 'a.', '-', 'a'.repeat(200)])(
    'may be %s',
    (path) => expect(isZipPath(path)).toBe(true),
  )
  it.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/..',
    '../a',
    'a/./b',
    'A',
    'a b',
    'ä',
    'a\\b',
  ])('may not be %j', (path) => {
    expect(isZipPath(path)).toBe(false)
    expectCode(() => writeZip([file(path)]), 'PROOF_ZIP_PATH')
  })
  it('may not be longer than 200 bytes', () => expect(isZipPath('a'.repeat(201))).toBe(false))
  it('may not be there twice', () =>
    expectCode(() => writeZip([file('a'), file('a', 'b')]), 'PROOF_ZIP_PATH'))
})

describe('a zip of another form', () => {
  it('is laid out as the offsets of this table say', () => {
    const view = new DataView(AB().buffer)
    expect([A, B].map((at) => view.getUint32(at, true))).toEqual([0x04034b50, 0x04034b50])
    expect([DIR_A, DIR_B].map((at) => view.getUint32(at, true))).toEqual([0x02014b50, 0x02014b50])
    expect(view.getUint32(END, true)).toBe(0x06054b50)
  })

  it.each([
    [
      'a version needed',
      [
        [A + 4, 2, 10],
        [DIR_A + 6, 2, 10],
      ],
    ],
    ['a version made by', [[DIR_A + 4, 2, 0x0314]]],
    [
      'a flag for a data descriptor',
      [
        [A + 6, 2, 0x0808],
        [DIR_A + 8, 2, 0x0808],
      ],
    ],
    [
      'a flag for encryption',
      [
        [A + 6, 2, 0x0801],
        [DIR_A + 8, 2, 0x0801],
      ],
    ],
    [
      'a compression method',
      [
        [A + 8, 2, 8],
        [DIR_A + 10, 2, 8],
      ],
    ],
    [
      'a time',
      [
        [A + 10, 2, 1],
        [DIR_A + 12, 2, 1],
      ],
    ],
    [
      'a date',
      [
        [A + 12, 2, 0x22],
        [DIR_A + 14, 2, 0x22],
      ],
    ],
    [
      'a CRC that is not the content’s',
      [
        [A + 14, 4, 1],
        [DIR_A + 16, 4, 1],
      ],
    ],
    ['a CRC that differs in the directory alone', [[DIR_A + 16, 4, 1]]],
    [
      'another compressed size',
      [
        [A + 18, 4, 2],
        [DIR_A + 20, 4, 2],
      ],
    ],
    ['a size beyond the end', [[A + 22, 4, 0xffffffff]]],
    ['a size in the directory alone', [[DIR_A + 24, 4, 2]]],
    ['a name longer than the file', [[A + 26, 2, 0xffff]]],
    ['an extra field', [[A + 28, 2, 1]]],
    ['an extra field in the directory', [[DIR_A + 30, 2, 1]]],
    ['a comment on an entry', [[DIR_A + 32, 2, 1]]],
    ['a disk number', [[DIR_A + 34, 2, 1]]],
    ['an internal attribute', [[DIR_A + 36, 2, 1]]],
    ['a file mode', [[DIR_A + 38, 4, 0o100644 * 0x10000]]],
    ['a local header elsewhere', [[DIR_B + 42, 4, 0]]],
    ['another disk in the end record', [[END + 4, 2, 1]]],
    [
      'fewer entries in the end record',
      [
        [END + 8, 2, 1],
        [END + 10, 2, 1],
      ],
    ],
    ['another directory size', [[END + 12, 4, 49]]],
    ['another directory offset', [[END + 16, 4, DIR_B]]],
    ['a comment length', [[END + 20, 2, 1]]],
  ] as const)('is refused for %s', (_what, changes) => {
    expectCode(() => readZip(patched(changes)), 'PROOF_ZIP_FORM')
  })

  it('is refused with bytes before, between or after its parts', () => {
    const zip = Buffer.from(AB())
    for (const at of [A, B, DIR_A, DIR_B, END, zip.length]) {
      const longer = Buffer.concat([zip.subarray(0, at), Buffer.of(0), zip.subarray(at)])
      expect(() => readZip(longer), `a byte at ${at}`).toThrow(ProofError)
    }
  })

  it('is refused wherever it is cut off', () => {
    const zip = AB()
    for (let length = 0; length < zip.length; length++) {
      expect(() => readZip(zip.subarray(0, length)), `${length} bytes`).toThrow(ProofError)
    }
  })

  it('is refused with its entries in another order, or one of them twice', () => {
    const zip = Buffer.from(AB())
    const [a, b, end] = [zip.subarray(A, B), zip.subarray(B, DIR_A), zip.subarray(DIR_A)]
    expectCode(() => readZip(Buffer.concat([b, a, end])), 'PROOF_ZIP_PATH')
    expectCode(() => readZip(Buffer.concat([a, a, b, end])), 'PROOF_ZIP_PATH')
  })

  it('is refused for a path that leads out of the folder', () => {
    const zip = Buffer.from(AB())
    const evil = Buffer.from(zip.toString('latin1').replaceAll('b/c', '../'), 'latin1')
    expectCode(() => readZip(evil), 'PROOF_ZIP_PATH')
  })
})

it.each([
  ['nothing', new Uint8Array()],
  ['text', utf8('no zip at all, and longer than the shortest zip is')],
  ['one byte', fromHex('50')],
])('says of %s that it is no zip', (_what, bytes) =>
  expectCode(() => readZip(bytes), 'PROOF_ZIP_NOT_ONE'),
)

it('still takes a zip with one damaged end for a zip', () => {
  const [head, tail] = [AB(), AB()]
  head[0]! ^= 1
  tail[END]! ^= 1
  for (const zip of [head, tail]) expectCode(() => readZip(zip), 'PROOF_ZIP_FORM')
})

it('has one form for no entries, and takes no more than a directory can count', () => {
  expect(readZip(writeZip([]))).toEqual([])
  const many = Array.from({ length: ZIP_LIMITS.entries + 1 }, (_, i) => ({
    path: `f${i}`,
    bytes: new Uint8Array(),
  }))
  expectCode(() => writeZip(many), 'PROOF_ZIP_LIMIT')
  const most = writeZip(many.slice(1))
  expect(readZip(most)).toHaveLength(ZIP_LIMITS.entries)
})

it('answers any bytes with entries or a ProofError', () => {
  const random = fc.uint8Array({ maxLength: 200 })
  const damaged = fc
    .tuple(fc.array(fc.tuple(fc.nat(184), fc.nat(255)), { maxLength: 6 }), random)
    .map(([changes, tail]) => {
      const zip = Buffer.concat([AB(), tail])
      for (const [at, byte] of changes) zip[at] = byte
      return new Uint8Array(zip)
    })
  fc.assert(
    fc.property(fc.oneof(random, damaged), (bytes) => {
      try {
        expect(writeZip(readZip(bytes))).toEqual(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(ProofError)
      }
    }),
    { numRuns: 2_000 },
  )
})
