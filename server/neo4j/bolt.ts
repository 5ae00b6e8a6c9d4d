import { createServer, connect as open } from 'node:net'

/** Bolt's preamble, then four offers of a protocol version: 5.x down to 4.4, two of them none. */
const HANDSHAKE = Buffer.from(
  '6060b017 00080805 00020404 00000000 00000000'.replaceAll(' ', ''),
  'hex',
)

/** Whether a Bolt server answers at the port: by its handshake, since any program can listen. */
export function boltAnswers(port: number, timeoutSeconds = 2): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = open({ host: '127.0.0.1', port })
    const end = (answers: boolean) => {
      socket.destroy()
      resolve(answers)
    }
    socket.setTimeout(timeoutSeconds * 1000, () => end(false))
    socket.once('connect', () => socket.write(HANDSHAKE))
    socket.once('data', (reply) => end(reply.length === 4 && reply.readUInt32BE() !== 0))
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
  })
}

const tryPort = (port: number) =>
  new Promise<number | null>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen({ host: '127.0.0.1', port }, () => {
      const { port: got } = server.address() as { port: number }
      server.close(() => resolve(got))
    })
  })

/** A free loopback port: the preferred one where it is free, so that a home keeps its address. */
export async function freePort(preferred: number | null): Promise<number> {
  const port = (preferred === null ? null : await tryPort(preferred)) ?? (await tryPort(0))
  if (port === null) throw new Error('no loopback port can be bound')
  return port
}
