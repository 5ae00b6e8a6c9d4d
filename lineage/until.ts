import { deadlineExceeded, requestCancelled } from './problems.ts'

/** How long a caller waits for what it reads: what nobody waits for is ended in the database too. */
export interface Until {
  /** The moment, by `performance.now()`, which nobody sets, at which the answer is of no more use. */
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
  const left = until.endsAt - performance.now()
  if (until.signal?.aborted) throw requestCancelled()
  if (left <= 0) throw deadlineExceeded(until.timeoutMs)
  return Math.ceil(left)
}

/** Work of the database, and how it is ended from here. */
export interface Work<T> {
  work(): Promise<T>
  end(): void
}

/** Why a caller waits no longer, where it does not. */
export const whyOver = (until: Until) =>
  until.signal?.aborted ? requestCancelled() : deadlineExceeded(until.timeoutMs)

/**
 * Waits for what others wait for too: it goes on for them where this caller's time ends, or it goes.
 *
 * @param begin What is waited for; not called for a caller who waits no longer.
 * @param end Called once where the caller does not wait for it any longer.
 * @throws {Problem} `DEADLINE_EXCEEDED`, `REQUEST_CANCELLED`, and what it fails with.
 */
export async function waitFor<T>(
  until: Until | undefined,
  begin: () => Promise<T>,
  end: () => void = () => {},
): Promise<T> {
  if (!until) return begin()
  const left = timeLeft(until)
  const gone = Promise.withResolvers<never>()
  const giveUp = () => {
    end()
    gone.reject(whyOver(until))
  }
  until.signal?.addEventListener('abort', giveUp, { once: true })
  try {
    const late = () => deadlineExceeded(until.timeoutMs)
    return await atMost(left, { work: () => Promise.race([begin(), gone.promise]), end }, late)
  } finally {
    until.signal?.removeEventListener('abort', giveUp)
  }
}

/**
 * Does the work, and calls `end` once where the caller goes while it is under way, or its time is over:
 * a database that answers nothing is not waited for. What the work then fails with is told as what it
 * is: that the caller has gone, or that its time was over.
 */
export async function during<T>(until: Until, { work, end }: Work<T>): Promise<T> {
  try {
    return await waitFor(until, work, end)
  } catch (error) {
    timeLeft(until)
    throw error
  }
}

/** Does the work, and calls `end` and throws what is `late` where it takes longer than that. */
export async function atMost<T>(
  milliseconds: number,
  { work, end }: Work<T>,
  late: () => Error,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      end()
      reject(late())
    }, milliseconds)
  })
  try {
    return await Promise.race([work(), over])
  } finally {
    clearTimeout(timer)
  }
}
