import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { isAmong, type Proxies, plain } from '../proxies.ts'
import { blockOf } from './rates.ts'

/**
 * Takes at most so many connections of one address at once, and closes those above as they come: the
 * connections of a server are few enough for one client to hold them all. An IPv6 address counts for its
 * /64, and a trusted proxy for nobody, since everyone may come through it.
 */
export function limitConnections(server: Server, most: number, proxies: Proxies | null) {
  const open = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const address = plain(socket.remoteAddress ?? '')
    if (proxies && isAmong(proxies, address)) return
    const block = blockOf(address)
    const before = open.get(block) ?? 0
    if (before >= most) return void socket.destroy()
    open.set(block, before + 1)
    socket.once('close', () => {
      const left = open.get(block)! - 1
      if (left === 0) open.delete(block)
      else open.set(block, left)
    })
  })
}

/**
 * Cuts off clients that do not take their answer: bytes wait for them, and for so long none went on its
 * way. An answer that takes its time on our side is not cut off, nor a client that takes it slowly.
 *
 * The connection's own timer is used, which knows of a long write whether it goes on. It is set by
 * looking from time to time: what answers takes it off again where it streams.
 */
export function cutOffStalled(
  server: Server,
  { afterMs, lookMs }: Record<'afterMs' | 'lookMs', number>,
) {
  const answers = new Set<ServerResponse>()
  server.prependListener('request', (_incoming, outgoing: ServerResponse) => {
    answers.add(outgoing)
    outgoing.once('close', () => answers.delete(outgoing))
  })
  const looking = setInterval(() => {
    for (const { socket } of answers) {
      if (socket && !socket.timeout && socket.writableLength > 0) socket.setTimeout(afterMs)
    }
  }, lookMs)
  server.once('close', () => clearInterval(looking))
  // Whoever listens for this has to do what Node does otherwise: the timer is also that of idle connections.
  server.on('timeout', (socket: Socket) => {
    const isAnswered = [...answers].some((outgoing) => outgoing.socket === socket)
    if (isAnswered && socket.writableLength === 0) socket.setTimeout(0)
    else socket.destroy()
  })
}
