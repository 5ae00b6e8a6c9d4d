import { setTimeout as sleep } from 'node:timers/promises'
import { TooLate, within } from './within.ts'

/** Something outside that is looked at again and again, whether or not anybody asks. */
export interface LookOut {
  /** Whether it was well when it was last looked at; until then nobody knows, and it counts as not. */
  isWell(): boolean
  /** Resolves when it has been looked at once. */
  first: Promise<void>
  stop(): void
}

export interface LookOutOptions {
  /** What it is, for whoever is told that it does not answer. */
  what: string
  /** How long it is left alone after each look. */
  everyMs: number
  /** How long a look may take; what is not answered by then is not well. */
  withinMs: number
  /** Told why it is not well, once until it is well again. */
  onFailing(error: unknown): void
}

/**
 * Looks at something in the background, once at a time. Whoever wants to know is told what was found
 * last: he neither waits for what may hang, nor makes anybody ask it however often he asks.
 *
 * @param look Resolves where it is well; the signal ends what it began.
 */
export function keepLooking(
  look: (signal: AbortSignal) => Promise<void>,
  { what, everyMs, withinMs, onFailing }: LookOutOptions,
): LookOut {
  const stop = new AbortController()
  let [isWell, isTold] = [false, false]
  let underWay: Promise<unknown> = Promise.resolve()
  const once = async () => {
    const late = new AbortController()
    const work = look(AbortSignal.any([stop.signal, late.signal]))
    underWay = work.catch(() => {})
    try {
      await within(withinMs, work)
      isWell = true
      isTold = false
    } catch (error) {
      late.abort()
      isWell = false
      const isLate = error instanceof TooLate
      const because = isLate ? new Error(`${what} did not answer within ${withinMs} ms`) : error
      if (!isTold && !stop.signal.aborted) onFailing(because)
      isTold = true
    }
  }
  const first = once()
  const goOn = async () => {
    await first
    while (!stop.signal.aborted) {
      // A disk that hangs does not heed the signal: then there is one that waits for it, and no more.
      await underWay
      await sleep(everyMs, undefined, { ref: false, signal: stop.signal }).catch(() => {})
      if (!stop.signal.aborted) await once()
    }
  }
  void goOn()
  return { isWell: () => isWell, first, stop: () => stop.abort() }
}
