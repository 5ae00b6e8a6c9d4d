import type { RequestListener } from 'node:http'
import { type CurrentRequest, openRequest, withinRequest } from './current-request.ts'
import type { Log } from './log.ts'

/** How a request ended. */
export interface RequestEnd {
  status: number
  milliseconds: number
  /** The caller went away before the whole answer was sent. */
  aborted: boolean
}

/** Told of every request when its answer is sent, or its caller gone. */
export type RequestEnded = (request: CurrentRequest, end: RequestEnd) => void

/** Who is told of requests. */
export interface RequestObservers {
  /** @param traceparent The header by which a caller says from which span it asks. */
  onStarted(request: CurrentRequest, traceparent: unknown): void
  onEnded: RequestEnded
}

/** The header that names a request: taken from the caller, made otherwise, and sent back. */
const ID = 'x-request-id'

/** Notes of every request which it is, and tells its end, whoever answers it. */
export const observedListener =
  (listener: RequestListener, { onStarted, onEnded }: RequestObservers): RequestListener =>
  (incoming, outgoing) => {
    const start = performance.now()
    const given = incoming.headers[ID]
    const request = openRequest(incoming.method ?? 'GET', typeof given === 'string' ? given : null)
    outgoing.setHeader(ID, request.id)
    onStarted(request, incoming.headers.traceparent)
    outgoing.once('close', () =>
      onEnded(request, {
        status: outgoing.statusCode,
        milliseconds: performance.now() - start,
        aborted: !outgoing.writableFinished,
      }),
    )
    withinRequest(request, () => listener(incoming, outgoing))
  }

/** The same for a request that comes through no socket. */
export const observedFetch =
  (
    fetch: (request: Request) => Response | Promise<Response>,
    { onStarted, onEnded }: RequestObservers,
  ) =>
  async (given: Request): Promise<Response> => {
    const start = performance.now()
    const request = openRequest(given.method, given.headers.get(ID))
    onStarted(request, given.headers.get('traceparent'))
    const response = await withinRequest(request, async () => fetch(given))
    response.headers.set(ID, request.id)
    const milliseconds = performance.now() - start
    onEnded(request, { status: response.status, milliseconds, aborted: false })
    return response
  }

/** Asked every few seconds by machines; at the usual level they would be most of the log. */
const PROBES = new Set(['/livez', '/readyz', '/metrics'])

/** One line a request: what was asked of which route, and how it ended; nothing that a caller wrote. */
export const logRequests =
  (log: Log): RequestEnded =>
  ({ id, method, route, operation, tenant, code }, { status, milliseconds, aborted }) => {
    const ms = Math.round(milliseconds * 10) / 10
    const level = status >= 500 ? 'warn' : PROBES.has(route ?? '') ? 'debug' : 'info'
    log[level](
      {
        requestId: id,
        method,
        route,
        ...(operation && { operation }),
        status,
        ...(code && { code }),
        ms,
        ...(tenant && { tenant }),
        ...(aborted && { aborted }),
      },
      'request',
    )
  }
