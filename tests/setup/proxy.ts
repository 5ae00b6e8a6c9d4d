import { createConnection, createServer, type Socket } from 'node:net'
import { afterAll } from 'vitest'

/** What happens to the connection that something is about to be sent on. */
export type Fate = 'pass' | 'cut before' | 'cut after'

/**
 * A TCP proxy in front of a server, which cuts connections at chosen messages: before they get there,
 * or when they are there and the answer is on its way.
 *
 * @returns The proxy's port.
 */
export async function proxyTo(uri: string, fateOf: (message: Buffer) => Fate): Promise<number> {
  const { hostname, port } = new URL(uri)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
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
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  afterAll(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as { port: number }).port
}
