import { type Command, InvalidArgumentError } from 'commander'
import { clientFor, type Place } from '../identity/client-for.ts'
import { PATH, type PathAnswer, pathLines } from '../paths/tell.ts'

interface Options extends Place {
  depth: number
  first: number
  json?: true
}

export function define(command: Command): void {
  command
    .description(
      'Show all shortest ways upstream from one entity to another, and why each hop is there.\n\n' +
        'Ends with 0 where there is a way, and with 3 where there is none of so many hops.',
    )
    .argument('<from>', 'the downstream end, by its URN')
    .argument('<to>', 'the upstream end, by its URN')
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--depth <hops>', 'the most hops of a way: 0 to 20', wholeNumber, 20)
    .option('--first <n>', 'show so many ways at most: 1 to 100', wholeNumber, 10)
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--json', 'print one JSON object')
    .action(show)
}

/** What the command ends with where nothing went wrong, and there is no way either. */
const NO_WAY = 3

async function show(from: string, to: string, { depth, first, json, ...place }: Options) {
  const client = clientFor(place)
  const asked = { from, to, depth, first }
  const { path } = await client.graphql<{ path: PathAnswer }>(PATH, asked)
  const told = { ok: true, tenant: place.tenant, ...path }
  process.stdout.write(json ? `${JSON.stringify(told)}\n` : pathLines(path, depth))
  if (path.distance === null) process.exitCode = NO_WAY
}

function wholeNumber(given: string) {
  if (/^\d{1,9}$/.test(given)) return Number(given)
  throw new InvalidArgumentError('It must be a whole number.')
}
