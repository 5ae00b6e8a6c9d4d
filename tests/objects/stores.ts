import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { Blobs } from '../../server/objects/blobs.ts'
import { openDiskBlobs } from '../../server/objects/disk.ts'
import { openS3Blobs, type S3Options } from '../../server/objects/s3.ts'
import {
  giveCredentials,
  hasS3Server,
  makeBucket,
  type S3Server,
  startS3Server,
} from './s3-server.ts'

/** A kind of store, opened empty. */
export interface Store {
  name: string
  missing: boolean
  open(): Promise<{
    blobs: Blobs /** Writes over a file behind its back. */
    damage(name: string, bytes: Uint8Array): void
  }>
}

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
export function freshFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-objects-'))
  folders.push(folder)
  return folder
}

const disk: Store = {
  name: 'on disk',
  missing: false,
  async open() {
    const folder = freshFolder()
    const damage = (name: string, bytes: Uint8Array) => writeFileSync(join(folder, name), bytes)
    return { blobs: openDiskBlobs(folder), damage }
  },
}

const isThere = hasS3Server()
export const noS3 = !isThere
let server: S3Server
let buckets = 0
const opened: Blobs[] = []

/** Opens a bucket of a server, until the file ends. */
export function openBucket(at: S3Server, bucket: string, more: Partial<S3Options> = {}) {
  const where = {
    ...{ bucket, prefix: 'exports/', region: 'us-east-1', pathStyle: true },
    spool: join(at.folder, 'uploads'),
  }
  const blobs = openS3Blobs({ ...where, endpoint: at.endpoint, namesAPage: 3, ...more })
  opened.push(blobs)
  return blobs
}

const s3: Store = {
  name: 'on S3',
  missing: noS3,
  async open() {
    buckets += 1
    const bucket = await makeBucket(server, `bucket-${buckets}`)
    const damage = (name: string, bytes: Uint8Array) =>
      writeFileSync(join(server.folder, 'objects', bucket, 'exports', name), bytes)
    return { blobs: openBucket(server, bucket), damage }
  },
}

/** Both kinds; the second needs a server, which runs while the file does. */
export function bothStores(): Store[] {
  beforeAll(async () => {
    if (noS3) return
    giveCredentials()
    server = await startS3Server()
  }, 600_000)
  afterAll(async () => {
    for (const blobs of opened) blobs.close()
    if (!noS3 && server) await server.kill()
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })
  return [disk, s3]
}
