import { type ChildProcess, fork } from 'node:child_process'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../server/config.ts'
import type { Bench } from './bench.ts'
import { openIssuer } from './issuer.ts'

/** Starts a server as a process of its own on the database of the run, and gives its port and a token once it is ready. */
export async function startServer(
  { neo4j }: Pick<Bench['service'], 'neo4j'>,
  { home, service: name }: Config,
  children: ChildProcess[],
): Promise<{ port: number; token: string }> {
  const { issuers, token } = await openIssuer(home)
  const log = join(home, 'server.log')
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  const child = fork(join(import.meta.dirname, '../cli/selvedge.ts'), ['start'], {
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'],
    // It logs as it would at work, and not into the figures.
    stdio: ['ignore', 'ignore', openSync(log, 'a'), 'ipc'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      SELVEDGE_HOME: home,
      SELVEDGE_ISSUERS: issuers,
      SELVEDGE_SERVICE: name,
      SELVEDGE_PORT: String(port),
      NEO4J_URI: neo4j.uri,
      NEO4J_USERNAME: neo4j.username,
      NEO4J_PASSWORD: neo4j.password,
    },
  })
  children.push(child)
  for (let tries = 0; tries < 900; tries++) {
    if (child.exitCode !== null) break
    if (
      await fetch(`http://127.0.0.1:${port}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return { port, token }
    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
  }
  throw new Error(`the server did not become ready; ${log} says why`)
}
