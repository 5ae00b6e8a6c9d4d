import type { Limits } from '../limits/limits.ts'
import { serverBusy } from '../problems.ts'
import { subscriptionsTooMany } from './problems.ts'

/** Why a stream ends though its reader would go on. */
export type Ending = 'LIFE_OVER' | 'SERVER_ENDS'

/** A place among the subscriptions of this process. */
export interface Stay {
  /** Aborted where it has to end, or where its client has gone. */
  signal: AbortSignal
  /** Why it has to end; `undefined` while it need not, or where the client has gone. */
  readonly ending: Ending | undefined
  /** Counts an event that was told. */
  told(): void
  /** Gives the place back; again, it does nothing. */
  leave(): void
}

/** The subscriptions that this process tells. */
export interface Subscriptions {
  /**
   * Takes a place.
   *
   * @param gone Aborted where the client goes.
   * @throws {Problem} `SUBSCRIPTIONS_TOO_MANY` of the tenant, `SERVER_BUSY` of all together, or once
   *   this process takes no more.
   */
  enter(tenant: string, gone: AbortSignal): Stay
  readonly open: number
  /** How many events were told, of all that ever were open. */
  readonly told: number
  /** Ends all of them in order, and takes no more. */
  end(): void
}

export function openSubscriptions({
  subscriptions: most,
  tenantSubscriptions: mostOfTenant,
  subscriptionLife,
}: Pick<Limits, 'subscriptions' | 'tenantSubscriptions' | 'subscriptionLife'>): Subscriptions {
  const ofTenant = new Map<string, number>()
  const endings = new Set<(why: Ending) => void>()
  let isOver = false
  let told = 0

  const count = (tenant: string, by: 1 | -1) => {
    const now = (ofTenant.get(tenant) ?? 0) + by
    if (now === 0) ofTenant.delete(tenant)
    else ofTenant.set(tenant, now)
  }

  return {
    enter(tenant, gone) {
      if (isOver || endings.size >= most) throw serverBusy()
      if ((ofTenant.get(tenant) ?? 0) >= mostOfTenant) throw subscriptionsTooMany(mostOfTenant)
      const stop = new AbortController()
      let ending: Ending | undefined
      const end = (why: Ending) => {
        ending ??= why
        stop.abort()
      }
      const timer = setTimeout(end, subscriptionLife, 'LIFE_OVER').unref()
      const leave = () => {
        if (!endings.delete(end)) return
        clearTimeout(timer)
        gone.removeEventListener('abort', leave)
        count(tenant, -1)
        stop.abort()
      }
      endings.add(end)
      count(tenant, 1)
      // Also where nobody pulls any more, so that nothing else would tell.
      gone.addEventListener('abort', leave, { once: true })
      if (gone.aborted) leave()
      return {
        signal: stop.signal,
        get ending() {
          return ending
        },
        told() {
          told += 1
        },
        leave,
      }
    },
    get open() {
      return endings.size
    },
    get told() {
      return told
    },
    end() {
      isOver = true
      for (const one of [...endings]) one('SERVER_ENDS')
    },
  }
}
