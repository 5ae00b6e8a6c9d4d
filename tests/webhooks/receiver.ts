import { createPublicKey, verify } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'
import type { RecordEvent } from '../../domains/webhooks/event.ts'

/** A delivery as it came. */
export interface Came {
  path: string
  headers: IncomingMessage['headers']
  body: string
  event: RecordEvent
  /** What it was answered with. */
  status: number
  at: number
}

/** What a test has an endpoint answer; the usual is 204. */
export interface Reply {
  status?: number
  headers?: Record<string, string>
  body?: string | Buffer
  /** Never answers. */
  hangs?: true
}

export type Replying = (came: Omit<Came, 'status'>) => Reply

/** A real HTTP server on loopback to which webhooks lead, with an endpoint for each path. */
export interface Receiver {
  url(path?: string): string
  port: number
  /** What came to an endpoint, in order; only what was taken, unless all is asked for. */
  came(path?: string, all?: 'all'): Came[]
  events(path?: string): RecordEvent[]
  /** Who asked whether an endpoint agrees. */
  asked(path?: string): IncomingMessage['headers'][]
  /** Has an endpoint answer so from now on. */
  answer(path: string, replying: Replying): void
  /** Has it say so to who asks whether it agrees; `null` for nothing. */
  agree(path: string, headers: Record<string, string> | null): void
}

export async function openReceiver(): Promise<Receiver> {
  const came: Came[] = []
  const asked: { path: string; headers: IncomingMessage['headers'] }[] = []
  const replies = new Map<string, Replying>()
  const agreements = new Map<string, Record<string, string> | null>()

  const agree = (path: string, incoming: IncomingMessage, outgoing: ServerResponse) => {
    asked.push({ path, headers: incoming.headers })
    const said = agreements.get(path)
    const origin = String(incoming.headers['webhook-request-origin'])
    if (said === null) return outgoing.writeHead(405).end()
    outgoing.writeHead(200, said ?? { allow: 'POST', 'webhook-allowed-origin': origin }).end()
  }
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? ''
    if (incoming.method === 'OPTIONS') return agree(path, incoming, outgoing)
    let body = ''
    incoming.setEncoding('utf8').on('data', (part) => {
      body += part
    })
    incoming.on('end', () => {
      const { headers } = incoming
      const event = JSON.parse(body) as RecordEvent
      const one = { path, headers, body, event, at: performance.now() }
      const reply = replies.get(path)?.(one) ?? {}
      const status = reply.status ?? 204
      came.push({ ...one, status: reply.hangs ? 0 : status })
      if (!reply.hangs) outgoing.writeHead(status, reply.headers).end(reply.body)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const found = (path = '/', all?: 'all') =>
    came.filter((one) => one.path === path && (all || (one.status >= 200 && one.status < 300)))
  return {
    port,
    url: (path = '/') => `http://127.0.0.1:${port}${path}`,
    came: found,
    events: (path) => found(path).map(({ event }) => event),
    asked: (path = '/') => asked.filter((one) => one.path === path).map(({ headers }) => headers),
    answer: (path, replying) => void replies.set(path, replying),
    agree: (path, headers) => void agreements.set(path, headers),
  }
}

/** Whether a delivery is signed by one of these keys, as Standard Webhooks has it (`v1a`): worked out by Node alone. */
export function isSigned({ headers, body }: Pick<Came, 'headers' | 'body'>, xs: readonly string[]) {
  const message = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const signatures = String(headers['webhook-signature']).split(' ')
  return signatures.some((one) => {
    const [scheme, signature] = one.split(',')
    return xs.some((x) => {
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
      const bytes = Buffer.from(signature!, 'base64')
      return scheme === 'v1a' && verify(null, Buffer.from(message), key, bytes)
    })
  })
}
