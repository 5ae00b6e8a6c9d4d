import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { openArchive } from '../../domains/backup/archive-reader.ts'
import { openArchiveWriter } from '../../domains/backup/archive-writer.ts'
import { CHUNK_HEAD_BYTES, sealedLength } from '../../domains/backup/seal.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-archive-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PASSPHRASE = 'correct horse'
/** A guess at the passphrase costs next to nothing here. */
const CHEAP = { logN: 10 }
let made = 0
const fresh = () => join(folder, `${++made}.backup`)

/** Writes an archive with a chunk for each part. */
async function write(parts: readonly (readonly string[])[], path = fresh()) {
  const writer = await openArchiveWriter(path, PASSPHRASE, CHEAP)
  for (const part of parts.slice(0, -1)) {
    for (const line of part) writer.line(line)
    writer.flush()
  }
  for (const line of parts.at(-1)!) writer.line(line)
  writer.finish('the end')
  writer.close()
  return path
}

async function read(path: string, passphrase = PASSPHRASE) {
  const archive = await openArchive(path, passphrase)
  try {
    return [...archive.lines()]
  } finally {
    archive.close()
  }
}

/** The lines, or the code by which they are refused. */
const told = (path: string, passphrase?: string) =>
  read(path, passphrase).catch(({ code }: { code: string }) => code)

/** The head of an archive, and each of its chunks. */
function piecesOf(bytes: Uint8Array) {
  const head = bytes.indexOf(10, bytes.indexOf(10) + 1) + 1
  const pieces = [bytes.subarray(0, head)]
  for (let at = head; at < bytes.length; ) {
    const length = CHUNK_HEAD_BYTES + sealedLength(bytes.subarray(at))
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

const PARTS = [['one', 'zwei – deux'], ['three'], ['{"is":"four"}', '']]
const LINES = [...PARTS.flat(), 'the end']
const whole = readFileSync(await write(PARTS))
const other = readFileSync(await write(PARTS))

function put(bytes: Uint8Array) {
  const path = fresh()
  writeFileSync(path, bytes)
  return path
}

it('gives back what was written, whatever the lines and wherever chunks end', async () => {
  const line = fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(line), { minLength: 1, maxLength: 5 }), async (parts) => {
      expect(await read(await write(parts))).toEqual([...parts.flat(), 'the end'])
    }),
    { numRuns: 30 },
  )
})

it('gives back lines that are longer than a chunk', async () => {
  const long = 'x'.repeat(5_000_000)
  expect(await read(await write([[long, 'short', long]]))).toEqual([long, 'short', long, 'the end'])
})

it('shows nothing of what it holds, and is another file each time', () => {
  expect(whole.includes('zwei')).toBe(false)
  expect(whole.equals(other)).toBe(false)
})

const REFUSED = [
  'BACKUP_DAMAGED',
  'BACKUP_UNFINISHED',
  'BACKUP_PASSPHRASE_WRONG',
  'BACKUP_NOT_AN_ARCHIVE',
]

describe('an archive is refused', () => {
  it('with any one bit changed', async () => {
    const bits = Array.from({ length: whole.length * 8 }, (_, bit) => bit)
    // Every bit of the head costs a derivation; a few of each byte show as much.
    const head = piecesOf(whole)[0]!.length * 8
    const tried = bits.filter((bit) => bit >= head || bit % 8 === (bit >> 3) % 8)
    for (const bit of tried) {
      const bytes = Buffer.from(whole)
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      const path = put(bytes)
      expect([bit, REFUSED.includes((await told(path)) as string)]).toEqual([bit, true])
      rmSync(path)
    }
  }, 120_000)

  it('cut off after any byte', async () => {
    for (let length = 0; length < whole.length; length++) {
      const path = put(whole.subarray(0, length))
      expect([length, REFUSED.includes((await told(path)) as string)]).toEqual([length, true])
      rmSync(path)
    }
  }, 120_000)

  it('with anything behind its end', async () => {
    expect(await told(put(Buffer.concat([whole, Buffer.from('x')])))).toBe('BACKUP_DAMAGED')
    expect(await told(put(Buffer.concat([whole, ...piecesOf(whole).slice(1)])))).toBe(
      'BACKUP_DAMAGED',
    )
  })

  it('with its chunks in any other order, or any of them left out or there twice', async () => {
    const [head, ...chunks] = piecesOf(whole)
    const order = fc.array(fc.nat(chunks.length - 1), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(order, async (places) => {
        fc.pre(String(places) !== String(chunks.map((_, i) => i)))
        const path = put(Buffer.concat([head!, ...places.map((place) => chunks[place]!)]))
        expect(REFUSED).toContain(await told(path))
      }),
      { numRuns: 200 },
    )
  })

  it('with a chunk, or the head, of another archive of the same passphrase', async () => {
    const [mine, theirs] = [piecesOf(whole), piecesOf(other)]
    for (let i = 0; i < mine.length; i++) {
      expect(await told(put(Buffer.concat(mine.with(i, theirs[i]!))))).toBe('BACKUP_DAMAGED')
    }
  })

  it.each(['correct hors', 'correct horse ', 'Correct horse', 'x'])(
    'with another passphrase: «%s»',
    async (passphrase) => {
      expect(await told(put(whole), passphrase)).toBe('BACKUP_PASSPHRASE_WRONG')
    },
  )

  it.each([
    ['nothing', ''],
    ['a text', 'Dear reader,\nthis is no backup.\nAt all.\n'],
    ['a head of no version that we know', '{"id":"x","v":"selvedge/backup/2"}\nx\n'],
  ])('where it is %s', async (_what, text) => {
    expect(await told(put(Buffer.from(text)))).toBe('BACKUP_NOT_AN_ARCHIVE')
  })

  it('with a head that asks for more memory than any of ours, before any of it is taken', async () => {
    const text = Buffer.from(whole).toString('latin1').replace('"logN":10', '"logN":40')
    expect(await told(put(Buffer.from(text, 'latin1')))).toBe('BACKUP_NOT_AN_ARCHIVE')
  })
})

it('takes a passphrase for the same in whichever form Unicode writes it', async () => {
  const path = fresh()
  const writer = await openArchiveWriter(path, 'caf\u00e9', CHEAP)
  writer.finish('the end')
  writer.close()
  expect(await read(path, 'cafe\u0301')).toEqual(['the end'])
})

describe('an archive that was left half-way', () => {
  /** What somebody does who calls it again: goes on from the lines that are there. */
  async function resume(path: string, lines: readonly string[]) {
    const there: string[] = []
    const writer = await openArchiveWriter(path, PASSPHRASE, {
      ...CHEAP,
      onLine: (line) => there.push(line),
    })
    if (there.at(-1) !== 'the end') {
      for (const line of lines.slice(there.length)) {
        writer.line(line)
        writer.flush()
      }
      writer.finish('the end')
    }
    writer.close()
    return there
  }

  it('is gone on with, wherever it was cut off, and holds the same in the end', async () => {
    const ends = piecesOf(whole).map((_, i, all) => Buffer.concat(all.slice(0, i + 1)).length)
    const close = (length: number) => ends.some((end) => Math.abs(end - length) < 3)
    for (let length = 0; length <= whole.length; length++) {
      if (!close(length) && length % 7 > 0) continue
      const path = fresh()
      writeFileSync(`${path}.partial`, whole.subarray(0, length))
      const there = await resume(path, PARTS.flat())
      expect(LINES.slice(0, there.length)).toEqual(there)
      expect([length, await read(path)]).toEqual([length, LINES])
      expect(existsSync(`${path}.partial`)).toBe(false)
      rmSync(path)
    }
  }, 120_000)

  it('loses what follows a damaged chunk, and nothing else', async () => {
    const path = fresh()
    const [head, first, second, last] = piecesOf(whole)
    const torn = Buffer.from(second!)
    torn.fill(0, 30)
    writeFileSync(`${path}.partial`, Buffer.concat([head!, first!, torn, last!]))
    expect(await resume(path, PARTS.flat())).toEqual(PARTS[0])
    expect(await read(path)).toEqual(LINES)
  })

  it('is no backup before it is whole', async () => {
    const path = fresh()
    const writer = await openArchiveWriter(path, PASSPHRASE, CHEAP)
    writer.line('one')
    writer.flush()
    writer.close()
    expect(existsSync(path)).toBe(false)
    copyFileSync(`${path}.partial`, path)
    expect(await told(path)).toBe('BACKUP_UNFINISHED')
  })

  it.each([['another passphrase', 'another', 'BACKUP_PASSPHRASE_WRONG']])(
    'is not gone on with by %s',
    async (_what, passphrase, code) => {
      const path = fresh()
      writeFileSync(`${path}.partial`, whole)
      await expect(openArchiveWriter(path, passphrase, CHEAP)).rejects.toMatchObject({ code })
      expect(readFileSync(`${path}.partial`).equals(whole)).toBe(true)
    },
  )
})

describe('a file is never written over', () => {
  it('where it is there already', async () => {
    const path = put(Buffer.from('mine'))
    await expect(openArchiveWriter(path, PASSPHRASE, CHEAP)).rejects.toMatchObject({
      code: 'BACKUP_EXISTS',
    })
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })

  it('where something else stands at the partial name', async () => {
    const path = fresh()
    writeFileSync(`${path}.partial`, 'mine')
    await expect(openArchiveWriter(path, PASSPHRASE, CHEAP)).rejects.toMatchObject({
      code: 'BACKUP_NOT_AN_ARCHIVE',
    })
    expect(readFileSync(`${path}.partial`, 'utf8')).toBe('mine')
  })

  it('while another process is at it', async () => {
    const path = fresh()
    const first = await openArchiveWriter(path, PASSPHRASE, CHEAP)
    await expect(openArchiveWriter(path, PASSPHRASE, CHEAP)).rejects.toMatchObject({
      code: 'BACKUP_BUSY',
    })
    first.finish('the end')
    first.close()
    expect(await read(path)).toEqual(['the end'])
    // Whoever waits for the lock has opened this file: taken away, it would let in whoever comes next.
    expect(existsSync(`${path}.lock`)).toBe(true)
  })

  it('where somebody else has given the name away meanwhile', async () => {
    const path = fresh()
    const writer = await openArchiveWriter(path, PASSPHRASE, CHEAP)
    writeFileSync(path, 'mine')
    const finish = () => writer.finish('the end')
    expect(finish).toThrow(expect.objectContaining({ code: 'BACKUP_EXISTS' }))
    writer.close()
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })
})

it.each([
  ['its folder is not there', () => join(folder, 'none', 'x.backup'), 'unable to open'],
  [
    'its lock cannot be made',
    () => {
      const path = fresh()
      mkdirSync(`${path}.lock`)
      return path
    },
    'unable to open',
  ],
  [
    'its file cannot be opened',
    () => {
      const path = fresh()
      mkdirSync(`${path}.partial`)
      return path
    },
    'EISDIR',
  ],
])('an archive is not said to be written by another where %s', async (_what, path, because) => {
  const at = path()
  const opened = () => openArchiveWriter(at, PASSPHRASE, CHEAP)
  const refused = { code: 'BACKUP_WRITE_FAILED', message: expect.stringContaining(because) }
  await expect(opened()).rejects.toMatchObject(refused)
  // Nothing is held on to.
  await expect(opened()).rejects.toMatchObject(refused)
})
