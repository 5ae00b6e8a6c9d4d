import { createServer, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { App } from './app.ts'
import { isLocal } from './host.ts'
import { cutOffStalled, limitConnections } from './limits/connections.ts'
import { HTTP_LIMITS, MOST_CONNECTIONS } from './limits/http.ts'
import { defaultLimits } from './limits/limits.ts'
import { answerParserProblems } from './limits/parser-problems.ts'
import { listenNotLocal, portTaken } from './problems.ts'
import type { Proxies } from './proxies.ts'
import { readTlsFiles, reloadTls, type TlsFiles } from './tls.ts'

/** Where to listen, and how long to wait for answers at the end, in milliseconds. */
export interface ListenOptions {
  host: string
  port: number
  shutdownWithin?: number
  /** Where the certificate is; requests come in the clear without one. */
  tls?: TlsFiles | null
  /** Told when the certificate was read again: of what was wrong with it, or of nothing. */
  onTls?(error: unknown | null): void
  /** Limits other than the usual ones. */
  mostConnections?: number
  addressConnections?: number
  /** How long a client may take nothing of its answer, in milliseconds. */
  stallTimeout?: number
  /** Whose connections are not counted. */
  trustedProxies?: Proxies | null
  http?: Partial<Record<keyof typeof HTTP_LIMITS, number>>
}

const USUAL_FAREWELL_MS = 10_000

/** A server that takes requests. */
export interface Listening {
  url: string
  port: number
  /** Reads the certificate again, where there is one. */
  reload(): void
  /** Takes no more requests, answers those that it has, and resolves when the last is answered. */
  close(): Promise<void>
}

const SWEEP_MS = 20

const SERVER = {
  ...HTTP_LIMITS,
  // By itself Node keeps the first of two `Authorization` headers, and a proxy may have read the second.
  joinDuplicateHeaders: true,
}

/**
 * Listens for HTTP/1.1: on loopback, and elsewhere only where tokens say who is asking.
 *
 * @throws {Problem} `LISTEN_NOT_LOCAL`, `PORT_TAKEN`, `TLS_FILES_INVALID`.
 */
export async function listen(app: App, options: ListenOptions): Promise<Listening> {
  const { host, port, shutdownWithin = USUAL_FAREWELL_MS, tls, onTls = () => {} } = options
  if (app.isLocal && !isLocal(host)) throw listenNotLocal(host)
  const parser = { ...SERVER, ...options.http } as ServerOptions & TlsOptions
  const server = tls
    ? createTlsServer({ ...parser, ...readTlsFiles(tls) }, app.listener)
    : createServer(parser, app.listener)
  server.maxConnections = options.mostConnections ?? MOST_CONNECTIONS
  // Counted by us, and refused: Node would leave out those above.
  server.maxHeadersCount = 0
  answerParserProblems(server)
  const usual = defaultLimits()
  const { addressConnections = usual.addressConnections, trustedProxies = null } = options
  limitConnections(server, addressConnections, trustedProxies)
  cutOffStalled(server, {
    afterMs: options.stallTimeout ?? usual.stallTimeout,
    lookMs: parser.connectionsCheckingInterval!,
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? portTaken(port, error) : error),
    )
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port }, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  const reloading =
    tls && 'setSecureContext' in server ? reloadTls(server, tls, { told: onTls }) : null
  return {
    url: urlOf(host, bound, tls ? 'https' : 'http'),
    port: bound,
    reload: () => reloading?.now(),
    close() {
      reloading?.close()
      return closeServer(server, shutdownWithin)
    },
  }
}

/** The address of a host and port; an IPv6 address stands in brackets. */
export const urlOf = (host: string, port: number, scheme: 'http' | 'https' = 'http') =>
  `${scheme}://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`

/** Takes no more requests, and resolves when those that were taken are answered, or cut off. */
export async function closeServer(server: Server, withinMs = USUAL_FAREWELL_MS) {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  // A connection that is kept alive is idle a moment after its last answer, and would then stay.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
  const cutOff = setTimeout(() => server.closeAllConnections(), withinMs)
  await closed
  clearInterval(sweep)
  clearTimeout(cutOff)
}
