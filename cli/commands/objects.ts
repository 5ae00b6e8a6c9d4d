import type { Command } from 'commander'
import colors from 'picocolors'
import type { Objects } from '../../core/objects.ts'
import { type Collected, collectObjects } from '../../domains/objects/collect-objects.ts'
import { type Listed, listObjects } from '../../domains/objects/list-objects.ts'
import { type Verified, verifyObjects } from '../../domains/objects/verify-objects.ts'
import type { Database } from '../../lineage/graph.ts'
import { type Config, readConfig } from '../../server/config.ts'
import { type Progress, progressTo } from '../../server/neo4j/progress.ts'
import { openObjectStore } from '../../server/objects/open.ts'
import { withDatabase } from '../../server/with-database.ts'
import { tellFailure } from '../failure.ts'

export function define(command: Command): void {
  command.description(
    'The files of exports and attachments: list them, verify them, delete what nobody needs.',
  )
  command
    .command('list')
    .description('List every file with its size, its time and what leads to it.')
    .option('--json', 'print one JSON object')
    .action(list)
  command
    .command('verify')
    .description(
      'Read and hash every file, and look for the file of every export and attachment.\n\n' +
        'Ends with 0 where all are there and whole, with 1 where one is damaged or lost.',
    )
    .option('--json', 'print one JSON object')
    .action(verify)
  command
    .command('collect')
    .description(
      'Delete files that nothing recorded leads to, once they are an hour old, and with\n' +
        'SELVEDGE_EXPORT_DAYS and SELVEDGE_ATTACHMENT_DAYS those of exports and attachments older\n' +
        'than that on which nothing rests. May run beside servers.',
    )
    .option('--dry-run', 'say what would be deleted, and delete nothing')
    .option('--force', 'also where nothing in the database leads to any file of the store')
    .option('--json', 'print one JSON object')
    .action(collect)
}

interface Opened {
  database: Database
  objects: Objects
  config: Config
  progress: Progress
}

async function withObjects<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
  const config = readConfig()
  const progress = progressTo(process.stderr)
  const objects = await openObjectStore(config, tellFailure)
  try {
    return await withDatabase(config, { progress }, (database) =>
      work({ database, objects, config, progress }),
    )
  } finally {
    progress.done()
    objects.close()
  }
}

const print = (json: true | undefined, value: object, text: string) =>
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : text)

async function list({ json }: { json?: true }) {
  const files = await withObjects(listObjects)
  print(json, { ok: true, files }, files.map(described).join('') || 'There is no file.\n')
}

function described({ address, size, since, state, of }: Listed): string {
  const leading = of.map(({ tenant, id }) => `  ${tenant} ${id}\n`).join('')
  return `${address} ${size} bytes, ${new Date(since).toISOString()}, ${state}\n${leading}`
}

async function verify({ json }: { json?: true }) {
  const found = await withObjects(({ config, progress, ...opened }) =>
    verifyObjects(opened, {
      retention: config,
      now: Date.now(),
      tell: (done) => progress.step(`${done} files read`),
    }),
  )
  const ok = found.damaged.length === 0 && found.lost.length === 0
  print(json, { ok, ...found }, verified(found, ok))
  process.exitCode = ok ? 0 : 1
}

function verified({ files, bytes, damaged, lost, expired }: Verified, ok: boolean): string {
  const looked = `${files} files of ${bytes} bytes; ${expired} have gone in their time\n`
  const lines = [
    ...damaged.map((file) => `  damaged: ${file}\n`),
    ...lost.map(({ tenant, id, file }) => `  lost: ${file} of ${tenant} ${id}\n`),
  ]
  return `${ok ? colors.green('whole') : colors.red(`${lines.length} found`)}: ${looked}${lines.join('')}`
}

async function collect({ json, ...options }: { json?: true; dryRun?: true; force?: true }) {
  const done = await withObjects(({ config, database, objects }) =>
    collectObjects({ database, objects }, { ...options, retention: config, now: Date.now() }),
  )
  print(json, { ok: true, dryRun: Boolean(options.dryRun), ...done }, collected(done, options))
}

function collected(
  { orphans, expired, bytes, tidied }: Collected,
  { dryRun }: { dryRun?: true },
): string {
  const what = `${orphans.length} orphans and ${expired.length} expired files, ${bytes} bytes`
  const lines = [...orphans, ...expired].map((file) => `  ${file}\n`).join('')
  if (dryRun) return `would delete ${what}\n${lines}`
  return `deleted ${what}, and ${tidied} unfinished writes\n${lines}`
}
