import { setTimeout } from 'node:timers/promises'
import type { ExecutionResult } from 'graphql'
import { createGraphQLError } from 'graphql-yoga'
import { Problem } from '../../core/problem.ts'
import { formatPosition } from '../../lineage/position.ts'
import type { Context } from '../../resolvers/context.ts'
import type { Feed, FeedEvent, FeedPage } from '../../resolvers/subscription.ts'
import type { Ends } from './ends.ts'
import { subscriptionEnded } from './problems.ts'
import type { Stay } from './subscriptions.ts'

/** One subscription under way: what is asked for it, and how far it was told. */
export interface Telling {
  feed: Feed
  stay: Stay
  ends: Ends
  heartbeatMs: number
  /** Everything before it was told, or is not of what is asked for. */
  through: string
  /** Finds out anew who asks. @throws {Problem} Where that is nobody any more. */
  identify(): Promise<unknown>
  /** Reads on, in its turn, with a context of its own, where that is still permitted. */
  read(
    work: (context: Context) => Promise<Awaited<ReturnType<Feed['read']>>>,
  ): ReturnType<Feed['read']>
  /** Answers the operation for one event, as a request of its own. */
  answer(event: FeedEvent): Promise<ExecutionResult>
}

/**
 * Tells a subscription for as long as somebody takes it. Nothing is read ahead of the reader but one
 * page, and nothing is kept for one who does not read. What cannot be told ends the stream and is not
 * gone past: the position that the client has is the one to go on from.
 */
export async function* tell(telling: Telling): AsyncGenerator<ExecutionResult, void> {
  const { stay } = telling
  try {
    yield* tellOn(telling)
    if (stay.ending) throw subscriptionEnded(stay.ending, telling.through)
  } catch (error) {
    // Who has gone is told nothing, least of all that his going broke something off.
    if (stay.signal.aborted && !stay.ending) return
    yield { errors: [asGraphQL(error)] }
  } finally {
    stay.leave()
  }
}

async function* tellOn(telling: Telling): AsyncGenerator<ExecutionResult, void> {
  const { feed, stay, read, answer } = telling
  while (!stay.signal.aborted) {
    const page = await read((context) => feed.read(telling.through, context))
    for (const event of page.events) {
      if (stay.signal.aborted) return
      const result = await answer(event)
      if (isUntold(result)) {
        yield { errors: result.errors }
        return void stay.leave()
      }
      telling.through = event.place
      stay.told()
      const position = formatPosition(event.position)
      yield { ...result, extensions: { ...result.extensions, position } }
    }
    telling.through = page.through
    if (!page.more) await waitFor(page.wait, telling)
  }
}

/** Waits until it is worth while to read on, and finds out with every heartbeat whether who asks still may. */
async function waitFor(wait: FeedPage['wait'], telling: Telling): Promise<void> {
  const { feed, stay, ends, heartbeatMs, identify } = telling
  const { signal } = stay
  if ('ms' in wait) {
    // It rejects where it has to end, which is looked at by whoever waits.
    await setTimeout(Math.min(wait.ms, heartbeatMs), undefined, { signal }).catch(() => {})
    if (!signal.aborted) await identify()
    return
  }
  while (!(await ends.beyond(feed.tenant, wait.beyond, { signal, ms: heartbeatMs }))) {
    if (signal.aborted) return
    await identify()
  }
}

/** What will be possible in a moment: the change is then told, and not an answer with holes. */
const PASSING = [429, 503, 504]

const isUntold = ({ data, errors = [] }: ExecutionResult) =>
  data == null ||
  errors.some(
    ({ originalError }) =>
      originalError instanceof Problem && PASSING.includes(originalError.status),
  )

const asGraphQL = (error: unknown) =>
  createGraphQLError(error instanceof Error ? error.message : String(error), {
    originalError: error as Error,
  })
