import type { Quota } from '../settings/limits.ts'

/** How one key stands after a request of it. */
export interface Standing {
  /** Whether the request is within the quota. One that is not costs nothing. */
  isWithin: boolean
  /** How many more would be, at this moment. */
  remaining: number
  /** The seconds until the whole quota is there again. */
  resetSeconds: number
  /** The seconds until the next request would be within it; 0 where it is. */
  retryAfterSeconds: number
}

/** Counts requests by key. */
export interface Meter {
  readonly quota: Quota
  /** @param now In milliseconds, from any moment that stays; it may stand still, but not go back. */
  take(key: string, now: number): Standing
  /** How many keys are held. */
  readonly size: number
}

/** The most keys of one meter: some 2 MB. */
export const MOST_KEYS = 20_000

/**
 * Opens a token bucket for each key, held as a single moment: when the bucket will be full again
 * (GCRA). A key whose bucket is full need not be held at all. Above `most` keys, the one that asked
 * longest ago goes, full or not: who can make up that many keys is bounded by another meter.
 */
export function openMeter(quota: Quota, most = MOST_KEYS): Meter {
  const windowMs = quota.seconds * 1_000
  const eachMs = windowMs / quota.requests
  const fullAt = new Map<string, number>()
  return {
    quota,
    get size() {
      return fullAt.size
    },
    take(key, now) {
      const before = Math.max(now, fullAt.get(key) ?? now)
      const after = before + eachMs
      const isWithin = after - now <= windowMs + 1e-6
      const held = isWithin ? after : before
      fullAt.delete(key)
      fullAt.set(key, held)
      trim(fullAt, { now, most })
      return {
        isWithin,
        remaining: Math.floor((windowMs - (held - now)) / eachMs + 1e-6),
        resetSeconds: Math.ceil((held - now) / 1_000),
        retryAfterSeconds: isWithin ? 0 : Math.max(1, Math.ceil((after - now - windowMs) / 1_000)),
      }
    },
  }
}

/** Looks at a few of the oldest each time, so that what is full goes without a timer. */
function trim(fullAt: Map<string, number>, { now, most }: { now: number; most: number }) {
  let looked = 0
  for (const [key, at] of fullAt) {
    if (at > now && fullAt.size <= most) return
    fullAt.delete(key)
    looked += 1
    if (looked === 4 && fullAt.size <= most) return
  }
}
