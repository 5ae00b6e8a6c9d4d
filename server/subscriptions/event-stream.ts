import type { ExecutionResult } from 'graphql'
import { currentRequest, withinRequest } from '../current-request.ts'

/** Whether a request takes an answer as server-sent events. */
export const takesEvents = ({ headers }: Request) =>
  (headers.get('accept') ?? '*/*')
    .split(',')
    .some((type) => /^\s*(text\/event-stream|text\/\*|\*\/\*)\s*(;|$)/i.test(type))

/**
 * Answers with server-sent events: `next` for each result and `complete` at the end, as graphql-sse has
 * them, and with each the place to go on from as its id. While there is nothing to tell, a comment and
 * that id go out from time to time, so that nobody on the way takes the connection for dead.
 *
 * The next result is asked for when the one before is on its way: a reader who takes nothing holds up
 * his own stream, and nothing else.
 */
export function eventStream(
  results: AsyncIterable<ExecutionResult>,
  { heartbeatMs, through }: { heartbeatMs: number; through(): string },
): Response {
  const iterator = results[Symbol.asyncIterator]()
  const request = currentRequest()
  const next = () => (request ? withinRequest(request, () => iterator.next()) : iterator.next())
  const encoder = new TextEncoder()
  const alive = () => encoder.encode(`:\nid: ${through()}\n\n`)
  let beating: NodeJS.Timeout | undefined
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode('retry: 1000\n\n'))
      controller.enqueue(alive())
      beating = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(alive())
      }, heartbeatMs)
    },
    async pull(controller) {
      const { done, value } = await next()
      if (!done) return controller.enqueue(encoder.encode(eventOf(value, through())))
      clearInterval(beating)
      controller.enqueue(encoder.encode('event: complete\ndata:\n\n'))
      controller.close()
    },
    async cancel() {
      clearInterval(beating)
      await iterator.return?.()
    },
  })
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies that gather an answer before they send it on would hold it back for ever.
      'x-accel-buffering': 'no',
    },
  })
}

/** What a client goes on after is told with what it was told, and not with what went wrong. */
function eventOf({ data, errors, extensions }: ExecutionResult, place: string) {
  const id = data == null ? '' : `id: ${place}\n`
  const told = errors?.map((error) => {
    const { extensions: { http: _, ...own } = {}, ...rest } = error.toJSON()
    return { ...rest, extensions: own }
  })
  return `${id}event: next\ndata: ${JSON.stringify({ data, errors: told, extensions })}\n\n`
}
