import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { lockTimedOut } from './problems.ts'

const POLL_MILLISECONDS = 100
/** SQLITE_BUSY: another connection has the file locked. */
const BUSY = 5

function tryLock(file: string): DatabaseSync | null {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === BUSY) return null
    throw error
  }
}

/**
 * Runs `work` while no other process runs any under the same file.
 *
 * The lock is the one that SQLite takes on a database file: the kernel gives it up when its process
 * dies, however it dies. A file that merely exists would outlive its owner, and whoever then broke
 * it could break the lock of the next owner instead.
 *
 * @throws {Problem} NEO4J_LOCK_TIMEOUT when the other process does not end in time.
 */
export async function withLock<T>(
  file: string,
  { waitSeconds, onWait }: { waitSeconds: number; onWait?: () => void },
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true })
  const giveUpAt = Date.now() + waitSeconds * 1000
  let held = tryLock(file)
  if (held === null) onWait?.()
  while (held === null) {
    if (Date.now() > giveUpAt) throw lockTimedOut(file, waitSeconds)
    await sleep(POLL_MILLISECONDS)
    held = tryLock(file)
  }
  try {
    return await work()
  } finally {
    held.close()
  }
}
