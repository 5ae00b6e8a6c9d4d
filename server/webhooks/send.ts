import { lookup as resolve } from 'node:dns'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { AttemptError } from '../../domains/webhooks/after.ts'
import { isAddress, isLoopback, mayReach, type Networks } from '../../domains/webhooks/reachable.ts'

/** What an endpoint is asked. */
export interface Sent {
  url: string
  method: 'OPTIONS' | 'POST'
  headers: Readonly<Record<string, string>>
  body?: Uint8Array
}

/** What it answered: a status and the headers that anybody looks at, or why there is none. */
export type Answered =
  | { status: number; headers: IncomingMessage['headers'] }
  | { status: null; error: AttemptError }

/** Sends to endpoints that tenants name: to public addresses, or to networks that are allowed, and nowhere else. */
export interface Sender {
  send(sent: Sent, signal: AbortSignal): Promise<Answered>
  close(): void
}

/** How much of an answer is read, so that its connection can be used again. Nothing is made of it. */
const MOST_ANSWER = 16_384
const IDLE_MS = 15_000
const CONNECTIONS = 4

class NotAllowed extends Error {}

/**
 * Opens a sender. Each connection goes to an address that was looked at just before it is made, so that
 * a name cannot lead elsewhere in between; redirects are not followed, proxies of the environment not
 * asked, and no more than a little of an answer is read.
 *
 * @param timeoutMs For one request in all: name, connection, answer.
 */
export function openSender({
  networks,
  timeoutMs,
}: {
  networks: Networks | null
  timeoutMs: number
}): Sender {
  const pinned: LookupFunction = (host, options, answer) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error) return answer(error, '', 0)
      const allowed = found.filter(({ address }) => mayReach(address, networks))
      const [first] = allowed
      if (!first) return answer(new NotAllowed(), '', 0)
      if (options.all) answer(null, allowed)
      else answer(null, first.address, first.family)
    })
  }
  const more = { keepAlive: true, maxSockets: CONNECTIONS, timeout: IDLE_MS }
  const agents = { 'http:': new HttpAgent(more), 'https:': new HttpsAgent(more) }

  const once = ({ url, method, headers, body }: Sent, signal: AbortSignal) =>
    new Promise<Answered & { isStale?: boolean }>((end) => {
      const at = new URL(url)
      // An address is not looked up, and so never gets as far as what looks.
      if (isAddress(at.hostname) && !mayReach(at.hostname, networks)) {
        return end({ status: null, error: 'ADDRESS_NOT_ALLOWED' })
      }
      const isPlain = at.protocol === 'http:'
      if (isPlain && !(isLoopback(at.hostname) || at.hostname === 'localhost')) {
        return end({ status: null, error: 'ADDRESS_NOT_ALLOWED' })
      }
      const ask = isPlain ? httpRequest : httpsRequest
      const agent = agents[isPlain ? 'http:' : 'https:']
      const asked = ask(at, {
        ...{ method, headers: { ...headers, 'content-length': body?.length ?? 0 }, agent, signal },
        ...{ lookup: pinned, maxHeaderSize: MOST_ANSWER, insecureHTTPParser: false },
      })
      asked.once('response', (answer) => {
        let length = 0
        answer.on('data', (chunk: Buffer) => {
          length += chunk.length
          if (length > MOST_ANSWER) answer.destroy()
        })
        // The status is what counts, and it is here: however its answer ends.
        answer.on('error', () => {})
        answer.once('close', () => end({ status: answer.statusCode!, headers: answer.headers }))
      })
      asked.once('error', (error) =>
        end({
          status: null,
          error: errorOf(error, signal),
          // It was closed at the other end while nobody used it: nothing has been asked yet.
          isStale: asked.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET',
        }),
      )
      asked.end(body)
    })

  return {
    async send(sent, signal) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
      for (;;) {
        const { isStale, ...answered } = await once(sent, until)
        if (!isStale) return answered
      }
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH)/

/** A name that leads nowhere is told like one that leads where nothing may be sent: nobody scans by us. */
function errorOf(error: Error, signal: AbortSignal): AttemptError {
  const { code = '' } = error as NodeJS.ErrnoException
  if (signal.aborted) return 'TIMED_OUT'
  if (error instanceof NotAllowed || /^(ENOTFOUND|EAI_|ENODATA)/.test(code)) {
    return 'ADDRESS_NOT_ALLOWED'
  }
  return TLS.test(code) ? 'TLS_FAILED' : 'UNREACHABLE'
}
