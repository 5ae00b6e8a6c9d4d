import { type Command, InvalidArgumentError, Option } from 'commander'
import { COLUMNS, type ColumnsAnswer, columnLines } from '../columns/tell.ts'
import { clientFor, type Place } from '../identity/client-for.ts'

interface Options extends Place {
  direction: 'up' | 'down' | 'both'
  depth: number
  first: number
  json?: true
}

const DIRECTIONS = { up: 'UPSTREAM', down: 'DOWNSTREAM', both: 'BOTH' } as const

export function define(command: Command): void {
  command
    .description(
      'Show what a column of a dataset comes from, or what comes from it, and by whose word.',
    )
    .argument('<dataset>', 'the dataset, by its URN')
    .argument('<column>', 'the name of the column')
    .requiredOption('--tenant <name>', 'the tenant')
    .addOption(
      new Option('--direction <way>', 'which way to walk')
        .choices(Object.keys(DIRECTIONS))
        .default('up'),
    )
    .option('--depth <hops>', 'the most hops: 0 to 20', wholeNumber, 4)
    .option('--first <n>', 'show so many columns at most: 1 to 1,000', wholeNumber, 200)
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--json', 'print one JSON object')
    .action(show)
}

async function show(
  dataset: string,
  column: string,
  { direction, depth, first, json, ...place }: Options,
) {
  const client = clientFor(place)
  const asked = { dataset, column, direction: DIRECTIONS[direction], depth, first }
  const { columnLineage } = await client.graphql<{ columnLineage: ColumnsAnswer }>(COLUMNS, asked)
  const told = { ok: true, tenant: place.tenant, ...columnLineage }
  process.stdout.write(json ? `${JSON.stringify(told)}\n` : columnLines(columnLineage))
}

function wholeNumber(given: string) {
  if (/^\d{1,9}$/.test(given)) return Number(given)
  throw new InvalidArgumentError('It must be a whole number.')
}
