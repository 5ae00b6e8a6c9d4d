import { type Command, Option } from 'commander'
import { KINDS, type Kind } from '../../lineage/kinds.ts'
import { clientFor, type Place } from '../identity/client-for.ts'
import { type Hit, hitLines } from '../search/tell.ts'
import { countOf } from '../time/moment.ts'
import { gather, type PageInfo } from '../time/pages.ts'

interface Options extends Place {
  kind?: Kind[]
  withoutLicence?: true
  withoutAssessment?: true
  expiredBy?: string
  limit: number
  json?: true
}

export function define(command: Command): void {
  command
    .description('List what a principal answers for: all of it, or what something is missing from.')
    .argument('<principal>', 'the principal, by its URN')
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--without-licence', 'only what no licence is named for')
    .option('--without-assessment', 'only what nobody has assessed')
    .option('--expired-by <instant>', 'only what has assessments that had all expired by then')
    .addOption(new Option('--kind <kind...>', 'only entities of these kinds').choices([...KINDS]))
    .option('--limit <n>', 'at most so many entities', countOf, 100)
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--json', 'print one JSON object')
    .action(list)
}

const OWNED = `query Owned($by: ID!, $that: OwnedThat, $kinds: [Kind!], $first: Int!, $after: String) {
  owned(by: $by, that: $that, kinds: $kinds, first: $first, after: $after) {
    nodes { id kind namespace name }
    pageInfo { hasNextPage endCursor }
  }
}`

interface Answer {
  owned: { nodes: Hit[]; pageInfo: PageInfo }
}

async function list(by: string, options: Options) {
  const {
    withoutLicence,
    withoutAssessment,
    expiredBy,
    kind: kinds,
    limit,
    json,
    ...place
  } = options
  const client = clientFor(place)
  const that = {
    hasNoLicence: withoutLicence,
    hasNoAssessment: withoutAssessment,
    assessmentExpiredBy: expiredBy,
  }
  const { items, more } = await gather(limit, 1_000, async (page) => {
    const { owned } = await client.graphql<Answer>(OWNED, { by, that, kinds, ...page })
    return owned
  })
  if (json) {
    const told = { ok: true, tenant: place.tenant, owned: items, more }
    process.stdout.write(`${JSON.stringify(told)}\n`)
    return
  }
  const left = more ? '; more are left: --limit shows them' : ''
  process.stdout.write(`${hitLines(items)}${items.length} found${left}\n`)
}
