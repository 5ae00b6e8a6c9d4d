import { timeLeft, type Until, waitFor, whyOver } from '../../lineage/until.ts'
import { serverBusy } from '../problems.ts'
import type { Limits } from './limits.ts'
import { openShares, type Shares } from './shares.ts'

/**
 * What a request waits for: to read the graph, to write, to have a long body parsed, which holds up
 * the whole process and is done one at a time, or to have a file kept, which for a
 * bucket means that it is sent on.
 */
export type Lane = 'read' | 'write' | 'parse' | 'store'

/** Turns for pieces of work, shared fairly among parties. */
export interface Lanes {
  /**
   * Does the work when its turn has come.
   *
   * @param until The caller stops waiting for its turn at its end, or when it goes; and for what it
   *   writes at its end, when only its Idempotency-Key can tell what becomes of that.
   * @throws {Problem} `SERVER_BUSY` where too many wait already, `DEADLINE_EXCEEDED`,
   *   `REQUEST_CANCELLED`, and what the work throws.
   */
  inTurn<T>(lane: Lane, to: { party: string; until: Until }, work: () => Promise<T> | T): Promise<T>
  /** How much runs and waits in each lane. */
  readonly lanes: Readonly<Record<Lane, Pick<Shares, 'running' | 'waiting'>>>
}

/** A tenant that never pauses has half of its time, while others are there: what it asks is worked on by this process, too. */
const REST = 1
/** Files that are put at once: of each, 8 MiB are in memory on its way to a bucket. */
const STORE_SLOTS = 8

export function openLanes({ readSlots, writeSlots, queue }: Limits): Lanes {
  const lanes = {
    // By default as many as there are processors: more would slow each other.
    read: openShares({ slots: readSlots, shared: Math.ceil(readSlots / 2), queue, rest: REST }),
    write: openShares({ slots: writeSlots, queue }),
    parse: openShares({ slots: 1, queue }),
    store: openShares({ slots: STORE_SLOTS, queue }),
  }
  return {
    lanes,
    async inTurn(lane, { party, until }, work) {
      timeLeft(until)
      const leave = await enter(lanes[lane], { party, until })
      // What has begun keeps its turn to its end, also where nobody waits for it any more.
      const done = (async () => work())().finally(
        lane === 'read' ? () => afterAnswer(leave) : leave,
      )
      if (lane !== 'write') return done
      // How it ends is told to nobody then.
      done.catch(() => {})
      return waitFor(until, () => done)
    },
  }
}

/**
 * The turn of a reader ends when its answer is written out and what came in meanwhile has been looked at.
 * Were the next one begun before, a tenant that never pauses would have the database at work on one of
 * its requests and this process on another: two processors, where its turn is meant to be one.
 */
const afterAnswer = (leave: () => void) => setImmediate(() => setImmediate(leave))

/** Resolves, with what gives the turn back, when the turn has come. */
function enter(
  shares: Shares,
  { party, until }: { party: string; until: Until },
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const left = timeLeft(until)
    let isDecided = false
    const stopWaiting = () => {
      clearTimeout(timer)
      until.signal?.removeEventListener('abort', giveUp)
    }
    const giveUp = () => {
      stopWaiting()
      turn.leave()
      reject(whyOver(until))
    }
    let timer: NodeJS.Timeout | undefined
    const turn = shares.enter(party, {
      begin: () => {
        isDecided = true
        stopWaiting()
        resolve(() => turn.leave())
      },
      refuse: () => {
        isDecided = true
        stopWaiting()
        reject(serverBusy())
      },
    })
    if (isDecided) return
    timer = setTimeout(giveUp, left)
    until.signal?.addEventListener('abort', giveUp, { once: true })
  })
}
