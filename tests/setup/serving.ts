import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll } from 'vitest'
import { testNeo4j } from './database.ts'
import { SERVICE_NAME } from './ledger.ts'
import { spawnSelvedge } from './selvedge.ts'

/** A server as a process, on the database and home of the run. */
export interface ServingProcess {
  child: ChildProcess
  url: string
  /** With what code it ended; `null` where a signal ended it. */
  ended: Promise<number | null>
  /** What it has written to its standard error so far. */
  logged(): string
}

/** Not told to vitest one by one: from within a test that fails, it would not hear of it. */
const running = new Set<ChildProcess>()
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** The settings of a server on the database and home of the run, on any free port. */
export function servingEnv(): Record<string, string> {
  const { uri, username, password, home } = testNeo4j()
  return {
    SELVEDGE_HOME: home,
    SELVEDGE_SERVICE: SERVICE_NAME,
    SELVEDGE_PORT: '0',
    NEO4J_URI: uri,
    NEO4J_USERNAME: username,
    NEO4J_PASSWORD: password,
  }
}

/** Starts `selvedge start`, and waits until it serves. */
export const startServing = (env: Record<string, string> = {}): Promise<ServingProcess> =>
  untilServing(spawnSelvedge(['start'], { ...servingEnv(), ...env }))

/** Waits until a server that was started says where it serves; it ends with the test file at the latest. */
export async function untilServing(child: ChildProcess): Promise<ServingProcess> {
  running.add(child)
  const ended = once(child, 'close').then(([code]) => code as number | null)
  void ended.then(() => running.delete(child))
  let logged = ''
  child.stderr!.setEncoding('utf8').on('data', (part) => {
    logged += part
  })
  let said = ''
  for await (const part of child.stdout!) {
    said += part
    if (/serves at \S+\n/.test(said)) break
  }
  const url = /serves at (\S+)\n/.exec(said)?.[1]
  if (!url) throw new Error(`the server did not start: ${logged}`)
  return { child, url, ended, logged: () => logged }
}
