import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { tryLock } from '../../core/file-lock.ts'
import { lockTimedOut } from './problems.ts'

const POLL_MILLISECONDS = 100

/**
 * Runs `work` while no other process runs any under the same file.
 *
 * @throws {Problem} NEO4J_LOCK_TIMEOUT when the other process does not end in time.
 */
export async function withLock<T>(
  file: string,
  { waitSeconds, onWait }: { waitSeconds: number; onWait?: () => void },
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true })
  const giveUpAt = performance.now() + waitSeconds * 1000
  let held = tryLock(file)
  if (held === null) onWait?.()
  while (held === null) {
    if (performance.now() > giveUpAt) throw lockTimedOut(file, waitSeconds)
    await sleep(POLL_MILLISECONDS)
    held = tryLock(file)
  }
  try {
    return await work()
  } finally {
    held.release()
  }
}
