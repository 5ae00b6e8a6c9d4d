import { createReadStream } from 'node:fs'
import { link, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import type { Objects } from '../core/objects.ts'
import { sha256 } from '../core/sha256.ts'
import { hex } from '../proofs/hex.ts'

const ADDRESS = /^[0-9a-f]{64}$/

/** `<address>.<by>` in the folder of claims: a name that no folder of objects has. */
const CLAIM = /^([0-9a-f]{64})\.([a-z0-9.-]{1,150})$/

/**
 * Keeps objects as files under `directory`, in 256 folders. A file appears under its address only
 * when it is whole and on disk. It is written as a claim first, which is a second name for it until it
 * is settled: so whatever a crash leaves, half a file too, is found among the claims.
 */
export function openObjectFiles(directory: string): Objects {
  const pathOf = (address: string) => join(directory, address.slice(0, 2), address)
  const claims = join(directory, 'claims')
  const claimOf = (address: string, by: string) => {
    const name = `${address}.${by}`
    if (!CLAIM.test(name)) throw new Error(`no claim can be called ${name}`)
    return join(claims, name)
  }
  const claimNames = async () => {
    const names = await readdir(claims).catch(() => [])
    return names.flatMap((name) => {
      const [, address, by] = CLAIM.exec(name) ?? []
      return address !== undefined && by !== undefined ? [{ name, address, by }] : []
    })
  }
  return {
    async put(bytes, by) {
      const address = hex(sha256(bytes))
      const path = pathOf(address)
      const folder = dirname(path)
      const made = [
        await mkdir(claims, { recursive: true, mode: 0o700 }),
        await mkdir(folder, { recursive: true, mode: 0o700 }),
      ]
      const claim = claimOf(address, by)
      await writeWhole(claim, bytes)
      await syncDirectory(claims)
      await link(claim, path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      })
      await syncDirectory(folder)
      if (made.some((one) => one !== undefined)) {
        await syncDirectory(directory)
        await syncDirectory(dirname(directory))
      }
      return address
    },
    async settle({ address, by }) {
      await rm(claimOf(address, by), { force: true })
    },
    async claims() {
      const found = (await claimNames()).map(async ({ name, address, by }) => {
        const file = await stat(join(claims, name)).catch(() => null)
        // Settled just now.
        return file ? [{ address, by, since: file.mtimeMs }] : []
      })
      return (await Promise.all(found)).flat()
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
      const claimed = (await claimNames()).filter((claim) => claim.address === address)
      for (const { name } of claimed) await rm(join(claims, name), { force: true })
      if (claimed.length > 0) await syncDirectory(claims)
      const path = pathOf(address)
      if (!(await stat(path).catch(() => null))) return
      await rm(path, { force: true })
      await syncDirectory(dirname(path))
    },
  }
}

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
