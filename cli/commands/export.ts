import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { sha256 } from '../../core/sha256.ts'
import { exportBundle } from '../../domains/evidence/export.ts'
import { EXPORT_LIMITS, type ExportStep } from '../../domains/evidence/slice.ts'
import { tenantUnknown } from '../../ledger/problems.ts'
import { readWholeLog } from '../../lineage/log.ts'
import { hex } from '../../proofs/hex.ts'
import { DIRECTIONS, type Question } from '../../proofs/manifest.ts'
import { readConfig } from '../../server/config.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { openService } from '../../server/open.ts'
import { fetchCatalogue } from '../standards/fetch-catalogue.ts'
import {
  DOCUMENT_FORMATS,
  type DocumentFormat,
  fetchDocument,
  isOfModel,
} from '../standards/fetch-document.ts'
import { type Moment, momentOf } from '../time/moment.ts'

interface Options {
  tenant: string
  root?: string
  direction: Question['direction']
  depth: number
  asOf?: number | Moment
  withhold: string[]
  out: string
  json?: true
}

interface AnyOptions extends Options {
  format: 'bundle' | DocumentFormat
  runs?: number
  url?: string
}

const STAGES: Record<ExportStep['stage'], string> = {
  lineage: 'looking for what belongs to the answer',
  records: 'reading records',
  proof: 'proving them against a signed checkpoint',
  bundle: 'stitching and signing',
}

export function define(command: Command): void {
  command
    .description(
      'Write the answer to a lineage question as a stitched bundle, and record the export; or in a format\n' +
        'of others (--format), which proves nothing and is not recorded.\n\n' +
        'A bundle is made beside a server or without one, and is then also at /exports/<id>; other formats\n' +
        'are asked of the server. An answer of\n' +
        `more than ${EXPORT_LIMITS.records} records, or with bodies of more than ${EXPORT_LIMITS.text} characters together, is\n` +
        'refused: ask for a smaller depth, or for one direction.\n\n' +
        'A pattern of --withhold is the name of a field, or Kind.field; * stands for any characters,\n' +
        'and a facet is met by its own name too. One that meets no field is refused.',
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .option(
      '--root <id>',
      'the entity to start from, by its URN; dcat-ap lists everything without it',
    )
    .addOption(
      new Option('--direction <way>', 'UPSTREAM, DOWNSTREAM or BOTH')
        .default('UPSTREAM')
        .argParser(directionOf),
    )
    .addOption(
      new Option('--format <name>', 'what to write')
        .choices(['bundle', ...DOCUMENT_FORMATS])
        .default('bundle'),
    )
    .option('--depth <hops>', 'how many hops: 0 to 20', wholeNumber, 20)
    .option(
      '--as-of <position>',
      'answer as it was when the log had so many entries; in formats of others, at a moment',
      asOfOf,
    )
    .option(
      '--runs <n>',
      'in formats of others: so many of the newest runs of each job',
      wholeNumber,
    )
    .option('--url <url>', 'for these, the server (default: the one that `npm start` starts here)')
    .option('--withhold <pattern...>', 'fields to keep back', [] as string[])
    .requiredOption('--out <file>', 'where to')
    .option('--json', 'print one JSON object')
    .action(write)
}

function write({ format, runs, url, ...options }: AnyOptions, command: Command) {
  const { asOf, withhold, out, json, tenant, root, ...walk } = options
  if (root === undefined && format !== 'dcat-ap') {
    command.error("error: required option '--root <id>' not specified")
  }
  const isSize = typeof asOf === 'number'
  if (format === 'bundle') {
    if (runs !== undefined || url !== undefined) {
      command.error('error: --runs and --url are for formats of others (--format)')
    }
    if (asOf !== undefined && !isSize) {
      command.error('error: --as-of of a bundle is a whole number')
    }
    return writeBundle({ ...options, root: root!, asOf: isSize ? asOf : undefined })
  }
  if (withhold.length > 0) command.error('error: --withhold is for bundles')
  if (isSize) command.error(`error: --as-of is a moment here; the position is 0:${asOf}`)
  const walked = ['direction', 'depth', 'runs'].find(
    (name) => command.getOptionValueSource(name) === 'cli',
  )
  const isWalk = root !== undefined && !isOfModel(format)
  if (!isWalk && walked) {
    command.error(`error: --${walked} is not for ${format}${root ? '' : ' without --root'}`)
  }
  if (format === 'dcat-ap' && runs !== undefined) command.error('error: --runs is not for dcat-ap')
  const place = { url, tenant }
  return root === undefined
    ? fetchCatalogue({ place, out, json, asOf })
    : fetchDocument({ format, place, out, json, asked: { root, ...walk, runs, asOf } })
}

async function writeBundle({ out, json, ...asked }: Options & { root: string; asOf?: number }) {
  const config = readConfig()
  const progress = progressTo(process.stderr)
  const service = await openService(config, { progress })
  try {
    const { database, ledger, objects, witnessWaitMs, askReplayer } = service
    // What a server beside this one has just committed is to be in the answer.
    if (!(await readWholeLog(database.graph(asked.tenant)))) throw tenantUnknown(asked.tenant)
    const tell = ({ stage, done, of }: ExportStep) =>
      progress.step(`${STAGES[stage]}${of > 1 ? `: ${done} of ${of}` : ''}`)
    const { id, woven } = await exportBundle(
      { database, ledger, objects, witnessWaitMs, askReplayer },
      { ...asked, subject: 'local', tell },
    )
    progress.done()
    const { bytes, ...about } = woven!
    writeWhole(out, bytes)
    const made = { ok: true, id, file: out, sha256: hex(sha256(bytes)), bytes: bytes.length }
    process.stdout.write(
      json
        ? `${JSON.stringify({ ...made, ...about })}\n`
        : `${about.records} records as of ${about.asOf}, proven against size ${about.size}: ${out} (${bytes.length} bytes)\n`,
    )
  } finally {
    await service.close()
  }
}

/** Under another name first, so that nobody finds half a bundle. */
function writeWhole(path: string, bytes: Uint8Array) {
  const draft = `${path}.${process.pid}.new`
  try {
    writeFileSync(draft, bytes)
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}

function directionOf(given: string) {
  const found = DIRECTIONS.find((one) => one === given.toUpperCase())
  if (found) return found
  throw new InvalidArgumentError(`It must be one of ${DIRECTIONS.join(', ')}.`)
}

const asOfOf = (given: string) => (/^[0-9]{1,15}$/.test(given) ? Number(given) : momentOf(given))

function wholeNumber(given: string) {
  if (/^[0-9]{1,15}$/.test(given)) return Number(given)
  throw new InvalidArgumentError('It must be a whole number.')
}
