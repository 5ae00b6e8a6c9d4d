import { type Command, Option } from 'commander'
import { KINDS, type Kind } from '../../lineage/kinds.ts'
import { clientFor, type Place } from '../identity/client-for.ts'
import { type Facets, facetLines, type Hit, hitLines, SEARCH } from '../search/tell.ts'
import { countOf } from '../time/moment.ts'
import { gather, type PageInfo } from '../time/pages.ts'

interface Options extends Place {
  kind?: Kind[]
  limit: number
  json?: true
}

export function define(command: Command): void {
  command
    .description(
      'Find entities by words of their names, namespaces, titles, keywords, descriptions and columns.\n' +
        'All the words must be there; the last may be the beginning of one.\n\n' +
        'Ends with 0 where something was found, and with 3 where nothing was.',
    )
    .argument('<words...>', 'what to look for')
    .requiredOption('--tenant <name>', 'the tenant')
    .addOption(new Option('--kind <kind...>', 'only entities of these kinds').choices([...KINDS]))
    .option('--limit <n>', 'at most so many entities', countOf, 20)
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--json', 'print one JSON object')
    .action(show)
}

/** What the command ends with where nothing went wrong, and nothing was found either. */
const NOTHING = 3
/** The most hits on a page of the server. */
const A_PAGE = 200

interface Answer {
  search: {
    nodes: Hit[]
    total: number
    more: boolean
    complete: boolean
    position: string
    facets?: Facets
    pageInfo: PageInfo
  }
}

async function show(words: string[], { kind: kinds, limit, json, ...place }: Options) {
  const client = clientFor(place)
  let first: Answer['search'] | undefined
  const { items, more: isLeft } = await gather(limit, A_PAGE, async (page) => {
    const asked = { text: words.join(' '), kinds, ...page, facets: page.after === null }
    const { search } = await client.graphql<Answer>(SEARCH, asked)
    first ??= search
    return search
  })
  const { total, more, complete, position, facets } = first!
  if (items.length === 0) process.exitCode = NOTHING
  if (json) {
    const { tenant } = place
    const told = { ok: true, tenant, position, hits: items, total, more, complete, facets }
    process.stdout.write(`${JSON.stringify(told)}\n`)
    return
  }
  const count = `${more ? 'more than ' : ''}${total} found`
  const shown = isLeft ? `, ${items.length} shown: --limit shows more` : ''
  const filling = complete ? '' : '; the index is still being filled'
  process.stdout.write(`${hitLines(items)}${count}${shown}${filling}\n${facetLines(facets!)}`)
}
