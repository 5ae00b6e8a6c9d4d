/** What becomes of one piece of work that asked for a turn. */
export interface Turn {
  /** Gives the slot back, or the place in the queue up. Does nothing the second time. */
  leave(): void
}

/** Told once: that the work may begin, or that there is no room for it. */
export interface Waiter {
  begin(): void
  refuse(): void
}

/** How much is done at once, and how much may wait. */
export interface ShareOptions {
  slots: number
  /** How many of them several parties share, where that is fewer: the rest keeps the machine quick. */
  shared?: number
  /** The most that wait, of all parties together. */
  queue: number
  /** How long a party that has nothing to do counts on, in milliseconds. */
  lingerMs?: number
  /** How long a party with more waiting rests after a turn while others are there, in times of what the turn took. */
  rest?: number
}

/** Slots shared out among parties. */
export interface Shares {
  /** Asks for a turn; `begin` or `refuse` may be called before this returns. */
  enter(party: string, waiter: Waiter): Turn
  readonly running: number
  readonly waiting: number
  /** How many parties are held in memory. */
  readonly parties: number
}

interface Party {
  running: number
  waiting: Waiter[]
  /** The number of the start that was its last; 0 for one that is new here, which goes first. */
  served: number
  /** When it last had anything to do. */
  seenAt: number
  /** Until when it begins nothing, unless it is alone. */
  restsUntil: number
}

const LINGER_MS = 1_000
/** After a long turn, which has mostly waited for the database, there is no more to make good. */
const LONGEST_REST_MS = 50

/**
 * Shares slots out among parties, so that what one floods the server with does not keep another from
 * its turn:
 *
 * * While several parties are there, none runs more than its share of the slots, though others stand
 *   idle: who asks only now and then finds a slot free, and a machine that is not full. A party counts
 *   for a moment longer than it has anything to do. One that is alone has all slots.
 * * While several parties are there, one that has more waiting when a turn ends rests before its next, and
 *   holds no slot meanwhile: what does the work is left to the others then, too.
 * * The next turn is that of the party that runs least, and among equals of the one whose last turn is
 *   longest ago. Within a party, first come, first served.
 * * Where the queue is full, the newest of the longest line goes, be it the one that just came.
 *
 * @param now In milliseconds; it may stand still, but not go back.
 */
export function openShares(
  { slots, shared = slots, queue, lingerMs = LINGER_MS, rest = 0 }: ShareOptions,
  now: () => number = () => performance.now(),
): Shares {
  const parties = new Map<string, Party>()
  let running = 0
  let waiting = 0
  let starts = 0
  let wakes: NodeJS.Timeout | undefined

  const partyOf = (name: string) => {
    let party = parties.get(name)
    if (!party) {
      party = { running: 0, waiting: [], served: 0, seenAt: now(), restsUntil: 0 }
      parties.set(name, party)
    }
    party.seenAt = now()
    return party
  }

  const forget = () => {
    const before = now() - lingerMs
    for (const [name, { running: runs, waiting: line, seenAt }] of parties) {
      if (runs === 0 && line.length === 0 && seenAt <= before) parties.delete(name)
    }
  }

  const start = () => {
    while (running < slots && waiting > 0) {
      const share = parties.size === 1 ? slots : Math.max(1, Math.floor(shared / parties.size))
      let next: Party | undefined
      let rested = Number.POSITIVE_INFINITY
      for (const party of parties.values()) {
        if (party.waiting.length === 0 || party.running >= share) continue
        const left = parties.size === 1 ? 0 : party.restsUntil - now()
        if (left > 0) rested = Math.min(rested, left)
        else if (!next || comesBefore(party, next)) next = party
      }
      if (!next) {
        if (rested < Number.POSITIVE_INFINITY) startIn(rested)
        return
      }
      const waiter = next.waiting.shift()!
      waiting -= 1
      running += 1
      starts += 1
      next.running += 1
      next.served = starts
      waiter.begin()
    }
  }

  const startIn = (ms: number) => {
    clearTimeout(wakes)
    wakes = setTimeout(() => {
      forget()
      start()
    }, ms)
  }

  /** Makes room in a full queue. */
  const dropOne = () => {
    let longest: Party | undefined
    for (const party of parties.values()) {
      if (!longest || party.waiting.length >= longest.waiting.length) longest = party
    }
    waiting -= 1
    longest!.waiting.pop()!.refuse()
  }

  return {
    enter(name, waiter) {
      forget()
      const party = partyOf(name)
      let state: 'there' | 'left' = 'there'
      let beganAt: number | undefined
      const own: Waiter = {
        begin: () => {
          beganAt = now()
          waiter.begin()
        },
        refuse: () => {
          state = 'left'
          waiter.refuse()
        },
      }
      // Looked at last among equals, so that of two lines as long the other is not cut.
      parties.delete(name)
      parties.set(name, party)
      party.waiting.push(own)
      waiting += 1
      start()
      if (waiting > queue) dropOne()
      return {
        leave() {
          if (state === 'left') return
          state = 'left'
          party.seenAt = now()
          if (beganAt !== undefined) {
            running -= 1
            party.running -= 1
            if (party.waiting.length > 0) {
              party.restsUntil = now() + Math.min(rest * (now() - beganAt), LONGEST_REST_MS)
            }
          } else {
            waiting -= 1
            party.waiting.splice(party.waiting.indexOf(own), 1)
          }
          forget()
          start()
        },
      }
    },
    get running() {
      return running
    },
    get waiting() {
      return waiting
    },
    get parties() {
      return parties.size
    },
  }
}

const comesBefore = (a: Party, b: Party) =>
  a.running < b.running || (a.running === b.running && a.served < b.served)
