import { type Command, InvalidArgumentError, Option } from 'commander'
import { KINDS, type Kind } from '../../lineage/kinds.ts'
import { DIRECTIONS, type Direction, MOST_HOPS } from '../../lineage/traversal-texts.ts'
import { clientFor, type Place } from '../identity/client-for.ts'
import { countOf, MOMENT_HELP, type Moment, momentOf } from '../time/moment.ts'
import { gather, type PageInfo } from '../time/pages.ts'
import { diffLines, type EntityChange } from '../time/tell.ts'
import { DIFF } from '../time/texts.ts'

interface Options extends Place {
  root?: string
  direction: Direction
  depth: number
  kind?: Kind[]
  limit: number
  json?: true
}

export function define(command: Command): void {
  command
    .argument('<from>', 'the earlier moment', momentOf)
    .argument('[to]', 'the later moment; now, where it is left out', momentOf)
    .description(
      'What differs between two moments: the entities that came (+), went (-) and changed (~), each\n' +
        'with its fields and edges; with --root only what differs in the lineage of an entity.\n\n' +
        MOMENT_HELP,
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--root <id>', 'only in the lineage of this entity')
    .addOption(
      new Option('--direction <way>', 'which way the lineage goes')
        .choices([...DIRECTIONS])
        .default('UPSTREAM'),
    )
    .option('--depth <hops>', `how far it goes: 0 to ${MOST_HOPS}`, hopsOf, 4)
    .addOption(new Option('--kind <kind...>', 'only entities of these kinds').choices([...KINDS]))
    .option('--limit <n>', 'at most so many entities', countOf, 100)
    .option('--json', 'print one JSON object')
    .action(tellDiff)
}

function hopsOf(given: string): number {
  if (/^\d{1,2}$/.test(given) && Number(given) <= MOST_HOPS) return Number(given)
  throw new InvalidArgumentError(`It must be a whole number from 0 to ${MOST_HOPS}.`)
}

interface Answer {
  diff: { from: string; to: string; nodes: EntityChange[]; pageInfo: PageInfo }
}

async function tellDiff(from: Moment, to: Moment | undefined, options: Options) {
  const { root: id, direction, depth, kind: kinds, limit, json, ...place } = options
  const client = clientFor(place)
  const root = id === undefined ? undefined : { id, direction, depth }
  let between = { from: '', to: '' }
  const { items, more } = await gather(limit, 500, async (page) => {
    const asked = { from, to, root, kinds, ...page }
    const { diff } = await client.graphql<Answer>(DIFF, asked)
    between = { from: diff.from, to: diff.to }
    return diff
  })
  const { tenant } = place
  if (json) {
    const told = { ok: true, tenant, ...between, changes: items, more }
    process.stdout.write(`${JSON.stringify(told)}\n`)
    return
  }
  const many = items.length === 1 ? '1 entity differs' : `${items.length} entities differ`
  const left = more ? '; more are left: --limit shows them' : ''
  const lines = items.length === 0 ? '' : `${diffLines(items)}\n`
  process.stdout.write(`${lines}${many} between ${between.from} and ${between.to}${left}\n`)
}
