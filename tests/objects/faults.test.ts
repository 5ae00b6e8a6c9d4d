import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTcp, type Socket } from 'node:net'
import { join } from 'node:path'
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Objects } from '../../core/objects.ts'
import { sha256 } from '../../core/sha256.ts'
import { hex } from '../../proofs/hex.ts'
import { readConfig } from '../../server/config.ts'
import { openDiskBlobs } from '../../server/objects/disk.ts'
import { openObjects } from '../../server/objects/objects.ts'
import { openObjectStore } from '../../server/objects/open.ts'
import { proxyTo } from '../setup/proxy.ts'
import {
  giveCredentials,
  makeBucket,
  mountSmallDisk,
  plainClient,
  type S3Server,
  SECRET,
  startS3Server,
} from './s3-server.ts'
import { freshFolder, noS3, openBucket } from './stores.ts'

const MEGABYTE = 2 ** 20
const large = new Uint8Array(17 * MEGABYTE).map((_, i) => i >> 8)
const small = new TextEncoder().encode('a small file')
const addressOf = (bytes: Uint8Array) => hex(sha256(bytes))
const withCode = (code: string) => expect.objectContaining({ code })

async function readAll(objects: Objects, address: string) {
  return new Uint8Array(await new Response((await objects.get(address))!.read()).arrayBuffer())
}

async function namesOf(objects: Objects) {
  const names: string[] = []
  for await (const { address } of objects.list()) names.push(address)
  return names
}

/** What a failed put may leave: nothing that is served, and a claim by which what it did leave is found. */
async function expectNothingHalf(objects: Objects, bytes: Uint8Array) {
  const address = addressOf(bytes)
  if ((await objects.get(address)) !== null) {
    expect(Buffer.compare(await readAll(objects, address), bytes)).toBe(0)
  }
  for (const one of await namesOf(objects)) await readAll(objects, one)
}

const tiny = mountSmallDisk(2 * MEGABYTE)
if (!tiny) {
  process.stderr.write('\n  !! 3 tests skipped: no small disk can be mounted here\n\n')
}
afterAll(() => tiny?.unmount())

describe.skipIf(!tiny)('a disk', () => {
  const remount = (how: string) => execFileSync('mount', ['-o', `remount,${how}`, tiny!.folder])

  it('that is full keeps nothing of what did not fit, and goes on once there is room', async () => {
    const folder = join(tiny!.folder, 'objects')
    const objects = openObjects(openDiskBlobs(folder))
    const kept = await objects.put(small, 'acme.kept')
    await expect(objects.put(large, 'acme.large')).rejects.toMatchObject({
      code: 'OBJECT_STORE_FULL',
      status: 507,
      message: expect.stringContaining('selvedge objects collect'),
    })
    expect(await objects.get(addressOf(large))).toBeNull()
    expect(await namesOf(objects)).toEqual([kept])
    expect(await readAll(objects, kept)).toEqual(small)
    // Small things would go in still; who wants to know is told of the large one.
    await expect(objects.check()).rejects.toEqual(withCode('OBJECT_STORE_FULL'))
    remount(`size=${64 * MEGABYTE}`)
    await objects.check()
    expect(await objects.put(large, 'acme.again')).toBe(addressOf(large))
    await objects.delete(addressOf(large))
    expect(execFileSync('du', ['-sk', folder], { encoding: 'utf8' })).toMatch(/^\d\d?\s/)
    remount(`size=${2 * MEGABYTE}`)
  })

  it('that may only be read says so, and hands out what it has', async () => {
    const objects = openObjects(openDiskBlobs(join(tiny!.folder, 'objects')))
    const kept = await objects.put(small, 'acme.read')
    remount('ro')
    await expect(objects.put(large, 'acme.x')).rejects.toEqual(withCode('OBJECT_STORE_REFUSED'))
    await expect(objects.delete(kept)).rejects.toEqual(withCode('OBJECT_STORE_REFUSED'))
    expect(await readAll(objects, kept)).toEqual(small)
    remount('rw')
  })
})

describe.skipIf(noS3)('an S3 store', () => {
  let server: S3Server
  let bucket = ''
  let count = 0
  beforeAll(async () => {
    giveCredentials()
    server = await startS3Server({ versioned: true })
  }, 600_000)
  afterAll(() => server.kill())
  beforeEach(async () => {
    giveCredentials()
    count += 1
    bucket = await makeBucket(server, `faults-${count}`)
  })
  const closing: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })
  const objectsAt = (endpoint = server.endpoint, patienceMs = 15_000) =>
    openObjects(openBucket({ ...server, endpoint }, bucket, { patienceMs }))
  const asSet = (more: Record<string, string> = {}) =>
    readConfig({
      SELVEDGE_HOME: freshFolder(),
      SELVEDGE_OBJECTS: `s3://${bucket}/exports`,
      SELVEDGE_S3_ENDPOINT: server.endpoint,
      SELVEDGE_S3_PATH_STYLE: 'true',
      ...more,
    })
  const quiet = (error: unknown) => expect(error).toBeUndefined()
  /** Takes connections on a port of its own and says nothing. */
  const listenInSilence = async () => {
    const sockets = new Set<Socket>()
    const silent = createTcp((socket) => sockets.add(socket.on('error', () => {})))
    const port = await new Promise<number>((resolve) =>
      silent.listen(0, '127.0.0.1', () => resolve((silent.address() as { port: number }).port)),
    )
    closing.push(() => {
      for (const socket of sockets) socket.destroy()
      silent.close()
    })
    return { port, sockets }
  }

  it('is the one that the settings name', async () => {
    const objects = await openObjectStore(asSet(), quiet)
    closing.push(() => objects.close())
    const address = await objects.put(small, 'acme.one')
    expect(await readAll(objectsAt(), address)).toEqual(small)
  })

  it.each<[string, () => Record<string, string>, string]>([
    ['a bucket that is not there', () => ({ SELVEDGE_OBJECTS: 's3://no-such-bucket' }), ''],
    ['another secret key', () => ({}), 'wrong-wrong-wrong-wrong'],
  ])('that refuses is told at the start: %s', async (_what, settings, secret) => {
    if (secret) giveCredentials(secret)
    const error = await openObjectStore(asSet(settings()), quiet).catch((one: Error) => one)
    expect(error).toMatchObject({ code: 'OBJECT_STORE_REFUSED', status: 503 })
    const told = `${(error as Error).message} ${JSON.stringify(error)} ${(error as Error).cause}`
    for (const hidden of [SECRET, secret || SECRET, 'Signature', 'tester']) {
      expect(told).not.toContain(hidden)
    }
  })

  it('that does not answer is told, in bounded time, and is used once it answers', async () => {
    const own = await startS3Server()
    closing.push(() => own.kill())
    await makeBucket(own, bucket)
    const objects = openObjects(openBucket(own, bucket))
    const kept = await objects.put(small, 'acme.before')
    await own.kill()
    for (const ask of [
      () => objects.put(large, 'acme.x'),
      () => objects.get(kept),
      () => objects.claims(),
      () => objects.delete(kept),
      () => namesOf(objects),
      () => objects.check(),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE', status: 503 })
    }
    const reported: unknown[] = []
    const down = asSet({ SELVEDGE_S3_ENDPOINT: own.endpoint })
    const opened = await openObjectStore(down, (error) => reported.push(error))
    closing.push(() => opened.close())
    expect(reported).toEqual([withCode('OBJECT_STORE_UNAVAILABLE')])

    const again = await startS3Server({ folder: own.folder, port: own.port })
    closing.push(() => again.kill())
    expect(await readAll(objects, kept)).toEqual(small)
    await objects.check()
    expect(await opened.put(large, 'acme.after')).toBe(addressOf(large))
  })

  it.each([1, -1])(
    'is asked by its own time where the clock of this server is wrong by %i hour',
    async (hours) => {
      const now = Date.now
      const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + hours * 3_600_000)
      try {
        const objects = objectsAt()
        const address = await objects.put(small, 'acme.one')
        expect(await readAll(objects, address)).toEqual(small)
        await objects.check()
      } finally {
        clock.mockRestore()
      }
    },
  )

  it('that cannot be reached gives a check up when it is told to', async () => {
    const { port } = await listenInSilence()
    const objects = objectsAt(`http://127.0.0.1:${port}`, 600_000)
    await expect(objects.check(AbortSignal.timeout(100))).rejects.toEqual(
      withCode('OBJECT_STORE_UNAVAILABLE'),
    )
  })

  it('that takes a connection and says nothing is not waited for for ever', async () => {
    const { port, sockets } = await listenInSilence()
    const objects = objectsAt(`http://127.0.0.1:${port}`, 300)
    await expect(objects.get(addressOf(small))).rejects.toMatchObject({
      code: 'OBJECT_STORE_UNAVAILABLE',
      message: expect.stringContaining('TimeoutError'),
    })
    expect(sockets.size).toBe(3)
  })

  it.each(['in whole', 'in parts'])(
    'whose connections are cut in the middle of an upload %s has all of it or nothing',
    async (how) => {
      const bytes = how === 'in whole' ? large.subarray(0, 12 * MEGABYTE) : large
      let [sent, cuts] = [0, 0]
      const port = await proxyTo(server.endpoint, (message) => {
        sent += message.length
        if (sent < 4 * MEGABYTE * (cuts + 1) || cuts >= 6) return 'pass'
        cuts += 1
        return 'cut before'
      })
      const objects = objectsAt(`http://127.0.0.1:${port}`)
      const put = await objects.put(bytes, 'acme.cut').catch((error: Error) => error)
      expect(cuts).toBeGreaterThan(1)
      if (put instanceof Error) expect(put).toEqual(withCode('OBJECT_STORE_UNAVAILABLE'))
      await expectNothingHalf(objectsAt(), bytes)
      expect(await objectsAt().put(bytes, 'acme.again')).toBe(addressOf(bytes))
      expect(Buffer.compare(await readAll(objectsAt(), addressOf(bytes)), bytes)).toBe(0)
    },
  )

  it('whose answer to an upload is lost has it once', async () => {
    let cut = false
    const port = await proxyTo(server.endpoint, (message) => {
      const isUpload = message.includes(`PUT /${bucket}/exports/${addressOf(small).slice(0, 2)}/`)
      if (!isUpload || cut) return 'pass'
      cut = true
      return 'cut after'
    })
    const objects = objectsAt(`http://127.0.0.1:${port}`)
    expect(await objects.put(small, 'acme.one')).toBe(addressOf(small))
    expect(cut).toBe(true)
    expect(await namesOf(objects)).toEqual([addressOf(small)])
  })

  it('whose connection is cut in the middle of a download never ends well', async () => {
    const direct = objectsAt()
    const address = await direct.put(large, 'acme.one')
    // Hands on the head of an answer and some of its body, then nothing.
    const cutting = createServer(async (request, response) => {
      const { host: _host, ...headers } = request.headers as Record<string, string>
      const from = await fetch(server.endpoint + request.url, {
        method: request.method,
        headers: { ...headers, host: new URL(server.endpoint).host },
      }).catch(() => null)
      response.writeHead(200, { 'content-length': String(large.length) })
      response.write(large.subarray(0, MEGABYTE), () => response.destroy())
      await from?.body?.cancel()
    })
    const port = await new Promise<number>((resolve) =>
      cutting.listen(0, '127.0.0.1', () => resolve((cutting.address() as { port: number }).port)),
    )
    closing.push(() => cutting.close())
    const [name, slice] = [`${address.slice(0, 2)}/${address}`, { start: 0, end: large.length }]
    const blobs = openBucket({ ...server, endpoint: `http://127.0.0.1:${port}` }, bucket)
    const read = async () => {
      for await (const part of blobs.read(name, slice)) expect(part.length).toBeGreaterThan(0)
    }
    await expect(read()).rejects.toEqual(withCode('OBJECT_STORE_UNAVAILABLE'))
  })

  it('is tidied of uploads that were never ended, and a deletion takes those of its file along', async () => {
    const client = plainClient(server.endpoint)
    closing.push(() => client.destroy())
    const begin = async (address: string) => {
      const key = { Bucket: bucket, Key: `exports/${address.slice(0, 2)}/${address}` }
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(key))
      const part = { UploadId, PartNumber: 1, Body: large.subarray(0, 5 * MEGABYTE) }
      await client.send(new UploadPartCommand({ ...key, ...part }))
    }
    const left = async () => {
      const { Uploads = [] } = await client.send(
        new ListMultipartUploadsCommand({ Bucket: bucket }),
      )
      return Uploads.length
    }
    await begin(addressOf(large))
    await begin(addressOf(small))
    const objects = objectsAt()
    expect(await namesOf(objects)).toEqual([])
    await objects.delete(addressOf(small))
    expect(await left()).toBe(1)
    expect(await objects.tidy(Date.now() - 3_600_000)).toBe(0)
    expect(await objects.tidy(Date.now() + 3_600_000)).toBe(1)
    expect(await left()).toBe(0)
  })

  it('that keeps versions keeps none of what was deleted', async () => {
    const client = plainClient(server.endpoint)
    closing.push(() => client.destroy())
    const Enabled = { Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' as const } }
    await client.send(new PutBucketVersioningCommand(Enabled))
    const objects = objectsAt()
    const address = await objects.put(small, 'acme.one')
    await objects.delete(address)
    await objects.put(small, 'acme.two')
    await objects.delete(address)
    const all = await client.send(new ListObjectVersionsCommand({ Bucket: bucket }))
    expect([...(all.Versions ?? []), ...(all.DeleteMarkers ?? [])]).toEqual([])
  })

  it.skipIf(!tiny)('whose disk is full keeps nothing of what did not fit', async () => {
    const own = await startS3Server({ folder: join(tiny!.folder, 's3') })
    closing.push(() => own.kill())
    await makeBucket(own, bucket)
    const objects = openObjects(openBucket(own, bucket))
    const kept = await objects.put(small, 'acme.kept')
    await expect(objects.put(large, 'acme.parts')).rejects.toMatchObject({
      code: expect.stringMatching(/^OBJECT_STORE_(FULL|UNAVAILABLE)$/),
    })
    const whole = large.subarray(0, 8 * MEGABYTE)
    await expect(objects.put(whole, 'acme.whole')).rejects.toMatchObject({
      code: expect.stringMatching(/^OBJECT_STORE_(FULL|UNAVAILABLE)$/),
    })
    execFileSync('sh', ['-c', 'head -c 4m /dev/zero > "$0" || true', join(tiny!.folder, 'filler')])
    await expect(objects.check()).rejects.toMatchObject({
      code: expect.stringMatching(/^OBJECT_STORE_(FULL|UNAVAILABLE)$/),
    })
    rmSync(join(tiny!.folder, 'filler'))
    await objects.check()
    expect(await objects.get(addressOf(large))).toBeNull()
    expect(await objects.get(addressOf(whole))).toBeNull()
    expect(await namesOf(objects)).toEqual([kept])
    expect(await readAll(objects, kept)).toEqual(small)
  })
})
