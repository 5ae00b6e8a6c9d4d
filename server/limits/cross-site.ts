import { crossSite, originNotAllowed, requestMayBeForged } from '../problems.ts'

/** Which pages may use the service from a browser, beside those that it serves itself. */
export interface CrossSite {
  /** Refuses what a page of another site sends. @throws {Problem} `CROSS_SITE`, `REQUEST_MAY_BE_FORGED` */
  check(request: Request, path: { isGraphql: boolean }): void
  /** Answers a preflight; `undefined` for what is none. @throws {Problem} `ORIGIN_NOT_ALLOWED` */
  preflight(request: Request): Response | undefined
  /** Tells the browser in an answer which page may read it. */
  tell(request: Request, headers: Headers): void
}

const METHODS = 'GET, HEAD, POST'
const TAKEN = [
  ...['authorization', 'content-digest', 'content-disposition', 'content-encoding', 'content-type'],
  ...['idempotency-key', 'if-none-match', 'if-range', 'range', 'traceparent', 'tracestate'],
  ...['x-request-id', 'x-request-timeout'],
  ...['x-selvedge-min-position', 'x-selvedge-roles', 'x-selvedge-subject', 'x-selvedge-tenant'],
].join(', ')
const TOLD = [
  ...['accept-ranges', 'content-disposition', 'content-range', 'etag', 'location', 'ratelimit'],
  ...['ratelimit-policy', 'retry-after', 'x-request-id'],
].join(', ')
const PREFLIGHT_SECONDS = '600'

/** Headers that a page can send to another site only after a preflight, which we refuse. */
const PREFLIGHTED = [
  ...['authorization', 'x-selvedge-tenant', 'x-selvedge-subject', 'x-requested-with'],
  ...['apollo-require-preflight', 'graphql-require-preflight', 'x-apollo-operation-name'],
]

/**
 * Keeps pages of other sites out. The service sets no cookies; but while it believes headers on
 * loopback, every page that is open on the machine could otherwise speak to it.
 *
 * @param origins Origins such as `https://console.example`, exactly as a browser sends them.
 * @param believesHeaders Whether a request counts for somebody without a token.
 */
export function openCrossSite(
  origins: readonly string[],
  { believesHeaders = true }: { believesHeaders?: boolean } = {},
): CrossSite {
  const allowed = new Set(origins)
  const isOwn = (request: Request, origin: string) => {
    const host = request.headers.get('host') ?? new URL(request.url).host
    return origin === `http://${host}` || origin === `https://${host}`
  }
  return {
    check(request, { isGraphql }) {
      const { headers, method } = request
      const isRead = method === 'GET' || method === 'HEAD'
      if (isRead && !isGraphql) return
      // A browser alone sets this, whatever stands between it and us.
      const site = headers.get('sec-fetch-site')
      if (site === 'same-origin' || site === 'none') return
      const origin = headers.get('origin')
      if (origin !== null) {
        if (allowed.has(origin) || isOwn(request, origin)) return
        throw crossSite()
      }
      if (site !== null) throw crossSite()
      // Who must show a token cannot be made to ask for anything without it.
      if (!isRead || !believesHeaders || PREFLIGHTED.some((name) => headers.has(name))) return
      throw requestMayBeForged()
    },
    preflight({ method, headers }) {
      const origin = headers.get('origin')
      if (method !== 'OPTIONS' || origin === null) return
      if (!headers.has('access-control-request-method')) return
      if (!allowed.has(origin)) throw originNotAllowed()
      return new Response(null, {
        status: 204,
        headers: {
          'access-control-allow-methods': METHODS,
          'access-control-allow-headers': TAKEN,
          'access-control-max-age': PREFLIGHT_SECONDS,
        },
      })
    },
    tell({ headers: asked }, headers) {
      // What is for everyone is for every page: witnesses and verifiers may run in one.
      if (headers.get('cache-control')?.startsWith('public')) {
        headers.set('access-control-allow-origin', '*')
        headers.set('access-control-expose-headers', TOLD)
        headers.set('cross-origin-resource-policy', 'cross-origin')
        return
      }
      if (allowed.size === 0) return
      headers.append('vary', 'origin')
      const origin = asked.get('origin')
      if (origin === null || !allowed.has(origin)) return
      headers.set('access-control-allow-origin', origin)
      headers.set('access-control-expose-headers', TOLD)
      headers.set('cross-origin-resource-policy', 'cross-origin')
    },
  }
}
