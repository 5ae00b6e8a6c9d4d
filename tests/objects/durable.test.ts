import { readlinkSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { openDiskBlobs } from '../../server/objects/disk.ts'
import { freshFolder } from './stores.ts'

it.skipIf(process.platform !== 'linux')(
  'has every directory on disk that leads to a file, whoever has made it',
  async () => {
    const folder = join(freshFolder(), 'objects')
    const handle = await open('.', 'r')
    const kind = Object.getPrototypeOf(handle) as FileHandle
    await handle.close()
    const synced: string[] = []
    const { sync } = kind
    vi.spyOn(kind, 'sync').mockImplementation(function (this: FileHandle) {
      synced.push(readlinkSync(`/proc/self/fd/${this.fd}`))
      return sync.call(this)
    })
    const blobs = openDiskBlobs(folder)
    const leading = [join(folder, 'ab'), folder, dirname(folder)]
    // The second time all are there: made by one who may have died before they were on disk.
    for (const name of ['ab/one', 'ab/two']) {
      expect(await blobs.create(name, Buffer.from(name))).toBe(true)
      expect(synced.splice(0)).toEqual([expect.stringContaining('/drafts/'), ...leading])
    }
    await blobs.replace('ab/two', Buffer.from('three'))
    expect(synced.splice(0)).toEqual([expect.stringContaining('/drafts/'), ...leading])
    vi.restoreAllMocks()
  },
)
