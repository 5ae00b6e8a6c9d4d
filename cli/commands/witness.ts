import { type Command, InvalidArgumentError } from 'commander'
import { type ReplayOptions, replayLog } from '../witness/replay.ts'
import { serveWitness } from '../witness/serve.ts'
import { showWitnessStatus } from '../witness/status.ts'

export function define(command: Command): void {
  command
    .description(
      'Cosign the checkpoints of logs (C2SP tlog-witness) until interrupted. Needs no Neo4j.\n\n' +
        'It remembers what it cosigned last of each log and refuses whatever does not continue it.\n' +
        'Its state must never be put back from a copy: whoever does that makes it cosign forks.\n\n' +
        'With --replay it cosigns nothing: it reads a whole Selvedge log, derives the state of every\n' +
        'entity anew, and signs the state by a key of its own once it is what the log says.',
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
    .optionsGroup('With --replay:')
    .option('--replay <log>', 'the address of a log, or a directory with its files')
    .option('--vkey <vkey>', 'the key that signs it')
    .option('--trust <file>', 'or a trust root that lists it')
    .option('--tenant <name>', 'as whom to ask, where the log is not public')
    .option('--once', 'print the note and end, instead of following and serving it')
    .option('--size <size>', 'with --once: the state of that size, instead of the last', sizeOf)
    .option('--out <file>', 'keep the newest note there')
    .option('--interval <seconds>', 'how often to look whether the log has grown', seconds, 5)
    .action((options: ReplayOptions) =>
      options.replay === undefined ? serveWitness(options) : replayLog(options),
    )
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

function sizeOf(value: string) {
  if (/^(0|[1-9]\d{0,14})$/.test(value)) return Number(value)
  throw new InvalidArgumentError('it must be a whole number')
}

function seconds(value: string) {
  if (Number(value) > 0 && Number(value) <= 86_400) return Number(value)
  throw new InvalidArgumentError('it must be a number of seconds, up to a day')
}
