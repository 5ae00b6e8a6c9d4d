import { deadlineExceeded, requestCancelled } from './problems.ts'

/** How long a caller waits for what it reads: what nobody waits for is ended in the database too. */
export interface Until {
  /** The moment, as `Date.now()` tells it, at which the answer is of no more use. */
  readonly endsAt: number
  /** The time that the caller was given, which it is told when it is over. */
  readonly timeoutMs: number
  /** Aborted where the caller has gone. */
  readonly signal?: AbortSignal
}

/**
 * The milliseconds that are left, at least one.
 *
 * @throws {Problem} `DEADLINE_EXCEEDED`, `REQUEST_CANCELLED`.
 */
export function timeLeft(until: Until): number {
  const left = until.endsAt - Date.now()
  if (until.signal?.aborted) throw requestCancelled()
  if (left <= 0) throw deadlineExceeded(until.timeoutMs)
  return Math.ceil(left)
}

/**
 * Does the work, and calls `end` once where the caller goes while it is under way. What the work then
 * fails with is told as what it is: that the caller has gone, or that its time was over.
 */
export async function during<T>(
  until: Until | undefined,
  { work, end }: { work(): Promise<T>; end(): void },
): Promise<T> {
  const { signal } = until ?? {}
  signal?.addEventListener('abort', end, { once: true })
  try {
    return await work()
  } catch (error) {
    if (until) timeLeft(until)
    throw error
  } finally {
    signal?.removeEventListener('abort', end)
  }
}
