/** How a piece of work ended that is to be tried again: after how long, and whether others wait too. */
export interface Pause {
  /** `lane`: whoever is asked cannot answer anything now; `tenant`: not for this tenant. */
  of: 'lane' | 'tenant'
  /** What whoever is asked wants to be left alone for. */
  atLeastMs?: number
}

/** Work for tenants by one witness: so many at once, the others in turn, with pauses after failures. */
export interface Lane {
  /** Has the work done for a tenant, once more if it is being done. */
  add(tenant: string): void
  /** For how many tenants it is being done, or is to be. */
  readonly waiting: number
  /** Ends what is waiting, and resolves when nothing is being done. */
  close(): Promise<void>
}

/** How many logs one witness is asked about at once. */
const AT_ONCE = 8
const SHORTEST_MS = 1_000
/** The longest pause where a witness is down, and where it refuses one log. */
const LONGEST_MS = { lane: 60_000, tenant: 120_000 } as const

type Timer = ReturnType<typeof setTimeout>

/**
 * @param work Ends with a pause to be tried again, or with `null`; it must not throw.
 */
export function openLane(work: (tenant: string) => Promise<Pause | null>): Lane {
  const waiting = new Set<string>()
  const running = new Map<string, Promise<void>>()
  const again = new Set<string>()
  /** Tenants that are not asked about before their pause is over. */
  const paused = new Map<string, { failures: number; timer: Timer | null }>()
  let failures = 0
  let rest: Timer | null = null
  let closed = false

  const pump = () => {
    for (const tenant of waiting) {
      if (closed || rest !== null || running.size >= AT_ONCE) return
      waiting.delete(tenant)
      running.set(tenant, run(tenant))
    }
  }

  const run = async (tenant: string) => {
    const pause = await work(tenant)
    running.delete(tenant)
    const more = again.delete(tenant)
    if (pause?.of !== 'tenant') clearPause(tenant)
    if (pause === null) failures = 0
    if (pause === null && more) waiting.add(tenant)
    if (pause?.of === 'lane') restAfterFailure(tenant, pause.atLeastMs)
    if (pause?.of === 'tenant') pauseTenant(tenant)
    pump()
  }

  const restAfterFailure = (tenant: string, atLeastMs = 0) => {
    waiting.add(tenant)
    if (closed || rest !== null) return
    const pauseMs = Math.max(atLeastMs, pauseAfter(failures, LONGEST_MS.lane))
    rest = setTimeout(() => {
      rest = null
      pump()
    }, pauseMs)
    failures += 1
    rest.unref()
  }

  const pauseTenant = (tenant: string) => {
    const before = paused.get(tenant)?.failures ?? 0
    if (closed) return
    const timer = setTimeout(
      () => {
        // Its failures are remembered, so that the next pause is longer.
        paused.set(tenant, { failures: before + 1, timer: null })
        waiting.add(tenant)
        pump()
      },
      pauseAfter(before, LONGEST_MS.tenant),
    )
    timer.unref()
    paused.set(tenant, { failures: before + 1, timer })
  }

  const clearPause = (tenant: string) => {
    clearTimeout(paused.get(tenant)?.timer ?? undefined)
    paused.delete(tenant)
  }

  return {
    add(tenant) {
      if (closed) return
      if (running.has(tenant)) again.add(tenant)
      else if (!paused.get(tenant)?.timer) waiting.add(tenant)
      pump()
    },
    get waiting() {
      return waiting.size + running.size + paused.size
    },
    async close() {
      closed = true
      if (rest !== null) clearTimeout(rest)
      for (const tenant of [...paused.keys()]) clearPause(tenant)
      waiting.clear()
      await Promise.all(running.values())
    },
  }
}

/** Doubles from a second on, up to the longest; a quarter by chance, so that servers do not meet. */
const pauseAfter = (failures: number, longestMs: number) =>
  Math.min(SHORTEST_MS * 2 ** Math.min(failures, 20), longestMs) * (0.75 + Math.random() / 4)
