import { underLock } from '../../core/file-lock.ts'
import { lockTimedOut } from './problems.ts'

/**
 * Runs `work` while no other process starts, stops or fetches a Neo4j under the same file.
 *
 * @throws {Problem} NEO4J_LOCK_TIMEOUT when the other process does not end in time.
 */
export const withLock = <T>(
  file: string,
  { waitSeconds, onWait }: { waitSeconds: number; onWait?: () => void },
  work: () => Promise<T>,
): Promise<T> =>
  underLock(file, { waitSeconds, onWait, late: () => lockTimedOut(file, waitSeconds) }, work)
