import type { ExecutionArgs, ExecutionResult } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { keptWith } from '../../core/kept-with.ts'
import { SERVICE } from '../../lineage/graph.ts'
import { logEnds } from '../../lineage/log-heads.ts'
import { openContext, type Services } from '../../resolvers/context.ts'
import type { Subscribing } from '../../resolvers/subscription.ts'
import { callerOf } from '../caller.ts'
import type { GraphQLRequest } from '../graphql-request.ts'
import type { Identity } from '../identity/identity.ts'
import { renewTime, untilOf, withinTime } from '../limits/deadline.ts'
import type { Door } from '../limits/door.ts'
import type { Limits } from '../limits/limits.ts'
import { noteOperation } from '../operation-notes.ts'
import { openEnds } from './ends.ts'
import { eventStream, takesEvents } from './event-stream.ts'
import { subscriptionNotAccepted } from './problems.ts'
import type { Subscriptions } from './subscriptions.ts'
import { type Telling, tell } from './tell.ts'

/** The header by which a browser says what it has seen, when it connects again. */
const LAST_SEEN = 'last-event-id'

type Result = ExecutionResult | AsyncIterable<ExecutionResult>

/**
 * Has subscriptions told as server-sent events. The opening and every event of it go through the doors
 * that a request goes through: who asks, what is permitted, whose turn it is, how long it may take.
 */
export function useSubscriptions(
  services: Services,
  {
    identity,
    limits,
    door,
    subscriptions,
    minPositionOf,
  }: {
    identity: Identity
    limits: Limits
    door: Door
    subscriptions: Subscriptions
    minPositionOf(params: GraphQLRequest): string | undefined
  },
): Plugin {
  const ends = openEnds((tenants) => logEnds(services.database.graph(SERVICE).read, tenants))
  const told = keptWith<Request, Telling>()
  const heartbeatMs = limits.subscriptionHeartbeat

  return {
    onSubscribe({ context, args: { document, operationName }, subscribeFn, setSubscribeFn }) {
      noteOperation(document, operationName)
      const { request, params } = context as unknown as { request: Request; params: GraphQLRequest }
      if (!takesEvents(request)) throw subscriptionNotAccepted()
      // A request is looked at once: what it says of who asks must hold on, for as long as it lasts.
      const asNow = () => new Request(request.url, { headers: [...request.headers] })
      const contextFor = async (subscribing: Subscribing, least?: string) => {
        const until = untilOf(request, limits)
        const caller = await callerOf(asNow(), identity, least)
        return openContext(withinTime(services, until), caller, subscribing)
      }
      const inTurn = async <T>(work: () => Promise<T>) => {
        renewTime(request)
        return door.inTurn(request, 'read', work)
      }
      const asked = async (args: ExecutionArgs, subscribing: Subscribing, least?: string) => {
        const contextValue = await contextFor(subscribing, least)
        return (await subscribeFn({ ...args, contextValue })) as Result
      }

      setSubscribeFn(async (args: ExecutionArgs): Promise<Result> => {
        const subscribing: Subscribing = {
          lastSeen: request.headers.get(LAST_SEEN) ?? undefined,
        }
        const opened = await inTurn(() => asked(args, subscribing, minPositionOf(params)))
        if (!(Symbol.asyncIterator in opened)) return opened
        // It holds nothing, and says nothing but that it could be opened.
        for await (const result of opened) return result
        const feed = subscribing.feed!
        const stay = subscriptions.enter(feed.tenant, request.signal)
        const telling: Telling = {
          ...{ feed, stay, ends, heartbeatMs, through: feed.start },
          identify: () => callerOf(asNow(), identity),
          read: (work) =>
            inTurn(async () => {
              const own = await contextFor({ lastSeen: undefined })
              await own.authorise(feed.permission)
              return work(own)
            }),
          answer: ({ event }) =>
            inTurn(async () => {
              const one = await asked(args, { lastSeen: undefined, event })
              if (!(Symbol.asyncIterator in one)) return one
              for await (const result of one) return result
              throw new Error('an event was not told')
            }),
        }
        told.set(request, telling)
        return tell(telling)
      })
    },
    onResultProcess({ request, result, setResultProcessor }) {
      const telling = told.get(request)
      if (!telling || !(Symbol.asyncIterator in result)) return
      const results = result as AsyncIterable<ExecutionResult>
      setResultProcessor(
        () => eventStream(results, { heartbeatMs, through: () => telling.through }),
        'text/event-stream',
      )
    },
  }
}
