import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Running } from './state.ts'

const ANSWER_SECONDS = 3

/** A claim on a running Neo4j: it stays for as long as one process has one. */
export interface Hold {
  /** Resolves when the supervisor is gone, and Neo4j with it. */
  readonly gone: Promise<void>
  /** Asks Neo4j to stay when the last claim is given up. */
  keep(): Promise<void>
  /** Gives the claim up; where it was the last, resolves once Neo4j has ended. */
  release(): Promise<void>
  /** Gives the claim up without waiting for what follows. */
  leave(): void
  /** Ends Neo4j, whoever else uses it. */
  stop(): Promise<void>
}

/** Takes a hold, or gives `null` where no supervisor answers to the token. */
export function takeHold({ supervisor }: Running): Promise<Hold | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: supervisor.port })
    const replies = createInterface(socket)
    const fail = () => resolve(null)
    socket.setTimeout(ANSWER_SECONDS * 1000, () => socket.destroy())
    socket.once('error', fail)
    socket.once('close', fail)
    socket.once('connect', () => socket.write(`${supervisor.token}\n`))
    replies.once('line', (reply) => {
      if (reply !== 'held') return socket.destroy()
      socket.setTimeout(0)
      // A hold alone is no reason for its process to stay.
      socket.unref()
      resolve(holdOn(socket, replies))
    })
  })
}

function holdOn(socket: Socket, replies: ReturnType<typeof createInterface>): Hold {
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
  socket.on('error', () => socket.destroy())
  const sayAndWait = async (word: string) => {
    socket.ref()
    if (socket.writable) socket.write(`${word}\n`)
    await gone
  }
  return {
    gone,
    release: () => sayAndWait('release'),
    stop: () => sayAndWait('stop'),
    leave: () => socket.destroy(),
    keep: async () => {
      socket.ref()
      const kept = new Promise((resolve) => replies.once('line', resolve))
      socket.write('keep\n')
      await Promise.race([kept, gone])
      socket.unref()
    },
  }
}
