import type { Command } from 'commander'
import { clientFor, type Place } from '../identity/client-for.ts'
import { type Term, termLines } from '../terms/tell.ts'
import { TERMS } from '../terms/texts.ts'
import { countOf, dayOf, MOMENT_HELP, type Moment, momentOf } from '../time/moment.ts'
import { gather, type PageInfo } from '../time/pages.ts'

interface Options extends Place {
  at?: string
  asOf?: Moment
  limit: number
  json?: true
}

export function define(command: Command): void {
  command
    .argument('<id>', 'the entity, by its URN')
    .description(
      'On what terms something may be used: what nobody knows, what is forbidden, demanded and\n' +
        'permitted by everything that it is made of, each with a shortest way that brings it.\n\n' +
        MOMENT_HELP,
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--at <day>', 'the day of the use, such as 2026-03-31 (default: today)', dayOf)
    .option('--as-of <moment>', 'by what was recorded then', momentOf)
    .option('--limit <n>', 'at most so many terms', countOf, 100)
    .option('--json', 'print one JSON object')
    .action(tellTerms)
}

interface Answer {
  terms: {
    at: string
    total: number
    position: string
    transformations: object[]
    nodes: Term[]
    pageInfo: PageInfo
  }
}

async function tellTerms(id: string, { at, asOf, limit, json, ...place }: Options) {
  const client = clientFor(place)
  let told: Partial<Answer['terms']> = {}
  const { items, more } = await gather(limit, 500, async (page) => {
    const { terms } = await client.graphql<Answer>(TERMS, { id, at, asOf, ...page })
    const { nodes, pageInfo, ...rest } = terms
    told = rest
    return { nodes, pageInfo }
  })
  const { tenant } = place
  const left = more ? `\n(of ${told.total} terms: --limit shows more)` : ''
  process.stdout.write(
    json
      ? `${JSON.stringify({ ok: true, tenant, id, ...told, terms: items, more })}\n`
      : `${termLines(items)}${left}\n`,
  )
}
