import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Slice, Spooled } from '../../core/objects.ts'
import { fileProblem } from './file-problems.ts'

/** What files are called that are on their way in: no name of an object, nor a draft of one. */
const UPLOAD = /^upload\.[0-9a-f]{16}$/

/**
 * Writes what comes to a file, which is whole and on disk when this resolves.
 *
 * @throws {Problem} `OBJECT_STORE_FULL`, `OBJECT_STORE_REFUSED`, `OBJECT_STORE_UNAVAILABLE`, and what the
 *   source throws; nothing is left then.
 */
export async function spoolInto(
  folder: string,
  source: AsyncIterable<Uint8Array>,
): Promise<Spooled> {
  const path = join(folder, `upload.${randomBytes(8).toString('hex')}`)
  const told = <T>(work: Promise<T>) =>
    work.catch((error) => Promise.reject(fileProblem(error, folder)))
  const discard = () => told(rm(path, { force: true }))
  await told(mkdir(folder, { recursive: true, mode: 0o700 }))
  const file = await told(open(path, 'wx', 0o600))
  try {
    const hash = createHash('sha256')
    let size = 0
    for await (const part of source) {
      hash.update(part)
      size += part.length
      await told(file.writeFile(part))
    }
    await told(file.sync())
    const sha256 = hash.digest('hex')
    return { path, size, sha256, discard, read: (slice) => told(readSlice(path, slice)) }
  } catch (error) {
    await discard()
    throw error
  } finally {
    await file.close()
  }
}

async function readSlice(path: string, { start, end }: Slice): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    return await fill(file, new Uint8Array(end - start), start)
  } finally {
    await file.close()
  }
}

async function fill(file: FileHandle, bytes: Uint8Array, start: number) {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at)
    if (bytesRead === 0) throw new Error('a spooled file has become shorter')
    at += bytesRead
  }
  return bytes
}

/** Deletes what came in before a time and was never put; says how much. */
export async function tidySpool(folder: string, before: number): Promise<number> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw fileProblem(error, folder)
  })
  let done = 0
  for (const name of names.filter((one) => UPLOAD.test(one))) {
    const found = await stat(join(folder, name)).catch(() => null)
    if (!found || found.mtimeMs >= before) continue
    await rm(join(folder, name), { force: true })
    done += 1
  }
  return done
}
