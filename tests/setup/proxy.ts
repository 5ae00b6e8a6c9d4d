import { createConnection, createServer, type Socket } from 'node:net'
import { afterAll } from 'vitest'

/** What happens to the connection that something is about to be sent on. */
export type Fate = 'pass' | 'cut before' | 'cut after'

/** A way to a server that can be broken and mended. */
export interface Link {
  port: number
  /** Ends all connections, and each new one as it comes. */
  cut(): void
  /** Lets nothing through in either direction, and ends nothing: what is sent waits. */
  silence(): void
  /** Lets everything through again, what has waited first. */
  mend(): void
}

/**
 * A TCP proxy in front of a server, which cuts connections at chosen messages: before they get there,
 * or when they are there and the answer is on its way.
 *
 * @returns The proxy's port.
 */
export const proxyTo = async (uri: string, fateOf: (message: Buffer) => Fate): Promise<number> =>
  (await linkTo(uri, fateOf)).port

/** The same proxy, which can be broken as a whole as well. */
export async function linkTo(
  uri: string,
  fateOf: (message: Buffer) => Fate = () => 'pass',
): Promise<Link> {
  const { hostname, port } = new URL(uri)
  const sockets = new Set<Socket>()
  let state: 'whole' | 'cut' | 'silent' = 'whole'
  const end = () => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer({ pauseOnConnect: true }, (client) => {
    if (state === 'cut') return client.on('error', () => {}).destroy()
    const upstream = createConnection({ host: hostname, port: Number(port) })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    let cut = false
    client.on('data', (message) => {
      const fate = fateOf(message)
      if (fate === 'cut before') return client.destroy()
      if (fate === 'cut after') cut = true
      upstream.write(message)
    })
    upstream.on('data', (answer) => {
      if (cut) client.destroy()
      else client.write(answer)
    })
    if (state === 'silent') return upstream.pause()
    client.resume()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  afterAll(() => {
    end()
    server.close()
  })
  return {
    port: (server.address() as { port: number }).port,
    cut() {
      state = 'cut'
      end()
    },
    silence() {
      state = 'silent'
      for (const socket of sockets) socket.pause()
    },
    mend() {
      state = 'whole'
      for (const socket of sockets) socket.resume()
    },
  }
}
