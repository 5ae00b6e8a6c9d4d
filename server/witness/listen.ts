import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Problem } from '../../core/problem.ts'
import { isLocal } from '../host.ts'
import { closeServer, type Listening, urlOf } from '../listen.ts'
import { portTaken } from './problems.ts'

/** What a request to a witness may be, and how long it may take. */
export const WITNESS_LIMITS = {
  /** A note of a hundred signatures and a proof of 63 hashes take less. */
  bodyBytes: 2 ** 18,
  /** Requests that are being decided at once; more are told to come again. */
  inFlight: 64,
  connections: 512,
  requestMs: 10_000,
} as const

/** A request as a witness looks at it. */
export interface Asked {
  method: string
  /** Without a query. */
  path: string
  /** The whole body, or `null` where it is longer than is allowed. */
  body: Uint8Array | null
}

/** An answer in plain text, unless its headers say otherwise. */
export interface Told {
  status: number
  body: string
  headers?: Record<string, string>
}

/** Where a witness listens, and whom it tells what is wrong. */
export interface ListenOptions {
  host: string
  port: number
  /** Names under which it is reached from elsewhere, as through a proxy on this machine. */
  publicHosts?: readonly string[]
  /** Told of what is the witness's own fault. */
  onError(error: unknown): void
}

/**
 * Listens for HTTP/1.1 and answers by `answer`, no more than so many requests at once. On loopback only
 * requests for local names, or for one of `publicHosts`, are answered.
 *
 * @throws {Problem} `WITNESS_PORT_TAKEN`.
 */
export async function listenFor(
  answer: (asked: Asked) => Promise<Told>,
  { host, port, publicHosts = [], onError }: ListenOptions,
): Promise<Omit<Listening, 'reload'>> {
  let inFlight = 0
  const server = createServer(
    {
      keepAliveTimeout: 65_000,
      requestTimeout: WITNESS_LIMITS.requestMs,
      // Node looks for requests that are late only twice a minute unless told.
      connectionsCheckingInterval: CHECK_MS,
      maxHeaderSize: 16_384,
    },
    async (request, response) => {
      if (isLocal(host) && !isAddressed(request, publicHosts)) {
        return end(response, { status: 421, body: 'this witness is not called that\n' })
      }
      // Whoever sends slowly keeps a connection, and not one of the places of those who have sent.
      const asked = await askedIn(request).catch(() => null)
      if (asked === null) return
      if (inFlight >= WITNESS_LIMITS.inFlight) {
        return end(response, { status: 429, body: 'busy\n', headers: { 'retry-after': '1' } })
      }
      inFlight += 1
      try {
        end(response, await answer(asked))
      } catch (error) {
        onError(error)
        const status = error instanceof Problem ? error.status : 500
        const body = 'this witness cannot answer now\n'
        end(response, { status, body, headers: { 'retry-after': '5' } })
      } finally {
        inFlight -= 1
      }
    },
  )
  server.maxConnections = WITNESS_LIMITS.connections
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? portTaken(port, error) : error),
    )
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port }, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  return { url: urlOf(host, bound), port: bound, close: () => closeServer(server) }
}

const CHECK_MS = 1_000

const askedIn = async (request: IncomingMessage): Promise<Asked> => ({
  method: request.method === 'HEAD' ? 'GET' : (request.method ?? ''),
  path: (request.url ?? '').replace(/\?.*$/s, ''),
  body: await bodyOf(request),
})

/** Reads no more than is allowed, whatever a header says. */
function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = []
  let length = 0
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Uint8Array) => {
      length += chunk.length
      if (length <= WITNESS_LIMITS.bodyBytes) return chunks.push(chunk)
      // Paused and not ended, so that the refusal still gets through.
      request.pause()
      resolve(null)
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', reject)
    request.on('close', () => reject(new Error('the request was broken off')))
  })
}

function isAddressed({ headers }: IncomingMessage, publicHosts: readonly string[]) {
  const name = (headers.host ?? '').replace(/:\d{1,5}$/, '').toLowerCase()
  return isLocal(name) || publicHosts.some((host) => host.toLowerCase() === name)
}

function end(response: ServerResponse, { status, body, headers = {} }: Told) {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}
