import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Objects } from '../../core/objects.ts'
import { sha256 } from '../../core/sha256.ts'
import { hex } from '../../proofs/hex.ts'
import { openDiskBlobs } from '../../server/objects/disk.ts'
import { openObjects } from '../../server/objects/objects.ts'
import { inTurns, untilDone } from './in-turns.ts'
import { bothStores, freshFolder } from './stores.ts'

const text = (words: string) => new TextEncoder().encode(words)
const addressOf = (bytes: Uint8Array) => hex(sha256(bytes))
const MEGABYTE = 2 ** 20

/** Bytes that no two parts of are the same. */
function manyBytes(length: number) {
  const numbers = new Uint32Array(Math.ceil(length / 4)).map((_, i) => Math.imul(i, 2_654_435_761))
  return new Uint8Array(numbers.buffer, 0, length)
}

async function readAll(objects: Objects, address: string, slice?: { start: number; end: number }) {
  const found = await objects.get(address)
  return new Uint8Array(await new Response(found!.read(slice)).arrayBuffer())
}

async function listed(objects: Objects) {
  const all: string[] = []
  for await (const { address } of objects.list()) all.push(address)
  return all.sort()
}

const withCode = (code: string) => expect.objectContaining({ code })
const nothingLed = async () => new Set<string>()

/** What every store of object files keeps to. */
describe.each(bothStores())('object files $name', ({ missing, open }) => {
  const opened = async () => {
    const { blobs, damage } = await open()
    return { blobs, damage, objects: openObjects(blobs) }
  }

  it.skipIf(missing).each([
    ['nothing', 0],
    ['one byte', 1],
    ['a megabyte', MEGABYTE],
    ['more than goes up at once', 16 * MEGABYTE + 1],
  ])('give back what was put, in whole and in part: %s', async (_what, length) => {
    const { objects } = await opened()
    const bytes = manyBytes(length)
    const address = await objects.put(bytes, 'acme.one')
    expect(address).toBe(addressOf(bytes))
    expect((await objects.get(address))?.size).toBe(length)
    expect(Buffer.compare(await readAll(objects, address), bytes)).toBe(0)
    const slices = [
      { start: 0, end: Math.min(1, length) },
      { start: Math.floor(length / 3), end: Math.floor(length / 2) },
      { start: Math.max(0, length - 1), end: length },
      { start: length, end: length },
    ]
    for (const slice of slices) {
      const part = await readAll(objects, address, slice)
      expect(Buffer.compare(part, bytes.subarray(slice.start, slice.end))).toBe(0)
    }
  })

  it.skipIf(missing)('can be tried without leaving anything', async () => {
    const { blobs, objects } = await opened()
    await objects.put(text('a'), 'acme.one')
    await objects.check()
    for (const bytes of [0, 1, 17 * MEGABYTE]) await blobs.check(bytes)
    expect(await listed(objects)).toEqual([addressOf(text('a'))])
    expect(await objects.tidy(Date.now() + 3_600_000)).toBe(0)
  })

  it.skipIf(missing)(
    'are tried with as much as was refused last, until that is taken',
    async () => {
      const { blobs } = await opened()
      const tried: number[] = []
      const full = new Error('full')
      let room = 0
      const objects = openObjects({
        ...blobs,
        async create(name, content) {
          const size = content instanceof Uint8Array ? content.length : content.size
          if (size > room) throw full
          return blobs.create(name, content)
        },
        async check(bytes) {
          tried.push(bytes)
          if (bytes > room) throw full
        },
      })
      await objects.check()
      await expect(objects.put(text('twelve bytes'), 'acme.one')).rejects.toBe(full)
      await expect(objects.check()).rejects.toBe(full)
      room = 11
      await objects.put(text('small'), 'acme.two')
      await expect(objects.check()).rejects.toBe(full)
      room = 12
      await objects.check()
      await objects.check()
      expect(tried).toEqual([0, 12, 12, 12, 0])
    },
  )

  it.skipIf(missing)(
    'have nothing at an address that nobody put, nor at what is no address',
    async () => {
      const { objects } = await opened()
      await objects.put(text('a'), 'acme.one')
      for (const none of [addressOf(text('b')), '', '../claims', 'claims/x', 'A'.repeat(64)]) {
        expect(await objects.get(none)).toBeNull()
        await objects.delete(none)
      }
      expect(await listed(objects)).toEqual([addressOf(text('a'))])
    },
  )

  it.skipIf(missing)(
    'are claimed until each claim is settled, and are one for the same bytes',
    async () => {
      const { objects } = await opened()
      const before = Date.now() - 2_000
      const address = await objects.put(text('a'), 'acme.one')
      expect(await objects.put(text('a'), 'acme.two')).toBe(address)
      const claims = await objects.claims()
      expect(claims.map(({ by }) => by).sort()).toEqual(['acme.one', 'acme.two'])
      for (const { since } of claims) {
        expect(since).toBeGreaterThan(before)
        expect(since).toBeLessThanOrEqual(Date.now() + 1_000)
      }
      await objects.settle({ address, by: 'acme.one' })
      await objects.settle({ address, by: 'acme.one' })
      expect(await objects.claims()).toMatchObject([{ address, by: 'acme.two' }])
      expect(await listed(objects)).toEqual([address])
    },
  )

  it.skipIf(missing)('take no claim whose name would lead elsewhere', async () => {
    const { objects } = await opened()
    for (const by of ['', '../x', 'a/b', 'A', 'a b', 'x'.repeat(151)]) {
      await expect(objects.put(text('a'), by)).rejects.toThrow('no claim can be called')
    }
    expect(await listed(objects)).toEqual([])
    await objects.put(text('a'), 'x'.repeat(150))
  })

  it.skipIf(missing)('are gone once deleted, with every claim on them', async () => {
    const { objects } = await opened()
    const address = await objects.put(text('a'), 'acme.one')
    await objects.put(text('a'), 'acme.two')
    const other = await objects.put(text('b'), 'acme.three')
    await objects.delete(address)
    expect(await objects.get(address)).toBeNull()
    expect(await listed(objects)).toEqual([other])
    expect(await objects.claims()).toMatchObject([{ by: 'acme.three' }])
    expect(await objects.put(text('a'), 'acme.four')).toBe(address)
    expect(await readAll(objects, address)).toEqual(text('a'))
  })

  it.skipIf(missing)('are listed, all and alone, over as many pages as it takes', async () => {
    const { objects } = await opened()
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, i) => objects.put(text(`file ${i}`), `acme.${i}`)),
    )
    expect(await listed(objects)).toEqual(all.sort())
    expect(await objects.claims()).toHaveLength(8)
  })

  it.skipIf(missing).each([
    ['another byte', (bytes: Uint8Array) => bytes.with(MEGABYTE, bytes[MEGABYTE]! ^ 1)],
    ['its end missing', (bytes: Uint8Array) => bytes.slice(0, -1)],
    ['more at its end', (bytes: Uint8Array) => new Uint8Array([...bytes, 0])],
  ])('are never handed out in whole with %s', async (_what, change) => {
    const { objects, damage } = await opened()
    const bytes = manyBytes(2 * MEGABYTE)
    const address = await objects.put(bytes, 'acme.one')
    damage(`${address.slice(0, 2)}/${address}`, change(bytes))
    const found = (await objects.get(address))!
    const reader = found.read().getReader()
    let seen = 0
    const readOn = async () => {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        seen += value.length
      }
    }
    await expect(readOn()).rejects.toEqual(withCode('OBJECT_DAMAGED'))
    expect(seen).toBeLessThan(found.size)
  })

  it.skipIf(missing).each([
    ['another byte', (bytes: Uint8Array) => bytes.with(MEGABYTE, bytes[MEGABYTE]! ^ 1)],
    ['its end missing', (bytes: Uint8Array) => bytes.slice(0, -1)],
    ['nothing left of it', () => new Uint8Array()],
  ])('that are put again where they are stored with %s are whole again', async (_what, change) => {
    const { objects, damage } = await opened()
    // In whole and in parts, as S3 has it.
    for (const bytes of [manyBytes(2 * MEGABYTE), manyBytes(16 * MEGABYTE + 1)]) {
      const address = await objects.put(bytes, 'acme.one')
      damage(`${address.slice(0, 2)}/${address}`, change(bytes))
      expect(await objects.put(bytes, 'acme.two')).toBe(address)
      expect(Buffer.compare(await readAll(objects, address), bytes)).toBe(0)
      expect(await listed(objects)).toContain(address)
    }
  })

  it.skipIf(missing)('are not written anew where what is stored is whole', async () => {
    const { objects, blobs } = await opened()
    const address = await objects.put(text('a'), 'acme.one')
    const replace = vi.spyOn(blobs, 'replace')
    expect(await objects.put(text('a'), 'acme.two')).toBe(address)
    expect(replace).not.toHaveBeenCalled()
  })

  it.skipIf(missing)(
    'are collected where nothing claims them and nothing leads to them',
    async () => {
      const { objects, blobs } = await opened()
      const [orphan, claimed, led] = await Promise.all(
        ['orphan', 'claimed', 'led'].map((one) => objects.put(text(one), `acme.${one}`)),
      )
      await objects.settle({ address: orphan!, by: 'acme.orphan' })
      await objects.settle({ address: led!, by: 'acme.led' })
      const gone = await objects.collect([orphan!, claimed!, led!], async () => new Set([led!]))
      expect(gone).toEqual([orphan])
      expect(await listed(objects)).toEqual([claimed!, led!].sort())
      for await (const mark of blobs.list('collecting/')) expect(mark).toBeUndefined()
    },
  )

  it.skipIf(missing)('leave what is led to by the time that claims were looked at', async () => {
    const { objects } = await opened()
    const address = await objects.put(text('a'), 'acme.one')
    // Recorded and settled while the collector goes about it.
    const gone = await objects.collect([address], async () => {
      await objects.settle({ address, by: 'acme.one' })
      return new Set([address])
    })
    expect(gone).toEqual([])
    expect(await listed(objects)).toEqual([address])
  })

  it.skipIf(missing)('that are put while they are collected are there afterwards', async () => {
    const { objects } = await opened()
    const bytes = text('both')
    const address = addressOf(bytes)
    for (let round = 0; round < 5; round++) {
      const first = await objects.put(bytes, `acme.before-${round}`)
      await objects.settle({ address: first, by: `acme.before-${round}` })
      const by = `acme.during-${round}`
      await Promise.all([objects.put(bytes, by), objects.collect([address], nothingLed)])
      expect(await readAll(objects, address)).toEqual(bytes)
      await objects.settle({ address, by })
    }
  })
})

describe('object files that are put and collected at once', () => {
  it('are there once put, whatever the order of the steps', async () => {
    const bytes = text('contested')
    const run = async (scheduler: fc.Scheduler, puts: number, collects: number) => {
      const blobs = openDiskBlobs(freshFolder())
      const plain = openObjects(blobs)
      const address = await plain.put(bytes, 'acme.before')
      await plain.settle({ address, by: 'acme.before' })
      const { inTurn, isBusy } = inTurns(blobs, scheduler)
      const objects = openObjects(inTurn)
      const recorded = new Set<string>()
      const putting = Array.from({ length: puts }, async (_, i) => {
        await objects.put(bytes, `acme.${i}`)
        // As an export is: recorded, then settled.
        if (i % 2) {
          recorded.add(address)
          await plain.settle({ address, by: `acme.${i}` })
        }
      })
      const collecting = Array.from({ length: collects }, () =>
        objects.collect([address], async () => new Set(recorded)),
      )
      const all = Promise.all([...putting, ...collecting])
      await untilDone(all, { scheduler, isBusy })
      expect(await readAll(plain, address)).toEqual(bytes)
    }
    const atOnce = fc.integer({ min: 1, max: 2 })
    const property = fc.asyncProperty(fc.scheduler(), atOnce, atOnce, run)
    await fc.assert(property, { numRuns: 20 })
  }, 240_000)
})
