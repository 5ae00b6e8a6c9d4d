import type { Command } from 'commander'
import { entityUnknown } from '../../ledger/problems.ts'
import { clientFor, type Place } from '../identity/client-for.ts'
import { countOf, MOMENT_HELP, type Moment, momentOf } from '../time/moment.ts'
import { gather, type PageInfo } from '../time/pages.ts'
import { historyLines, type Version } from '../time/tell.ts'
import { HISTORY } from '../time/texts.ts'

interface Options extends Place {
  asOf?: Moment
  limit: number
  json?: true
}

export function define(command: Command): void {
  command
    .argument('<id>', 'the entity, by its URN')
    .description(
      'Who changed an entity, when and how: its versions, the newest first, each with the fields that\n' +
        'came (+), went (-) and changed (~), and its edges. What was erased is shown as erased.\n\n' +
        MOMENT_HELP,
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--as-of <moment>', 'the history up to a moment', momentOf)
    .option('--limit <n>', 'at most so many versions', countOf, 20)
    .option('--json', 'print one JSON object')
    .action(tellHistory)
}

interface Answer {
  entity: { kind: string; history: { nodes: Version[]; pageInfo: PageInfo } } | null
}

async function tellHistory(id: string, { asOf, limit, json, ...place }: Options) {
  const client = clientFor(place)
  const { items, more } = await gather(limit, 100, async (page) => {
    const { entity } = await client.graphql<Answer>(HISTORY, { id, asOf, ...page })
    if (!entity) throw entityUnknown(id)
    return entity.history
  })
  const { tenant } = place
  const left = more ? '\n(older versions are left: --limit shows more)' : ''
  process.stdout.write(
    json
      ? `${JSON.stringify({ ok: true, tenant, id, versions: items, more })}\n`
      : `${historyLines(items)}${left}\n`,
  )
}
