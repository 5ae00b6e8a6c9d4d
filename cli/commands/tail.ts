import { type Command, InvalidArgumentError, Option } from 'commander'
import { KINDS, type Kind } from '../../lineage/kinds.ts'
import { clientFor, type Place } from '../identity/client-for.ts'
import { followChanges } from '../tail/follow-changes.ts'
import { changeLine } from '../tail/tell.ts'

interface Options extends Place {
  direction: 'upstream' | 'downstream' | 'both'
  depth: number
  kind?: Kind[]
  after?: string
  fromStart?: true
  json?: true
}

export function define(command: Command): void {
  command
    .argument('[id]', 'only what belongs to the lineage of this entity, by its URN')
    .description(
      'Follow what is recorded, as it happens: a line for each change, in the order of the log.\n\n' +
        'Goes on until it is interrupted. Where the server goes away, it is asked again from the last\n' +
        'change on: none is left out, and none is told twice. A position that a line begins with is\n' +
        'where --after goes on.',
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .addOption(
      new Option('--direction <way>', 'which way that lineage is walked')
        .choices(['upstream', 'downstream', 'both'])
        .default('upstream'),
    )
    .option('--depth <n>', 'the most hops of it: 0 to 20', depthOf, 4)
    .addOption(
      new Option('--kind <kind...>', 'only changes of entities of these kinds').choices([...KINDS]),
    )
    .addOption(
      new Option('--after <position>', 'go on after a position, such as 0:42').conflicts(
        'fromStart',
      ),
    )
    .option('--from-start', 'begin with the first change there ever was')
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--json', 'print one JSON object a line')
    .action(tail)
}

function depthOf(text: string) {
  if (/^(\d|1\d|20)$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a depth is a whole number from 0 to 20.')
}

async function tail(
  id: string | undefined,
  { direction, depth, kind, after, fromStart, json, ...place }: Options,
) {
  const following = {
    root: id ?? null,
    direction: direction.toUpperCase(),
    depth,
    kinds: kind ?? null,
    after: fromStart ? '0:0' : (after ?? null),
  }
  // Whoever reads the lines may have enough of them.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    process.exit(code === 'EPIPE' ? 0 : 1)
  })
  const away = (because: string) => void process.stderr.write(`${because}; asking again\n`)
  for await (const change of followChanges(clientFor(place), following, away)) {
    process.stdout.write(`${json ? JSON.stringify(change) : changeLine(change)}\n`)
  }
}
