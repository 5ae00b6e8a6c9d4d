import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { readConfig } from '../../server/config.ts'
import { originHash, type WitnessAnswer } from '../../server/witness/cosign.ts'
import { listenAsWitness } from '../../server/witness/listen.ts'
import { openLogs } from '../../server/witness/logs.ts'
import { openWitness } from '../../server/witness/open.ts'
import { untilInterrupted } from '../interrupted.ts'
import { showWitnessStatus } from '../witness-status.ts'

interface Options {
  dir?: string
  name?: string
  log: string[]
  logs?: string
  host: string
  port: number
  publicHost: string[]
  json?: true
}

export function define(command: Command): void {
  command
    .description(
      'Cosign the checkpoints of logs (C2SP tlog-witness) until interrupted. Needs no Neo4j.\n\n' +
        'It remembers what it cosigned last of each log and refuses whatever does not continue it.\n' +
        'Its state must never be put back from a copy: whoever does that makes it cosign forks.',
    )
    .option('--dir <dir>', 'where key and state are kept (default: SELVEDGE_HOME/witness)')
    .option('--name <name>', 'how it calls itself, such as witness.example/w1; fixed at first run')
    .option('--log <vkey>', 'a log to be witnessed, by its vkey; may be given again', collect, [])
    .option('--logs <file>', 'logs to be witnessed, one vkey a line; read anew when it changes')
    .option('--host <host>', 'the address that it binds', '127.0.0.1')
    .option('--port <port>', 'the port that it binds; 0 takes any free one', portOf, 4601)
    .option(
      '--public-host <host>',
      'another name in Host that is answered on loopback, as behind a proxy; may be given again',
      collect,
      [],
    )
    .option('--json', 'print one JSON object a line: who it is, then every answer')
    .action(serveWitness)
  command
    .command('status')
    .description(
      'Show how far the logs of this service are witnessed, and what each of its witnesses\n' +
        '(SELVEDGE_WITNESS_POLICY) did last. Asks the database, and no witness.',
    )
    .option('--tenant <name>', 'look at one tenant')
    .option('--json', 'print one JSON object')
    .action((_options: unknown, status: Command) => showWitnessStatus(status.optsWithGlobals()))
}

const collect = (value: string, before: string[]) => [...before, value]

function portOf(value: string) {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('it must be a whole number up to 65535')
}

async function serveWitness(options: Options) {
  const { name, log, logs: file, host, port, publicHost, json } = options
  const say = (text: string) => process.stdout.write(`${text}\n`)
  const onError = (error: unknown) =>
    process.stderr.write(`${(error as Error)?.message ?? error}\n`)
  const logs = openLogs({ vkeys: log, file }, onError)
  const witness = await openWitness(options.dir ?? join(readConfig().home, 'witness'), name)
  const server = { witness, logs, publicHosts: publicHost, onError }
  const onAnswer = (answer: Answered) =>
    say(json ? JSON.stringify(toldAsJson(answer)) : told(answer))
  try {
    const listening = await listenAsWitness({ ...server, onAnswer }, { host, port })
    const policy = `witness ${labelOf(witness.name)} ${witness.vkey} ${listening.url}`
    const origins = logs.origins()
    if (json) {
      const { name, vkey } = witness
      say(JSON.stringify({ name, vkey, url: listening.url, policy, logs: origins }))
    } else {
      say(`${witness.name} witnesses ${origins.length} logs at ${listening.url}`)
      say(`vkey    ${witness.vkey}\npolicy  ${policy}`)
      for (const origin of origins) say(`log     ${origin} (${originHash(origin)})`)
    }
    await untilInterrupted(() => listening.close())
  } finally {
    witness.close()
  }
}

type Answered = Pick<WitnessAnswer, 'status' | 'told'>

/** A policy's own name for a witness may be anything; what stands behind the last slash is short. */
const labelOf = (name: string) => name.split('/').at(-1) || name

/** A log's name is its operator's choice: what a terminal would obey is not shown as it is. */
const harmless = (text: string) =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)

const told = ({ status, told: { origin, size, because } }: Answered) =>
  harmless(
    `${new Date().toISOString()} ${status} ${origin ?? '-'} ${size ?? '-'}${because ? `: ${because}` : ''}`,
  )

const toldAsJson = ({ status, told }: Answered) => ({
  at: new Date().toISOString(),
  status,
  ...told,
})
