import { setTimeout as sleep } from 'node:timers/promises'
import type { Embedded } from './embedded.ts'
import type { Hold } from './hold.ts'
import { endedUnasked, movedAway, stoppedByOther } from './problems.ts'

/** What is needed to bring back a Neo4j that has ended. */
export interface Reviving {
  /** Joins the one that runs, or gives `null`. */
  join(): Promise<Embedded | null>
  /** Starts one, or joins the one that somebody else has started. */
  start(): Promise<Embedded>
  /** Told that it has ended, and of every try that failed. */
  onEnded(problem: unknown): void
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000
const LOOK_MS = 1_000

/**
 * Keeps a Neo4j running for as long as this process wants it: one that was killed is started again at
 * the same port, so that open drivers find it. One that somebody stopped on purpose stays stopped until
 * somebody starts it.
 *
 * @returns How to let go of it.
 */
export function keepRunning(first: Embedded, { join, start, onEnded }: Reviving) {
  let held: Embedded | null = first
  const letGo = new AbortController()
  const pause = (milliseconds: number) =>
    sleep(milliseconds, undefined, { signal: letGo.signal, ref: false }).catch(() => {})

  /** At another port it is of no use: what is open here knows the old one. */
  const atItsPort = (found: Embedded): Hold => {
    if (found.port === first.port) {
      held = found
      return found.hold
    }
    found.hold.leave()
    throw movedAway(first.port)
  }

  const untilSomebodyStartsIt = async (): Promise<Hold | null> => {
    while (!letGo.signal.aborted) {
      const found = await join().catch(() => null)
      if (found?.port === first.port) return atItsPort(found)
      found?.hold.leave()
      await pause(LOOK_MS)
    }
    return null
  }

  const startAgain = async (): Promise<Hold | null> => {
    for (let wait = FIRST_PAUSE_MS; !letGo.signal.aborted; wait *= 2) {
      try {
        return atItsPort(await start())
      } catch (problem) {
        onEnded(problem)
      }
      await pause(Math.min(wait, LONGEST_PAUSE_MS))
    }
    return null
  }

  const watch = async () => {
    for (let hold: Hold | null = first.hold; hold !== null && !letGo.signal.aborted; ) {
      const { pid } = held!
      await hold.gone
      if (letGo.signal.aborted) return
      held = null
      onEnded(hold.wasStopped() ? stoppedByOther() : endedUnasked(pid))
      hold = await (hold.wasStopped() ? untilSomebodyStartsIt() : startAgain())
    }
  }
  const watching = watch()

  return async () => {
    letGo.abort()
    await held?.hold.release()
    await watching
    // Where it came back at that very moment.
    await held?.hold.release()
  }
}
