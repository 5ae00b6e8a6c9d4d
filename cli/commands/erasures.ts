import type { Command } from 'commander'
import { confirmErasure } from '../../domains/erasure/confirm-erasure.ts'
import { type Listed, listErasures } from '../../domains/erasure/list-erasures.ts'
import { readConfig } from '../../server/config.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { openService } from '../../server/open.ts'
import { withDatabase } from '../../server/with-database.ts'

export function define(command: Command): void {
  command.description('What was erased, and whether backups may still hold it.')
  command
    .command('list')
    .description(
      'List the erasures of a tenant, the oldest first: the ground, what was erased by id, and until\n' +
        'when it is pending. An erasure is pending until an operator has confirmed that no backup made\n' +
        'before it is left, and that the transaction logs are pruned.',
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--pending', 'only those that are not confirmed')
    .option('--json', 'print one JSON object')
    .action(list)
  command
    .command('confirm <id>')
    .description('Record that no backup made before an erasure is left, and that logs are pruned.')
    .requiredOption('--tenant <name>', 'the tenant')
    .action(confirm)
}

async function list(options: { tenant: string; pending?: true; json?: true }) {
  const { tenant, pending, json } = options
  const progress = progressTo(process.stderr)
  const all = await withDatabase(readConfig(), { progress }, (database) =>
    listErasures(database.graph(tenant)),
  )
  const erasures = all.filter(({ status }) => !pending || status === 'pending')
  if (json) process.stdout.write(`${JSON.stringify({ ok: true, tenant, erasures }, null, 2)}\n`)
  else process.stdout.write(erasures.map(described).join('') || 'Nothing was erased.\n')
}

function described({ id, at, ground, reason, status, pendingUntil, ...what }: Listed): string {
  const of = what.actor ?? `${what.entity}, ${what.records} records`
  const state = status === 'pending' ? `pending until ${pendingUntil}` : `${status}`
  return `${id}\n  ${at} ${of}\n  ${ground}: ${reason}\n  ${state}\n`
}

async function confirm(id: string, { tenant }: { tenant: string }) {
  const service = await openService(readConfig(), { progress: progressTo(process.stderr) })
  try {
    await confirmErasure(service.ledger, { tenant, subject: 'operator', id })
    process.stdout.write(`${id} is complete\n`)
  } finally {
    await service.close()
  }
}
