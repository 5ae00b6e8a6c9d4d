import { type Command, InvalidArgumentError } from 'commander'
import colors from 'picocolors'
import { checkLog, type LogReport } from '../../domains/fsck/check-log.ts'
import { tenantUnknown } from '../../ledger/problems.ts'
import type { Database } from '../../lineage/graph.ts'
import { readLog } from '../../lineage/log.ts'
import { allTenants } from '../../lineage/tenants.ts'
import { readConfig } from '../../server/config.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { withDatabase } from '../../server/with-database.ts'

interface Options {
  tenant?: string
  all?: true
  since?: number
  sample?: number | null
  json?: true
}

export function define(command: Command): void {
  command
    .description(
      'Derive every hash, root, entity and edge anew from the records, and name what is stored\n' +
        'otherwise. Writes nothing, and may run beside a server.\n\n' +
        'Every header is read, hashed and replayed in any case; --since and --sample leave out\n' +
        'bodies and entities, which take the longest.\n\n' +
        'Ends with 0 where nothing differs, with 1 where something does.',
    )
    .option('--tenant <name>', 'look at one tenant')
    .option('--all', 'look at every tenant')
    .option(
      '--since <seq>',
      'leave out bodies and entities that no record since has changed',
      number,
    )
    .option('--sample <n>', 'look at so many bodies and entities, taken at random', number)
    .option('--json', 'print one JSON object')
    .action(async (options: Options) => {
      if ((options.tenant === undefined) === (options.all === undefined)) {
        command.error('error: name one tenant with --tenant, or take --all')
      }
      process.exitCode = await fsck(options)
    })
}

async function fsck({ tenant, since = 0, sample = null, json }: Options): Promise<0 | 1> {
  const progress = progressTo(process.stderr)
  const reports = await withDatabase(readConfig(), { progress }, async (database) => {
    const done: LogReport[] = []
    for await (const name of tenant === undefined ? allTenants(database) : one(database, tenant)) {
      const report = await checkLog(
        database.graph(name),
        (at) => progress.step(`${name}: ${at.done} of ${at.of} ${at.stage}`),
        { since, sample },
      )
      progress.done()
      if (!json) process.stdout.write(described(report))
      done.push(report)
    }
    return done
  })
  if (reports.length === 0 && !json) process.stdout.write('There is no tenant to check.\n')
  const ok = reports.every(({ found }) => found === 0)
  if (json) process.stdout.write(`${JSON.stringify({ ok, tenants: reports }, null, 2)}\n`)
  return ok ? 0 : 1
}

function number(text: string) {
  if (!/^(0|[1-9]\d{0,15})$/.test(text)) throw new InvalidArgumentError('not a whole number.')
  return Number(text)
}

async function* one(database: Database, tenant: string) {
  if (!(await readLog(database.graph(tenant).read))) throw tenantUnknown(tenant)
  yield tenant
}

function described({
  tenant,
  size,
  entities,
  bodies,
  scope,
  differences,
  found,
}: LogReport): string {
  const isPart = scope.since > 0 || scope.sample !== null
  const part = isPart ? ` (${bodies} bodies in depth)` : ''
  const looked = `${size} leaves and ${entities} entities${part}`
  if (found === 0) return `${colors.green('clean')} ${tenant}: ${looked}\n`
  const lines = differences.map(({ name, seq, id, what }) => {
    const where = [seq === undefined ? [] : `at ${seq}`, id ?? []].flat().join(', ')
    return `  ${name}${where && ` (${where})`}: ${what}\n`
  })
  const more = found - differences.length
  const rest = more > 0 ? `  … and ${more} more\n` : ''
  return `${colors.red(`${found} found`)} ${tenant}: ${looked}\n${lines.join('')}${rest}`
}
