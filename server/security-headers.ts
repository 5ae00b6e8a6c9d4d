import type { RequestListener } from 'node:http'
import type { TLSSocket } from 'node:tls'

/**
 * What every answer tells a browser, unless the answer says otherwise: it is no page, nothing may frame
 * or embed it or guess what it is, and where it was read from is nobody else's to know.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** A year; a browser that has once come by TLS then comes by nothing else. */
const HSTS = 'max-age=31536000; includeSubDomains'

/** Sets them on every answer, whoever makes it; what an answer sets itself stands in their place. */
export const securedListener =
  (listener: RequestListener): RequestListener =>
  (incoming, outgoing) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) outgoing.setHeader(name, value)
    if ((incoming.socket as TLSSocket).encrypted) {
      outgoing.setHeader('strict-transport-security', HSTS)
    }
    listener(incoming, outgoing)
  }

/** The same for a request that comes through no socket. */
export const securedFetch =
  (fetch: (request: Request) => Response | Promise<Response>) =>
  async (request: Request): Promise<Response> => {
    const response = await fetch(request)
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      if (!response.headers.has(name)) response.headers.set(name, value)
    }
    return response
  }
