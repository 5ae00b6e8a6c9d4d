import type { Log } from './log.ts'
import { shutdownTooLong } from './problems.ts'

/** The parts of a server that end one after the other. */
export interface Ending {
  /** How long requests are still taken, once nobody should send any. */
  drainMs: number
  /** How long each of the steps after that may take. */
  withinMs: number
  /** Says that no more requests should be sent. */
  drain(): void
  /** Takes no more, and resolves when those under way are answered, or cut off. */
  stopListening(): Promise<void>
  /** Ends the work in the background, and what is below. */
  closeService(): Promise<void>
  log: Log
}

/**
 * Ends a server so that nobody notices: first it says that it is not ready, then it takes no more, then
 * it answers what it has, then the work in the background ends at its next step.
 *
 * There is no lease to be handed back by a message: a part of a merge is one transaction, whichever
 * server does it, and a witness that is being asked is asked again by whoever signs next. What this
 * process alone holds (the lock on its embedded Neo4j) goes with the service.
 *
 * @throws {Problem} `SHUTDOWN_TOO_LONG` where the background does not end: nothing acknowledged is lost
 *   by leaving it there, as nothing would be by a kill.
 */
export async function shutDown(ending: Ending): Promise<void> {
  const { drainMs, withinMs, log } = ending
  ending.drain()
  log.info({ drainMs, withinMs }, 'ending: requests are sent elsewhere from now on')
  await pause(drainMs)
  await ending.stopListening()
  log.info('ending: every request that was taken is answered')
  await bounded(ending.closeService(), withinMs)
  log.info('ended')
}

const pause = (milliseconds: number) =>
  milliseconds === 0
    ? undefined
    : new Promise((resolve) => {
        setTimeout(resolve, milliseconds)
      })

async function bounded(work: Promise<void>, withinMs: number) {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(shutdownTooLong(withinMs)), Math.max(withinMs, LEAST_MS))
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What is in the background ends at its next step, and a transaction may take as long as this. */
const LEAST_MS = 15_000
