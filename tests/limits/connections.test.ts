import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { createServerAdapter } from '@whatwg-node/server'
import { expect, it } from 'vitest'
import type { App } from '../../server/app.ts'
import { type ListenOptions, listen } from '../../server/listen.ts'
import { parseProxies } from '../../server/proxies.ts'

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** Listens with an answer of a test's own, for as long as the test takes. */
async function serving<T>(
  listener: RequestListener,
  options: Partial<ListenOptions>,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const app = { isLocal: true, listener } as App
  const { port, close } = await listen(app, {
    host: '127.0.0.1',
    port: 0,
    shutdownWithin: 0,
    ...options,
  })
  try {
    return await use(port)
  } finally {
    await close()
  }
}

const HASTY = { stallTimeout: 100, http: { connectionsCheckingInterval: 20 } }
/** More than the buffers of a connection take. */
const LONG = Buffer.alloc(32_000_000)

const streaming = createServerAdapter(
  () =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(LONG.subarray(0, 65_536)) }),
    ),
)

it.each<[string, RequestListener]>([
  ['written at once', (_incoming, outgoing) => void outgoing.end(LONG)],
  ['that streams without end', streaming],
])('cuts off a client that takes nothing of an answer %s', async (_what, answer) => {
  let outgoing: ServerResponse | undefined
  const listener: RequestListener = (incoming, out) => {
    outgoing = out
    answer(incoming, out)
  }
  await serving(listener, HASTY, async (port) => {
    const client = connect(port, '127.0.0.1').pause()
    client.on('error', () => {})
    client.write(GET)
    while (!outgoing) await pause(5)
    await once(outgoing, 'close')
    expect(outgoing.writableFinished).toBe(false)
    client.destroy()
  })
})

it('waits for an answer that takes its time, with a client that took what there was', async () => {
  const listener: RequestListener = async (_incoming, outgoing) => {
    outgoing.write('first, ')
    await pause(600)
    outgoing.end('and last')
  }
  await serving(listener, HASTY, async (port) => {
    const answer = await fetch(`http://127.0.0.1:${port}/`)
    expect(await answer.text()).toBe('first, and last')
  })
})

it('still closes a connection that idles', async () => {
  const http = { ...HASTY.http, keepAliveTimeout: 50 }
  await serving(
    (_incoming, outgoing) => void outgoing.end('all'),
    { http },
    async (port) => {
      const client = connect(port, '127.0.0.1')
      client.write(GET)
      expect(await text(client)).toContain('all')
    },
  )
})

/** What a new connection is told: an answer, or nothing where it is closed. */
async function askFrom(localAddress: string, port: number) {
  const client = connect({ port, host: '127.0.0.1', localAddress })
  client.write(GET)
  const told = await Promise.race([
    once(client, 'data').then(
      ([part]) => String(part),
      () => '',
    ),
    once(client, 'close').then(
      () => '',
      () => '',
    ),
  ])
  return { client, isTaken: told.startsWith('HTTP/1.1 200') }
}

const answer: RequestListener = (_incoming, outgoing) => void outgoing.end('all')

it('takes so many connections of one address, and the next where one has gone', async () => {
  await serving(answer, { addressConnections: 2 }, async (port) => {
    const first = await askFrom('127.0.0.1', port)
    const second = await askFrom('127.0.0.1', port)
    expect([first.isTaken, second.isTaken]).toEqual([true, true])
    expect((await askFrom('127.0.0.1', port)).isTaken).toBe(false)
    const other = await askFrom('127.0.0.2', port)
    expect(other.isTaken).toBe(true)
    first.client.destroy()
    // The server is told of the end a moment later.
    let third = await askFrom('127.0.0.1', port)
    while (!third.isTaken) third = await askFrom('127.0.0.1', port)
    for (const { client } of [second, other, third]) client.destroy()
  })
})

it('counts no connections of a trusted proxy', async () => {
  const trustedProxies = parseProxies('127.0.0.1')
  await serving(answer, { addressConnections: 1, trustedProxies }, async (port) => {
    const clients = [await askFrom('127.0.0.1', port), await askFrom('127.0.0.1', port)]
    expect(clients.map(({ isTaken }) => isTaken)).toEqual([true, true])
    expect((await askFrom('127.0.0.2', port)).isTaken).toBe(true)
    expect((await askFrom('127.0.0.2', port)).isTaken).toBe(false)
    for (const { client } of clients) client.destroy()
  })
})

it('hangs up on who agrees on no TLS', async () => {
  const tls = { cert: 'tests/fixtures/tls/first.crt', key: 'tests/fixtures/tls/first.key' }
  await serving(answer, { tls, http: { handshakeTimeout: 100 } }, async (port) => {
    const client = connect(port, '127.0.0.1')
    client.on('error', () => {})
    await once(client.resume(), 'close')
  })
})
