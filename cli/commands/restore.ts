import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { timeByBody } from '../../domains/openlineage/run-times.ts'
import type { Restoring } from '../../domains/restore/open-epoch.ts'
import { registerLost, restoreUnconfirmed } from '../../domains/restore/problems.ts'
import {
  lookAt,
  requireRegister,
  restoreLog,
  type Told,
  tenantsOf,
} from '../../domains/restore/restore-logs.ts'
import type { ErasingOptions } from '../../ledger/erasing.ts'
import { openRegister } from '../../ledger/register.ts'
import { joinService } from '../../ledger/service.ts'
import { migrate } from '../../lineage/migrations.ts'
import { type Config, readConfig } from '../../server/config.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { openServiceKeys } from '../../server/open.ts'
import { withDatabase } from '../../server/with-database.ts'
import { restoreFromArchive } from '../restore/from-archive.ts'
import { openErasing, reopenLogs } from '../restore/reopen.ts'

interface Options {
  newEpoch?: true
  passphraseFile?: string
  known?: string[]
  keepOrigin?: true
  tenant?: string[]
  dropUnsigned?: true
  dryRun?: true
  json?: true
  yes?: true
}

export function define(command: Command): void {
  command
    .description(
      'With a file: write a backup into an empty database, and go on from there. The whole backup is\n' +
        'checked first, and held against every checkpoint that the signing register or --known knows.\n\n' +
        'With --new-epoch: go on where the database was set back to an earlier copy, or holds other leaves\n' +
        'than were signed. Each such log keeps the leaves that it has in common with what the signing\n' +
        'register says.\n\n' +
        'Either way a log goes on under a new origin, which its readers must list in their trust roots.\n' +
        'Stop all servers first. What ends half-way is finished by calling this again.\n\n' +
        'Ends with 0 where every log is whole now, else with 1.',
    )
    .argument('[file]', 'a backup, as `selvedge backup` writes it')
    .option('--passphrase-file <file>', 'the file whose first line encrypts the backup')
    .option(
      '--known <files...>',
      'signed checkpoints, or trust roots, that the backup must agree with',
    )
    .option(
      '--keep-origin',
      'with a backup that was made after all servers were stopped: open no new origin for a log that is whole',
    )
    .option('--new-epoch', 'open a new origin for each log that is behind the register')
    .option('--tenant <names...>', 'with --new-epoch: only these tenants')
    .option('--drop-unsigned', 'cut off stored leaves that nothing signed vouches for')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--json', 'print one JSON object')
    .option('--yes', 'do not ask')
    .action(async (file: string | undefined, options: Options) => {
      if ((file === undefined) === (options.newEpoch === undefined)) {
        command.error('error: name a backup, or take --new-epoch')
      }
      if (file === undefined) process.exitCode = await restore(options)
      else if (options.passphraseFile === undefined) {
        command.error('error: --passphrase-file is missing')
      } else process.exitCode = await fromArchive(file, options.passphraseFile, options)
    })
}

/** The flow of a backup that is written into an empty database. */
async function fromArchive(file: string, passphraseFile: string, options: Options): Promise<0 | 1> {
  const { known = [], dropUnsigned = false, keepOrigin = false, dryRun = false, json } = options
  const asked = { file, passphraseFile, known, dropUnsigned, keepOrigin }
  const asks = !dryRun && !options.yes
  if (asks && !process.stdin.isTTY) throw restoreUnconfirmed()
  const told = await restoreFromArchive({ ...asked, dryRun, ...(asks && { confirm: confirmed }) })
  if (told === null) return 1
  const ok = told.every(({ outcome }) => outcome === 'whole' || outcome === 'opened')
  process.stdout.write(
    json ? `${JSON.stringify({ ok, tenants: told }, null, 2)}\n` : described(told),
  )
  return ok ? 0 : 1
}

async function restore(options: Options): Promise<0 | 1> {
  const config = readConfig()
  const path = join(config.home, 'register.sqlite')
  // Opening it would make an empty one.
  if (!existsSync(path)) throw registerLost(`${path} is missing`)
  const progress = progressTo(process.stderr)
  const erasing = await openErasing(config)
  const register = openRegister(path)
  try {
    const told = await withDatabase(config, { progress }, async (database) => {
      const restoring = { database, register, service: config.service, timeOf: timeByBody }
      await requireRegister(restoring)
      const due: Told[] = []
      for (const tenant of options.tenant ?? (await tenantsOf(restoring))) {
        due.push(await lookAt(restoring, tenant))
      }
      if (options.dryRun) return due
      if (!due.some(({ outcome }) => outcome === 'due')) return due
      if (!options.yes && !(await confirmed(due))) return due
      const dropUnsigned = options.dropUnsigned === true
      return await carryOut(restoring, { due, dropUnsigned, config, erasing })
    })
    const ok = told.every(({ outcome }) => outcome === 'whole' || outcome === 'opened')
    process.stdout.write(
      options.json ? `${JSON.stringify({ ok, tenants: told }, null, 2)}\n` : described(told),
    )
    return ok ? 0 : 1
  } finally {
    register.close()
    erasing.close()
  }
}

/** Restores what is due, then signs it: a reader may see the new origin at once. */
async function carryOut(
  restoring: Restoring,
  {
    due,
    dropUnsigned,
    config,
    erasing,
  }: { due: readonly Told[]; dropUnsigned: boolean; config: Config; erasing: ErasingOptions },
): Promise<Told[]> {
  const { database, register, service } = restoring
  await migrate(database)
  const keys = await openServiceKeys(config)
  const refusal = await joinService(database, { service, keys, register })
  if (refusal) throw refusal
  const told: Told[] = []
  for (const looked of due) {
    const { tenant, outcome } = looked
    told.push(outcome === 'due' ? await restoreLog(restoring, tenant, { dropUnsigned }) : looked)
  }
  const opened = told.filter(({ outcome }) => outcome === 'opened')
  // What was erased while a backup was made is known of a backup alone.
  const logs = opened.map(({ tenant }) => ({ tenant, erasedSince: [] }))
  await reopenLogs({ database, service, keys, register, erasing }, logs)
  return told
}

async function confirmed(due: readonly Told[]): Promise<boolean> {
  if (!process.stdin.isTTY) throw restoreUnconfirmed()
  process.stderr.write(described(due))
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question('This cannot be taken back. Type yes to go on: ')
  terminal.close()
  return answer.trim() === 'yes'
}

function described(told: readonly Told[]): string {
  if (told.length === 0) return 'There is no log to restore.\n'
  return told.map((one) => `${one.tenant}: ${describe(one)}\n`).join('')
}

function describe(told: Told): string {
  if (told.outcome === 'whole') return 'begins with all that was signed; left as it is'
  if (told.outcome === 'refused') return `${told.code}: ${told.message}`
  if (told.outcome === 'due') {
    const cut = told.drops > 0 ? `, ${told.drops} that nothing signed vouches for cut off` : ''
    return `to go on as ${told.origin} with ${told.keptSize} of ${told.lostSize} leaves${cut}`
  }
  const cut = told.dropped > 0 ? `; ${told.dropped} leaves were cut off` : ''
  return `goes on as ${told.origin} with ${told.keptSize} leaves${cut}; list that origin in trust roots`
}
