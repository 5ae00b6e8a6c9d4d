import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Problem } from '../../core/problem.ts'
import { ProofError } from '../../proofs/error.ts'
import { text } from '../../proofs/utf8.ts'
import { isLocal } from '../caller.ts'
import { closeServer, type Listening, urlOf } from '../listen.ts'
import { addCheckpoint, type WitnessAnswer } from './cosign.ts'
import type { WitnessedLogs } from './logs.ts'
import type { Witness } from './open.ts'
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

export interface WitnessServer {
  witness: Witness
  logs: WitnessedLogs
  /** The clock, in milliseconds. */
  now?(): number
  /** Names under which it is reached from elsewhere, as through a proxy on this machine. */
  publicHosts?: readonly string[]
  /** Told of every submission. */
  onAnswer?(answer: Pick<WitnessAnswer, 'status' | 'told'>): void
  /** Told of what is the witness's own fault. */
  onError(error: unknown): void
}

/**
 * Serves a witness over HTTP/1.1: `POST /add-checkpoint`, `GET /<origin hash>/checkpoint`, and at `/`
 * who it is.
 *
 * @throws {Problem} `WITNESS_PORT_TAKEN`.
 */
export async function listenAsWitness(
  options: WitnessServer,
  { host, port }: { host: string; port: number },
): Promise<Listening> {
  let inFlight = 0
  const checkHost = isLocal(host)
  const server = createServer(
    { keepAliveTimeout: 65_000, requestTimeout: WITNESS_LIMITS.requestMs, maxHeaderSize: 16_384 },
    async (request, response) => {
      if (checkHost && !isAddressed(request, options.publicHosts ?? [])) {
        return end(response, 421, 'this witness is not called that\n')
      }
      if (inFlight >= WITNESS_LIMITS.inFlight) {
        return end(response, 429, 'busy\n', { 'retry-after': '1' })
      }
      inFlight += 1
      try {
        await answer(request, response, options)
      } catch (error) {
        if (request.destroyed && !request.complete) return
        options.onError(error)
        const status = error instanceof Problem ? error.status : 500
        end(response, status, 'this witness cannot answer now\n', { 'retry-after': '5' })
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

const ORIGIN_HASH = /^\/([0-9a-f]{64})\/checkpoint$/

async function answer(request: IncomingMessage, response: ServerResponse, options: WitnessServer) {
  const { witness, onAnswer } = options
  const isGet = request.method === 'GET' || request.method === 'HEAD'
  const path = (request.url ?? '').replace(/\?.*$/s, '')
  const [, hash] = ORIGIN_HASH.exec(path) ?? []
  if (path === '/add-checkpoint') {
    if (request.method !== 'POST') return end(response, 405, 'POST it\n', { allow: 'POST' })
    const body = await bodyOf(request)
    if (body === null) {
      return end(response, 413, `at most ${WITNESS_LIMITS.bodyBytes} bytes\n`, {
        connection: 'close',
      })
    }
    const {
      status,
      body: told,
      ...rest
    } = await addCheckpoint(textOf(body), {
      ...options,
      now: options.now ?? Date.now,
    })
    onAnswer?.({ status, ...rest })
    return end(response, status, told, status === 409 ? { 'content-type': 'text/x.tlog.size' } : {})
  }
  if (hash === undefined && path !== '/') return end(response, 404, 'there is nothing here\n')
  if (!isGet) return end(response, 405, 'GET it\n', { allow: 'GET, HEAD' })
  if (hash === undefined) return end(response, 200, `${witness.vkey}\n`)
  const found = await witness.state.find(hash)
  if (!found) return end(response, 404, 'this witness has cosigned nothing of that log\n')
  return end(response, 200, found.note, { 'cache-control': 'no-cache' })
}

/** A text that is not UTF-8 is no submission; the empty text is none either. */
function textOf(body: Uint8Array) {
  try {
    return text(body)
  } catch (error) {
    if (error instanceof ProofError) return ''
    throw error
  }
}

/** Reads no more than is allowed, whatever a header says; `null` where there is more. */
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

function end(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
) {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}
