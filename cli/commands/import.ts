import { createHash } from 'node:crypto'
import { extname, join } from 'node:path'
import { type Command, Option } from 'commander'
import { Problem } from '../../core/problem.ts'
import { LINE_KINDS } from '../../domains/kinds/import-line.ts'
import { readConfig } from '../../server/config.ts'
import type { Client } from '../client.ts'
import { tellFailure } from '../failure.ts'
import { clientFor, type Place } from '../identity/client-for.ts'
import { readCsv } from '../import/csv.ts'
import { type HintFile, NO_HINT, openHint } from '../import/hint.ts'
import { readNdjson } from '../import/ndjson.ts'
import { importLines } from '../import/run.ts'
import { openSource, type Source } from '../import/source.ts'
import { openTeller, type Teller } from '../import/tell.ts'
import { untilInterrupted } from '../interrupted.ts'

const FORMATS = { csv: readCsv, ndjson: readNdjson } as const
type Format = keyof typeof FORMATS

interface Options extends Place {
  format?: Format
  kind?: string
  dryRun?: true
  errors?: string
  json?: true
}

export function define(command: Command): void {
  command
    .argument('<file>', 'the file, or - for standard input')
    .description(
      'Record the lines of a CSV or NDJSON file: things of typed kinds, and what is stated of datasets and\n' +
        'jobs (docs/how-to/import.md). Each line goes in whole or not at all; those that are refused are\n' +
        'told of by line. Broken off, the same command goes on and records nothing twice.\n\n' +
        'Ends with 0 where everything went in, with 3 where some lines did, with 1 where none did.',
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .addOption(
      new Option('--format <name>', 'what the file is (default: by its ending)').choices(
        Object.keys(FORMATS),
      ),
    )
    .addOption(new Option('--kind <kind>', 'the kind of lines that say none').choices(LINE_KINDS))
    .option('--dry-run', 'have everything checked, and record nothing')
    .option('--errors <path>', 'write each refused line to this file, as NDJSON')
    .option('--json', 'print a JSON object for each event')
    .action((file: string, options: Options) => runImport(file, options, command))
}

async function runImport(file: string, { errors, json, ...options }: Options, command: Command) {
  const { tenant, dryRun = false } = options
  const format = options.format ?? formatOf(file)
  if (!format) command.error("error: say whether it is --format csv or ndjson: its ending doesn't")
  const client = clientFor(options)
  const source = await openSource(file)
  const teller = openTeller({ file, tenant, dryRun, json: json === true, errors })
  try {
    process.exitCode = await carryOut(source, { ...options, format, client }, teller)
  } finally {
    await source.close()
  }
}

async function carryOut(
  source: Source,
  { url, tenant, format, kind, dryRun, client }: Options & { format: Format; client: Client },
  teller: Teller,
): Promise<number> {
  // What a line says depends on these as well as on the file.
  const key = createHash('sha256')
    .update(JSON.stringify(['import', source.hash, format, kind ?? null]))
    .digest('base64url')
  const place = createHash('sha256').update(JSON.stringify([url ?? null, tenant, key]))
  const hint: HintFile = dryRun
    ? NO_HINT
    : openHint(join(readConfig().home, 'imports', `${place.digest('base64url')}.json`))
  let isStopped = false
  void untilInterrupted(async () => {
    isStopped = true
  })
  try {
    const isWhole = await importLines({
      lines: () => FORMATS[format](source.path, kind),
      sending: { client, key: dryRun ? undefined : key, usual: kind },
      hint,
      isStopped: () => isStopped,
      onSettled: teller.settled,
    })
    await source.requireUnchanged()
    await teller.ended({ isWhole })
    return teller.exitCode(isWhole)
  } catch (error) {
    const { code, message } =
      error instanceof Problem ? error : { code: 'INTERNAL', message: String(error) }
    await teller.ended({ isWhole: false, because: { code, message } })
    tellFailure(error)
    return teller.exitCode(false)
  }
}

const ENDINGS: Readonly<Record<string, Format>> = {
  '.csv': 'csv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
}

const formatOf = (file: string): Format | undefined => ENDINGS[extname(file).toLowerCase()]
