import { createInterface } from 'node:readline/promises'
import { type Command, Option } from 'commander'
import { type Config, readConfig } from '../../server/config.ts'
import { resolveNeo4j } from '../../server/neo4j/find.ts'
import { neo4jStatus, resetNeo4j, type Status, stopNeo4j } from '../../server/neo4j/operate.ts'
import { notOurs, resetUnconfirmed } from '../../server/neo4j/problems.ts'
import { progressTo } from '../../server/neo4j/progress.ts'

const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}
const json = () => new Option('--json', 'print one JSON object')

export function define(command: Command): void {
  command.description(
    'Start, stop and look at the Neo4j of this home (SELVEDGE_HOME).\n\n' +
      'It is found in this order: NEO4J_URI; a Docker engine; Java 17 or 21 with Maven.',
  )
  command
    .command('start')
    .description('start it, and stay until interrupted; it ends with this command')
    .option('--detach', 'leave it running and return')
    .action(({ detach }: { detach?: boolean }) => start(detach === true))
  command.command('stop').description('stop it, whoever uses it').action(stop)
  command
    .command('status')
    .description('say whether it runs, and where')
    .addOption(json())
    .action(showStatus)
  command
    .command('reset')
    .description('stop it and delete its database')
    .option('--yes', 'do not ask')
    .action(({ yes }: { yes?: boolean }) => reset(yes === true))
}

async function start(detach: boolean) {
  const progress = progressTo(process.stderr)
  const neo4j = await resolveNeo4j(readConfig(), { progress, keep: detach })
  print(neo4j.describe)
  if (!neo4j.ours) return print('It is not started or stopped by Selvedge: there is nothing to do.')
  if (detach) return print('It stays until `selvedge neo4j stop`.')
  print('It ends with this command (Ctrl-C).')
  const ended = neo4j.gone.then(() => print('It was ended.'))
  // Waiting for a signal does not keep a process; a timer does.
  const alive = setInterval(() => {}, 60_000)
  await Promise.race([interrupted(), ended])
  clearInterval(alive)
  await neo4j.stop()
}

const interrupted = () =>
  new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve())
    }
  })

async function stop() {
  const config = readConfig()
  if (config.neo4jUri !== null) return print('NEO4J_URI is set: Selvedge does not stop that one.')
  const stopped = await stopNeo4j(config, progressTo(process.stderr))
  print(stopped ? 'stopped' : 'it was not running')
}

async function showStatus(options: { json?: boolean }) {
  const status = await neo4jStatus(readConfig())
  print(options.json ? JSON.stringify(status, null, 2) : describe(status))
}

function describe(status: Status): string {
  const facts = Object.entries(status)
    .filter(([name, value]) => name !== 'state' && value !== null)
    .map(([name, value]) => `  ${name}: ${value}`)
  return [status.state, ...facts].join('\n')
}

async function reset(sure: boolean) {
  const config = readConfig()
  if (config.neo4jUri !== null) throw notOurs()
  if (!sure && !(await confirmed(config))) return print('nothing was deleted')
  const deleted = await resetNeo4j(config, progressTo(process.stderr))
  print(deleted ? 'the database is deleted' : 'there was no database')
}

async function confirmed({ home }: Config): Promise<boolean> {
  if (!process.stdin.isTTY) throw resetUnconfirmed()
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`Delete all data in ${home}/neo4j? Type yes: `)
  terminal.close()
  return answer.trim() === 'yes'
}
