import { Problem } from '../../core/problem.ts'
import type { Ending } from './subscriptions.ts'

export const subscriptionNotAccepted = () =>
  new Problem(
    'SUBSCRIPTION_NOT_ACCEPTED',
    'A subscription is answered as server-sent events: send the header accept: text/event-stream.',
    { status: 406 },
  )

export const subscriptionsTooMany = (most: number) =>
  new Problem(
    'SUBSCRIPTIONS_TOO_MANY',
    `This tenant has ${most} subscriptions open here already; end one, or ask for several things in one.`,
    { status: 429, details: { most, retryAfterSeconds: 5 } },
  )

const SAYS: Record<Ending, string> = {
  LIFE_OVER: 'A subscription lasts no longer than this',
  SERVER_ENDS: 'This server ends',
}

/** @param after The place to go on from. */
export const subscriptionEnded = (because: Ending, after: string) =>
  new Problem('SUBSCRIPTION_ENDED', `${SAYS[because]}; subscribe again with after: "${after}".`, {
    status: 503,
    details: { because, after, retryAfterSeconds: 1 },
  })
