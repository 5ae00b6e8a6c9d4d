import { writeFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Client } from '../client.ts'
import { clientFor, type Place } from '../identity/client-for.ts'
import { sealAll } from '../metering/seal-all.ts'
import { windowLines } from '../metering/tell.ts'
import {
  PROVE,
  type Proven,
  SEAL,
  type Sealed,
  WINDOWS,
  type Window,
  type WindowsAnswer,
} from '../metering/texts.ts'
import { countOf, dayOf } from '../time/moment.ts'
import { gather } from '../time/pages.ts'

interface Options extends Place {
  json?: true
}

const place = (command: Command) =>
  command
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--json', 'print one JSON object')

export function define(command: Command): void {
  command.description('Usage: the windows that its events are in, what they come to, and proofs.')
  place(command.command('show'))
    .description('List windows of usage, the earliest first.')
    .addOption(new Option('--state <state>', 'only those').choices(['open', 'closing', 'sealed']))
    .option('--before <day>', 'only those of days before, such as 2026-04-01', dayOf)
    .option('--limit <n>', 'at most so many', countOf, 100)
    .action(show)
  place(command.command('seal'))
    .argument('[window]', 'the window, by its id')
    .description(
      'Seal a window that is over, or with --before all of them: a record says what each comes to, and\n' +
        'no event changes it any more. What was interrupted is taken up by calling it again.',
    )
    .option('--before <day>', 'all windows of days before, such as 2026-04-01', dayOf)
    .action(seal)
  place(command.command('prove'))
    .argument('<source>', 'the source of the event')
    .argument('<id>', 'the id of the event')
    .description(
      'Prove that an event is in its window, which is sealed. `prov-verifier usage` verifies that\n' +
        'without a server, against a bundle that shows the record of the window.',
    )
    .option('-o, --out <file>', 'where to (default: standard output)')
    .action(prove)
}

interface ShowOptions extends Options {
  state?: string
  before?: string
  limit: number
}

async function show({ state, before, limit, json, ...where }: ShowOptions) {
  const client = clientFor(where)
  const { items, more } = await gather(limit, 1_000, async (page) => {
    const asked = { state: state?.toUpperCase(), before, ...page }
    return (await client.graphql<WindowsAnswer>(WINDOWS, asked)).usageWindows
  })
  const told = { ok: true, tenant: where.tenant, windows: items, more }
  print(json ? JSON.stringify(told) : windowLines(items, more))
}

async function seal(
  window: string | undefined,
  { before, json, ...where }: Options & { before?: string },
) {
  if ((window === undefined) === (before === undefined)) {
    throw new InvalidArgumentError('Name a window, or the day with --before.')
  }
  const client = clientFor(where)
  const windows =
    window === undefined ? await sealAll(client, before!) : [await sealOne(client, window)]
  const told = { ok: true, tenant: where.tenant, windows }
  print(json ? JSON.stringify(told) : windowLines(windows, false))
}

const sealOne = async (client: Client, window: string): Promise<Window> =>
  (await client.graphql<Sealed>(SEAL, { window })).meteringSeal.window

async function prove(
  source: string,
  id: string,
  { out, json, ...where }: Options & { out?: string },
) {
  const { usageProof } = await clientFor(where).graphql<Proven>(PROVE, { source, id })
  const { record, document } = usageProof
  // The verifier reads the proof byte for byte: no newline behind it.
  if (out !== undefined) writeFileSync(out, document)
  const told = { ok: true, tenant: where.tenant, record, ...(out !== undefined && { file: out }) }
  if (json) print(JSON.stringify({ ...told, proof: JSON.parse(document) }))
  else if (out === undefined) process.stdout.write(document)
  else print(`${out} proves it against ${record}`)
}

const print = (text: string) => process.stdout.write(`${text}\n`)
