import type { DatabaseSync } from 'node:sqlite'

/** SQLite's result codes that callers must tell apart. */
const BUSY = 5
const CORRUPT = 11
const NOT_A_DATABASE = 26

/** What the owner of a file throws where it cannot be had. */
export interface Refusals {
  /** The lock was not to be had in time. */
  busy(cause: unknown): Error
  /** The file is no database, or a damaged one. */
  unreadable(cause: unknown): Error
}

/** Runs one decision at a time on a SQLite file, across processes. */
export interface LockedFile {
  /**
   * Runs `work` in a transaction that holds the file's exclusive lock from before its first read until
   * what it wrote is on disk, and rolls everything back where it throws.
   */
  locked<T>(work: (file: DatabaseSync) => T | Promise<T>): Promise<T>
  close(): void
}

/**
 * Serialises work on an open file, in this process and among processes, waiting for the lock without
 * blocking the event loop, which SQLite's own waiting would do.
 *
 * @param file Opened with `timeout: 0`, since all waiting is done here.
 * @param patienceMs How long the lock is waited for.
 */
export function lockedFile(
  file: DatabaseSync,
  { patienceMs, refusals }: { patienceMs: number; refusals: Refusals },
): LockedFile {
  let turn: Promise<unknown> = Promise.resolve()
  let ready = false
  const patiently = (take: () => void) => waitFor(take, patienceMs, refusals)
  return {
    locked(work) {
      const mine = turn.then(async () => {
        // Even to look at the file takes a lock on it, so nothing is done before it is waited for.
        if (!ready) await patiently(() => file.exec('PRAGMA synchronous = EXTRA'))
        ready = true
        await patiently(() => file.exec('BEGIN EXCLUSIVE'))
        try {
          const result = await work(file)
          file.exec('COMMIT')
          return result
        } catch (error) {
          if (file.isTransaction) file.exec('ROLLBACK')
          throw error
        }
      })
      turn = mine.catch(() => {})
      return mine
    },
    close: () => file.close(),
  }
}

async function waitFor(take: () => void, patienceMs: number, { busy, unreadable }: Refusals) {
  for (const start = performance.now(); ; ) {
    try {
      return take()
    } catch (error) {
      const { errcode } = error as { errcode?: number }
      if (errcode === CORRUPT || errcode === NOT_A_DATABASE) throw unreadable(error)
      if (errcode !== BUSY) throw error
      if (performance.now() - start > patienceMs) throw busy(error)
      await new Promise((resolve) => {
        setTimeout(resolve, 2 + Math.random() * 8)
      })
    }
  }
}
