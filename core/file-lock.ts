import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

/** SQLITE_BUSY: another connection has the file locked. */
const BUSY = 5

/** A lock that is held. */
export interface FileLock {
  release(): void
}

/**
 * Takes the lock of a file, which it makes where it is not there; `null` where another holds it.
 *
 * The lock is the one that SQLite takes on a database file: the kernel gives it up when its process
 * dies, however it dies. A file that merely exists would outlive its owner, and whoever then broke
 * it could break the lock of the next owner instead. The file stays for the same reason: whoever has
 * opened one that is taken away, and whoever makes it anew, would each hold a lock.
 *
 * @throws SQLite's own error where the file cannot be opened.
 */
export function tryLock(file: string): FileLock | null {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === BUSY) return null
    throw error
  }
}

const POLL_MILLISECONDS = 100

/** How long a lock is waited for, and what is thrown then. */
export interface LockWait {
  waitSeconds: number
  /** Called once where it has to be waited for. */
  onWait?: () => void
  late(): Error
}

/** Runs `work` while no other process runs any under the same file. */
export async function underLock<T>(
  file: string,
  { waitSeconds, onWait, late }: LockWait,
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true })
  const giveUpAt = performance.now() + waitSeconds * 1000
  let held = tryLock(file)
  if (held === null) onWait?.()
  while (held === null) {
    if (performance.now() > giveUpAt) throw late()
    await sleep(POLL_MILLISECONDS)
    held = tryLock(file)
  }
  try {
    return await work()
  } finally {
    held.release()
  }
}
