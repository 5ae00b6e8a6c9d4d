import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { verifyObjects } from '../../domains/objects/verify-objects.ts'
import { openDiskBlobs } from '../../server/objects/disk.ts'
import { openObjects } from '../../server/objects/objects.ts'
import { headers } from '../ledger/support.ts'
import { giveCredentials, makeBucket, mountSmallDisk, startS3Server } from '../objects/s3-server.ts'
import { noS3, openBucket } from '../objects/stores.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { startServing } from '../setup/serving.ts'
import { type Caller, caller, expectKept, keepGoing, keepWriting, PATIENT } from './load.ts'

const { database, ledger, home: shared } = await testLedger('in the background')
const LONG = { timeout: 90_000, interval: 50 }
vi.setConfig({ testTimeout: 240_000 })

const DISK_BYTES = 16 * 2 ** 20
const disk = mountSmallDisk(DISK_BYTES)
if (!disk) process.stderr.write('\n  !! tests skipped: no small disk can be mounted here\n\n')

/** That of the run, with a folder of its own for object files. */
const home = mkdtempSync(join(tmpdir(), 'selvedge-store-'))
for (const name of ['keys', 'register.sqlite']) symlinkSync(join(shared, name), join(home, name))
afterAll(() => {
  rmSync(home, { recursive: true })
  disk?.unmount()
})

const filler = () => join(disk!.folder, 'filler')
/** Writes until nothing more goes in. */
const fill = () => execFileSync('sh', ['-c', 'cat /dev/zero > "$0" 2>/dev/null || true', filler()])
const empty = () => rmSync(filler())

const EXPORT = `mutation Export($root: ID!) {
  exportBundle(root: $root, depth: 1) { url export { id sha256 } }
}`
interface Exported {
  exportBundle: { url: string; export: { id: string; sha256: string } }
}

/** An export that was acknowledged. */
interface Made {
  url: string
  id: string
  sha256: string
}

/** Gets an export's file as anybody would; the hash of what came. */
async function download(by: Caller, url: string) {
  const response = await by.get(url)
  if (!response.ok) return { status: response.status }
  const bytes = new Uint8Array(await response.arrayBuffer())
  return { status: response.status, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Where exports are kept, and the ways in which it fails and is mended. */
interface Store {
  env: Record<string, string>
  open(): ReturnType<typeof openObjects>
  faults: {
    what: string
    begin(): unknown
    end(): unknown
    /** What exports may be told meanwhile. */
    codes: string[]
    /** Whether what is kept can be read meanwhile. */
    reads: boolean
  }[]
}

async function onDisk(): Promise<Store> {
  const folder = join(disk!.folder, 'objects')
  mkdirSync(folder)
  symlinkSync(folder, join(home, 'objects'))
  const full = { what: 'full', begin: fill, end: empty, codes: ['OBJECT_STORE_FULL'], reads: true }
  return { env: {}, open: () => openObjects(openDiskBlobs(folder)), faults: [full] }
}

async function onS3(): Promise<Store> {
  giveCredentials()
  let server = await startS3Server({ folder: join(disk!.folder, 's3') })
  afterAll(() => server.kill())
  const bucket = await makeBucket(server, 'exports')
  return {
    env: {
      SELVEDGE_OBJECTS: `s3://${bucket}/exports`,
      SELVEDGE_S3_ENDPOINT: server.endpoint,
      SELVEDGE_S3_PATH_STYLE: 'true',
    },
    open: () => openObjects(openBucket(server, bucket)),
    faults: [
      {
        what: 'full',
        begin: fill,
        end: empty,
        codes: ['OBJECT_STORE_FULL', 'OBJECT_STORE_UNAVAILABLE'],
        reads: true,
      },
      {
        what: 'gone',
        begin: () => server.kill(),
        async end() {
          server = await startS3Server({ folder: server.folder, port: server.port })
        },
        codes: ['OBJECT_STORE_UNAVAILABLE'],
        reads: false,
      },
    ],
  }
}

describe.each<[string, boolean, () => Promise<Store>]>([
  ['a disk', !disk, onDisk],
  ['an S3 service', !disk || noS3, onS3],
])('%s that keeps the exports', (_name, missing, openStore) => {
  it.skipIf(missing)(
    'fails under load: exports are refused by code, lineage is written on, and nothing is recorded that cannot be fetched',
    async () => {
      const store = await openStore()
      const tenant = await freshTenant(ledger, 'store')
      const server = await startServing({ ...PATIENT, SELVEDGE_HOME: home, ...store.env })
      const by = caller(server.url, () => ({ 'x-selvedge-tenant': tenant }))
      const ready = async () => {
        const response = await by.get('/readyz')
        const { status, checks } = (await response.json()) as {
          status: string
          checks?: { objects: string }
        }
        return [response.status, status, checks?.objects]
      }
      const writing = keepWriting(by, 20)
      await vi.waitFor(() => expect(writing.done.length).toBeGreaterThan(0), LONG)
      const exporting = keepGoing<Made>(2, async () => {
        const { id: root } = writing.done[Math.floor(Math.random() * writing.done.length)]!
        const { data, code } = await by.ask<Exported>(EXPORT, { root })
        if (!data) return { code: code! }
        const { url, export: made } = data.exportBundle
        return { url, id: made.id, sha256: made.sha256 }
      })
      const more = async (what: { length: number }, by: number) => {
        const before = what.length
        await vi.waitFor(() => expect(what.length).toBeGreaterThanOrEqual(before + by), LONG)
      }
      const codes = new Set<string>()
      await more(writing.done, 100)
      for (const fault of store.faults) {
        await more(exporting.done, 1)
        await vi.waitFor(async () => expect(await ready()).toEqual([200, 'ready', 'ok']), LONG)
        const kept = exporting.done.at(-1)!

        await fault.begin()
        await more(exporting.refused, 2)
        await vi.waitFor(
          async () => expect(await ready()).toEqual([200, 'degraded', 'degraded']),
          LONG,
        )
        await more(writing.done, 20)
        expect(await download(by, kept.url)).toEqual(
          fault.reads ? { status: 200, sha256: kept.sha256 } : { status: 503 },
        )

        await fault.end()
        for (const code of fault.codes) codes.add(code)
        await more(exporting.done, 1)
        await vi.waitFor(async () => expect(await ready()).toEqual([200, 'ready', 'ok']), LONG)
      }
      await Promise.all([writing.stop(), exporting.stop()])

      expect(writing.refused).toEqual([])
      expect([...new Set(exporting.refused)].filter((code) => !codes.has(code))).toEqual([])
      for (const { url, sha256 } of exporting.done) {
        expect(await download(by, url)).toEqual({ status: 200, sha256 })
      }
      await expectKept(database, tenant, writing.done)
      const recorded = (await headers(database, tenant)).filter(({ kind }) => kind === 'Export')
      expect(recorded.map(({ id }) => id).sort()).toEqual(exporting.done.map(({ id }) => id).sort())
      const found = await verifyObjects(
        { database, objects: store.open() },
        {
          retention: { exportDays: 0, attachmentDays: 0 },
          now: Date.now(),
          tell: () => {},
        },
      )
      expect(found.damaged).toEqual([])
      expect(found.lost.filter((one) => one.tenant === tenant)).toEqual([])
      // Told once each time, however often somebody looked; other tests share the database, and what
      // is wrong with their logs is told here, too.
      const told = server
        .logged()
        .split('\n')
        .filter(
          (line) => line.includes('a fault in the background') && /OBJECT_STORE_\w+/.test(line),
        )
      expect(told).toHaveLength(store.faults.length)
      server.child.kill('SIGTERM')
      expect(await server.ended).toBe(0)
    },
  )
})
