import { savedQueryInvalid } from '../domains/saved-queries/problems.ts'
import { openContext, type Services } from '../resolvers/context.ts'
import { savedDocument } from '../resolvers/saved-query.ts'
import { callerOf } from './caller.ts'
import type { GraphQLRequest } from './graphql-request.ts'
import type { Identity } from './identity/identity.ts'
import { untilOf, withinTime } from './limits/deadline.ts'
import type { Door } from './limits/door.ts'
import type { Limits } from './limits/limits.ts'
import { minPositionOf } from './min-position.ts'

/** Turns a request that names a saved query into one that says its document; any other is as it was. */
export type NamedQueries = (request: Request, asked: GraphQLRequest) => Promise<GraphQLRequest>

/**
 * Opens the saved queries of one server. A request that names one in `extensions.savedQuery` is from then
 * on as if its text had been sent by whoever asks: its limits, permissions, price and answer are the same.
 * It has come through the door before, and reads in its turn and within its time.
 */
export function openNamedQueries(
  services: Services,
  { identity, limits, door }: { identity: Identity; limits: Limits; door: Door },
): NamedQueries {
  return async (request, asked) => {
    const { savedQuery } = asked.extensions ?? {}
    if (savedQuery === undefined) return asked
    if (asked.query !== undefined) {
      throw savedQueryInvalid('extensions.savedQuery', 'it stands in place of a query.')
    }
    const within = withinTime(services, untilOf(request, limits))
    const context = openContext(within, await callerOf(request, identity, minPositionOf(asked)))
    const saved = await door.inTurn(request, 'read', async () => {
      await context.authorise('saved-query:read')
      return savedDocument(savedQuery, context)
    })
    return {
      ...asked,
      query: saved.document,
      operationName: asked.operationName ?? saved.operationName,
      variables: overlaid(saved.variables, asked.variables),
    }
  }
}

/** What is given goes before what is saved; what is no object is refused as it is wherever it comes from. */
function overlaid(
  saved: Record<string, unknown> | undefined,
  given: GraphQLRequest['variables'] | null,
) {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given)
  return isObject ? { ...saved, ...given } : (given ?? saved)
}
