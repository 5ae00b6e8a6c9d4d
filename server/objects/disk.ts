import { randomBytes } from 'node:crypto'
import { createReadStream, type Dirent } from 'node:fs'
import { link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Spooled } from '../../core/objects.ts'
import type { Blob, Blobs } from './blobs.ts'
import { fileProblem } from './file-problems.ts'

const DRAFTS = 'drafts'
const ATTEMPTS = 5
/** What a check writes: what small exports need, and no more than a disk takes at once. */
const LEAST_REHEARSED = 65_536
const MOST_REHEARSED = 16 * 2 ** 20

/**
 * Keeps blobs as files under a directory, a folder deep. A file appears under its name by a link, once
 * it is whole and on disk: until then it is a draft.
 */
export function openDiskBlobs(directory: string): Blobs {
  const pathOf = (name: string) => join(directory, name)
  const told = <T>(work: Promise<T>) =>
    work.catch((error) => Promise.reject(fileProblem(error, directory)))

  async function* blobsIn(folder: string, start: string): AsyncGenerator<Blob> {
    for (const entry of await told(entriesOf(pathOf(folder)))) {
      if (!entry.isFile() || !entry.name.startsWith(start)) continue
      const name = `${folder}/${entry.name}`
      const found = await told(fileAt(pathOf(name)))
      // Taken away just now.
      if (found) yield { name, ...found }
    }
  }

  return {
    // What is spooled there needs no second copy: it gets its name by a link.
    spool: pathOf(DRAFTS),
    create: (name, content) => told(keep(directory, name, { content, named: linkNew })),
    async replace(name, content) {
      await told(keep(directory, name, { content, named: renameOver }))
    },
    async find(name) {
      const found = await told(fileAt(pathOf(name)))
      return found && { name, ...found }
    },
    async *read(name, { start, end }) {
      // Node's own end is the last byte.
      const stream = createReadStream(pathOf(name), { start, end: end - 1 })
      try {
        yield* stream as AsyncIterable<Uint8Array>
      } catch (error) {
        throw fileProblem(error, directory)
      } finally {
        stream.destroy()
      }
    },
    async *list(prefix) {
      const [folder, start] = prefix.includes('/') ? split(prefix) : [null, prefix]
      if (folder !== null) return yield* blobsIn(folder, start)
      for (const entry of await told(entriesOf(directory))) {
        const isListed = entry.isDirectory() && entry.name !== DRAFTS
        if (isListed && entry.name.startsWith(start)) yield* blobsIn(entry.name, '')
      }
    },
    async remove(name) {
      await told(removeDurably(pathOf(name)))
      for await (const draft of blobsIn(DRAFTS, `${basename(name)}.`)) {
        await told(removeDurably(pathOf(draft.name)))
      }
    },
    async tidy(before) {
      let done = 0
      for await (const { name, since } of blobsIn(DRAFTS, '')) {
        if (since >= before) continue
        await told(removeDurably(pathOf(name)))
        done += 1
      }
      return done
    },
    check: (bytes, signal) => told(rehearse(directory, bytes, signal)),
    close() {},
  }
}

const split = (prefix: string): [string, string] => {
  const at = prefix.indexOf('/')
  return [prefix.slice(0, at), prefix.slice(at + 1)]
}

type Naming = (draft: string, path: string) => Promise<boolean>

interface Keeping {
  content: Uint8Array | Spooled
  named: Naming
}

/** Writes a draft, and has it named; gives what naming it gives. */
async function keep(
  directory: string,
  name: string,
  { content, named }: Keeping,
): Promise<boolean> {
  const path = join(directory, name)
  const folder = dirname(path)
  const drafts = join(directory, DRAFTS)
  await mkdir(drafts, { recursive: true, mode: 0o700 })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const done = await nameDraft(join(drafts, basename(name)), path, { content, named })
  // Those above too: whoever made them may have died before they were on disk.
  for (const one of [folder, directory, dirname(directory)]) await syncDirectory(one)
  return done
}

/** Whoever deletes that name meanwhile may take the draft away from under us. */
async function nameDraft(
  draftName: string,
  path: string,
  { content, named }: Keeping,
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const draft = `${draftName}.${randomBytes(6).toString('hex')}`
    try {
      if (content instanceof Uint8Array) await writeWhole(draft, content)
      else await link(content.path, draft)
      return await named(draft, path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' || attempt === ATTEMPTS) throw error
    } finally {
      // A draft that cannot be taken away now is found when the store is tidied.
      await rm(draft, { force: true }).catch(() => {})
    }
  }
}

/** Gives whether the name was new. */
const linkNew: Naming = async (draft, path) => {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const renameOver: Naming = async (draft, path) => {
  await rename(draft, path)
  return true
}

async function writeWhole(path: string, bytes: Uint8Array, signal?: AbortSignal) {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes, { signal })
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Writes a draft of about that size, as `create` does, and takes it away again. */
async function rehearse(directory: string, bytes: number, signal?: AbortSignal) {
  const drafts = join(directory, DRAFTS)
  await mkdir(drafts, { recursive: true, mode: 0o700 })
  const draft = join(drafts, `check.${randomBytes(6).toString('hex')}`)
  const size = Math.min(Math.max(bytes, LEAST_REHEARSED), MOST_REHEARSED)
  try {
    await writeWhole(draft, new Uint8Array(size), signal)
  } finally {
    await rm(draft, { force: true }).catch(() => {})
  }
}

/** A name that is new, or gone, is so durably when its directory is on disk. */
async function syncDirectory(path: string) {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

const unlessMissing =
  <T>(otherwise: T) =>
  (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
    return otherwise
  }

const entriesOf = (folder: string): Promise<Dirent[]> =>
  readdir(folder, { withFileTypes: true }).catch(unlessMissing<Dirent[]>([]))

async function fileAt(path: string) {
  const found = await stat(path).catch(unlessMissing(null))
  return found?.isFile() ? { size: found.size, since: found.mtimeMs } : null
}

async function removeDurably(path: string) {
  if (!(await fileAt(path))) return
  await rm(path, { force: true })
  await syncDirectory(dirname(path))
}
