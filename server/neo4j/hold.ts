import { connect, type Socket } from 'node:net'
import { onLine } from './lines.ts'
import type { Running } from './state.ts'

const ANSWER_SECONDS = 3

/** A claim on a running Neo4j: it stays for as long as one process has one. */
export interface Hold {
  /** Resolves when the supervisor is gone, and Neo4j with it. */
  readonly gone: Promise<void>
  /** Whether it was said, before that, that somebody stops Neo4j on purpose. */
  wasStopped(): boolean
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
    const hold = holdOn(socket)
    socket.setTimeout(ANSWER_SECONDS * 1000, () => socket.destroy())
    socket.once('connect', () => socket.write(`${supervisor.token}\n`))
    void hold.heard('held').then((held) => {
      socket.setTimeout(0)
      // A hold alone is no reason for its process to stay.
      socket.unref()
      resolve(held ? hold : null)
    })
  })
}

function holdOn(socket: Socket): Hold & { heard(word: string): Promise<boolean> } {
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
  const waiting = new Map<string, () => void>()
  socket.on('error', () => socket.destroy())
  let stopped = false
  onLine(socket, (line) => {
    if (line === 'stopping') stopped = true
    waiting.get(line)?.()
  })
  const heard = (word: string) => {
    const said = new Promise<boolean>((resolve) => waiting.set(word, () => resolve(true)))
    return Promise.race([said, gone.then(() => false)])
  }
  const say = (word: string) => {
    socket.ref()
    if (socket.writable) socket.write(`${word}\n`)
  }
  return {
    gone,
    wasStopped: () => stopped,
    heard,
    leave: () => socket.destroy(),
    release: () => {
      say('release')
      return gone
    },
    stop: () => {
      say('stop')
      return gone
    },
    keep: async () => {
      say('keep')
      await heard('kept')
      socket.unref()
    },
  }
}
