import { createReadStream } from 'node:fs'
import { link, mkdir, open, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import type { Objects } from '../core/objects.ts'
import { sha256 } from '../core/sha256.ts'
import { hex } from '../proofs/hex.ts'

const ADDRESS = /^[0-9a-f]{64}$/

/**
 * Keeps objects as files under `directory`, in 256 folders. A file appears under its address only
 * when it is whole and on disk, so a crash leaves a draft at most.
 */
export function openObjectFiles(directory: string): Objects {
  const pathOf = (address: string) => join(directory, address.slice(0, 2), address)
  return {
    async put(bytes) {
      const address = hex(sha256(bytes))
      const path = pathOf(address)
      if (await exists(path)) return address
      const folder = dirname(path)
      const made = await mkdir(folder, { recursive: true, mode: 0o700 })
      const draft = `${path}.${crypto.randomUUID()}`
      try {
        await writeWhole(draft, bytes)
        await link(draft, path).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error
        })
      } finally {
        await rm(draft, { force: true })
      }
      await syncDirectory(folder)
      if (made !== undefined) {
        await syncDirectory(directory)
        await syncDirectory(dirname(directory))
      }
      return address
    },
    async get(address) {
      if (!ADDRESS.test(address)) return null
      const path = pathOf(address)
      const found = await stat(path).catch(() => null)
      if (!found?.isFile()) return null
      return {
        size: found.size,
        read: ({ start, end } = { start: 0, end: found.size }) =>
          // Node's own end is the last byte, and a slice of nothing has none.
          (start === end
            ? new Blob().stream()
            : Readable.toWeb(
                createReadStream(path, { start, end: end - 1 }),
              )) as ReadableStream<Uint8Array>,
      }
    },
    async delete(address) {
      if (!ADDRESS.test(address)) return
      const path = pathOf(address)
      if (!(await exists(path))) return
      await rm(path, { force: true })
      await syncDirectory(dirname(path))
    },
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

async function writeWhole(path: string, bytes: Uint8Array) {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A new name is durable when its directory is. */
async function syncDirectory(path: string) {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
