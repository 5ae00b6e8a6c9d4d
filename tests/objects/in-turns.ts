import { setImmediate as tick } from 'node:timers/promises'
import type fc from 'fast-check'
import type { Blob, Blobs } from '../../server/objects/blobs.ts'

/** Every step of the store waits for its turn, and is done before the next has its own. */
export function inTurns(blobs: Blobs, scheduler: fc.Scheduler) {
  let busy = 0
  const turn =
    <Args extends unknown[], Result>(step: (...args: Args) => Promise<Result>) =>
    async (...args: Args) => {
      await scheduler.schedule(Promise.resolve())
      busy += 1
      return step(...args).finally(() => {
        busy -= 1
      })
    }
  const listed = turn(async (prefix: string) => {
    const all: Blob[] = []
    for await (const one of blobs.list(prefix)) all.push(one)
    return all
  })
  const inTurn: Blobs = {
    ...blobs,
    create: turn(blobs.create),
    find: turn(blobs.find),
    remove: turn(blobs.remove),
    async *list(prefix) {
      yield* await listed(prefix)
    },
  }
  return { inTurn, isBusy: () => busy > 0 }
}

/** Chooses a next step, again and again, once everybody has come to one, until all is done. */
export async function untilDone<Done>(
  work: Promise<Done>,
  { scheduler, isBusy }: { scheduler: fc.Scheduler; isBusy(): boolean },
): Promise<Done> {
  let done = false
  const ended = work.finally(() => {
    done = true
  })
  // Told below: until then nobody listens.
  ended.catch(() => {})
  while (!done) {
    await tick()
    if (!isBusy() && scheduler.count() > 0) await scheduler.waitOne()
  }
  return ended
}
