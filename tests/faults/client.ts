import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { testNeo4j } from '../setup/database.ts'
import { SERVICE_NAME } from '../setup/ledger.ts'
import type { Answer, Ask, Written } from './writer.ts'

/** The process is gone, and what was asked last is not known to have been done. */
export class Gone extends Error {}

type Unnumbered = Ask extends infer One ? (One extends Ask ? Omit<One, 'ask'> : never) : never

/** A server in a process of its own, and a client of it. */
export class Server {
  readonly #child: ChildProcess
  readonly #waiting = new Map<
    number,
    { resolve(answer: Answer): void; reject(error: Error): void }
  >()
  readonly ended: Promise<unknown>
  #asked = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (answer: Answer) => {
      this.#waiting.get(answer.ask)?.resolve(answer)
      this.#waiting.delete(answer.ask)
    })
    this.ended = once(child, 'exit').then(([, signal]) => {
      for (const { reject } of this.#waiting.values()) reject(new Gone(`ended by ${signal}`))
      this.#waiting.clear()
      return signal
    })
  }

  /** @param failpoint Where the process kills itself, as `before-commit:3`. */
  static async start(failpoint = ''): Promise<Server> {
    const { uri, username, password, home } = testNeo4j()
    const child = fork(new URL('./writer.ts', import.meta.url), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {
        ...process.env,
        NEO4J_URI: uri,
        NEO4J_USERNAME: username,
        NEO4J_PASSWORD: password,
        SELVEDGE_HOME: home,
        SELVEDGE_SERVICE: SERVICE_NAME,
        SELVEDGE_FAILPOINT: failpoint,
      },
    })
    const server = new Server(child)
    await Promise.race([
      once(child, 'message'),
      server.ended.then((signal) => {
        throw new Error(`the server ended before it answered, by ${signal}`)
      }),
    ])
    return server
  }

  get inFlight() {
    return this.#waiting.size
  }

  /** @throws {Gone} Where the process ends before it answers. */
  #ask(what: Unnumbered): Promise<Answer> {
    this.#asked += 1
    const ask = this.#asked
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(ask, { resolve, reject })
      // What cannot be sent any more is told by the end of the process.
      this.#child.send({ ask, ...what }, () => {})
    }).then((answer) => {
      if ('problem' in answer) throw new Error(answer.problem)
      return answer
    })
  }

  async write(what: Omit<Extract<Ask, { do: 'write' }>, 'ask' | 'do'>): Promise<Written> {
    const answer = await this.#ask({ do: 'write', ...what })
    return (answer as Extract<Answer, { written: unknown }>).written
  }

  async checkpoint(tenant: string): Promise<string | null> {
    const answer = await this.#ask({ do: 'checkpoint', tenant })
    return (answer as Extract<Answer, { note: unknown }>).note
  }

  /** Ends it as it wishes to end. */
  async close() {
    await this.#ask({ do: 'close' })
    await this.ended
  }

  /** Ends it at once, as a lost machine would; resolves when it is gone. */
  async kill() {
    this.#child.kill('SIGKILL')
    await this.ended
  }
}

/** Keeps `width` pieces of work going until there is no next one. */
export async function inParallel(width: number, next: () => Promise<void> | null) {
  const lane = async () => {
    for (let work = next(); work; work = next()) await work
  }
  await Promise.all(Array.from({ length: width }, lane))
}

/** Asks for the published checkpoint again and again, as a follower does, until told to stop. */
export function follow(server: Server, tenant: string, seen: Set<string>) {
  let stopped = false
  const done = (async () => {
    while (!stopped) {
      const note = await server.checkpoint(tenant)
      if (note) seen.add(note)
      await new Promise((resolve) => {
        setTimeout(resolve, 20)
      })
    }
  })().catch((error: unknown) => {
    if (!(error instanceof Gone)) throw error
  })
  return async () => {
    stopped = true
    await done
  }
}
