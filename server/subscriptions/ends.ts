import type { LogEnd } from '../../lineage/log-heads.ts'
import type { Position } from '../../lineage/position.ts'

/** How far logs go, looked at for all who wait together. */
export interface Ends {
  /**
   * Waits until a tenant's log goes beyond a position.
   *
   * @returns Whether it does; it may not, once `ms` are over or the signal is aborted.
   */
  beyond(
    tenant: string,
    through: Position,
    until: { signal: AbortSignal; ms: number },
  ): Promise<boolean>
}

/** How often it is looked. One read serves all tenants, and where nobody waits there is none. */
const LOOK_MS = 250

interface Waiter {
  tenant: string
  through: Position
  settle(isBeyond: boolean): void
}

/**
 * Looks how far the logs go that somebody waits for: one small read for all of them, however many they
 * are. What goes wrong with a look is left to the next one, and to those who then read.
 */
export function openEnds(
  read: (tenants: readonly string[]) => Promise<readonly LogEnd[]>,
  lookMs = LOOK_MS,
): Ends {
  const waiters = new Set<Waiter>()
  let isLooking = false

  const look = async () => {
    const tenants = [...new Set([...waiters].map(({ tenant }) => tenant))]
    const ends = new Map((await read(tenants)).map((end) => [end.tenant, end]))
    for (const { tenant, through, settle } of [...waiters]) {
      const end = ends.get(tenant)
      if (end && (end.epoch !== through.epoch || end.seq > through.seq)) settle(true)
    }
  }

  const keepLooking = async () => {
    if (isLooking) return
    isLooking = true
    while (waiters.size > 0) {
      await look().catch(() => {})
      await new Promise((resolve) => {
        setTimeout(resolve, lookMs)
      })
    }
    isLooking = false
  }

  return {
    beyond: (tenant, through, { signal, ms }) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(false)
        const settle = (isBeyond: boolean) => {
          clearTimeout(timer)
          signal.removeEventListener('abort', giveUp)
          waiters.delete(waiter)
          resolve(isBeyond)
        }
        const giveUp = () => settle(false)
        const timer = setTimeout(giveUp, ms)
        const waiter: Waiter = { tenant, through, settle }
        signal.addEventListener('abort', giveUp, { once: true })
        waiters.add(waiter)
        void keepLooking()
      }),
  }
}
