import type { RequestListener } from 'node:http'
import { headersTooMany, requestMalformed } from '../problems.ts'
import { answerProblem } from './raw-answer.ts'

/** What the parser of HTTP takes, as options of `node:http`. Times are in milliseconds. */
export const HTTP_LIMITS = {
  /** The request line and all headers, in bytes. */
  maxHeaderSize: 16_384,
  /** Within this all headers are there. */
  headersTimeout: 20_000,
  /** Within this the body is there too. */
  requestTimeout: 60_000,
  /** How often it is looked who is too slow. */
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 65_000,
  /** Within this TLS is agreed on. */
  handshakeTimeout: 10_000,
  /** Looked at by us, so that the answer is a problem as any other. */
  requireHostHeader: false,
} as const

/** Node would leave out what is above, and the rest would be read as if it were all. */
export const MOST_HEADERS = 100

/** Connections above this are closed as soon as they come. */
export const MOST_CONNECTIONS = 4_000

/** Refuses what the parser lets through and nobody should read. */
export const refuseOddRequests =
  (listener: RequestListener): RequestListener =>
  (incoming, outgoing) => {
    const { rawHeaders, headers, httpVersionMinor } = incoming
    if (rawHeaders.length / 2 > MOST_HEADERS) {
      return answerProblem(outgoing, headersTooMany(MOST_HEADERS))
    }
    if (headers.host === undefined && httpVersionMinor > 0) {
      return answerProblem(outgoing, requestMalformed('it has no Host'))
    }
    listener(incoming, outgoing)
  }
