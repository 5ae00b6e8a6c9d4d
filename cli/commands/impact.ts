import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { clientFor, type Place } from '../identity/client-for.ts'
import { type Affected, type Counts, countLines, impactLines } from '../impact/tell.ts'
import { IMPACT } from '../impact/texts.ts'
import { countOf, dayOf, MOMENT_HELP, type Moment, momentOf } from '../time/moment.ts'
import { gather, type PageInfo } from '../time/pages.ts'

interface Options extends Place {
  retire?: true
  erase?: true
  expire?: true
  terms?: object
  at?: string
  asOf?: Moment
  counts?: true
  limit: number
  json?: true
}

const CHANGES = ['retire', 'erase', 'expire', 'terms']

const change = (name: string, flags: string, says: string) =>
  new Option(flags, says).conflicts(CHANGES.filter((one) => one !== name))

export function define(command: Command): void {
  command
    .argument('<id>', 'what would change, by its URN')
    .description(
      'What a change would do to everything downstream, before it is made: what would be blocked,\n' +
        'demoted, freed or be for review, the nearest first, and why. Nothing is written.\n\n' +
        'FILE holds JSON: {"license": {…}, "clauses": [{"id": "…"} or {"body": {…}}]} for a licence,\n' +
        '{"clause": {…}} for a clause, {"licensedUnder": ["…"]} for a source. - reads it from stdin.\n\n' +
        MOMENT_HELP,
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .addOption(change('retire', '--retire', 'it is retired'))
    .addOption(change('erase', '--erase', 'what it says is erased'))
    .addOption(change('expire', '--expire', 'it ends, being an assessment'))
    .addOption(change('terms', '--terms <file>', 'it has the terms of FILE').argParser(termsIn))
    .option('--at <when>', 'when: a day, or an instant with an offset (default: now)', whenOf)
    .option('--as-of <moment>', 'by what was recorded then', momentOf)
    .option('--counts', 'also tell how much there is in all, by effect, owner and grant')
    .option('--limit <n>', 'at most so many things', countOf, 100)
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--json', 'print one JSON object')
    .action(tellImpact)
}

const whenOf = (given: string) =>
  /^\d{4}-\d\d-\d\d[Tt]/.test(given) && !Number.isNaN(Date.parse(given)) ? given : dayOf(given)

function termsIn(file: string): object {
  try {
    const terms: unknown = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'))
    if (typeof terms === 'object' && terms !== null && !Array.isArray(terms)) return terms
  } catch (cause) {
    const isOurs = cause instanceof SyntaxError || (cause as NodeJS.ErrnoException).code
    if (!isOurs) throw cause
  }
  throw new InvalidArgumentError('It must be a file that holds a JSON object.')
}

interface Answer {
  impact: {
    root: object
    at: string
    position: string
    nodes: Affected[]
    counts?: Counts
    pageInfo: PageInfo
  }
}

async function tellImpact(id: string, options: Options, command: Command) {
  const {
    retire,
    erase,
    expire,
    terms,
    at,
    asOf,
    counts: isCounted,
    limit,
    json,
    ...place
  } = options
  const asked = Object.entries({ RETIRE: retire, ERASE: erase, EXPIRE: expire, TERMS: terms })
  const [wanted] = asked.filter(([, given]) => given !== undefined).map(([name]) => name)
  if (!wanted) command.error(`error: say what would be done: --${CHANGES.join(', --')}`)
  const client = clientFor(place)
  let told: Partial<Answer['impact']> = {}
  const { items, more } = await gather(limit, 500, async (page) => {
    const counted = isCounted === true && page.after === null
    const variables = { id, change: wanted, terms, at, asOf, counted, ...page }
    const { impact } = await client.graphql<Answer>(IMPACT, variables)
    const { nodes, pageInfo, ...rest } = impact
    told = { ...told, ...rest }
    return { nodes, pageInfo }
  })
  const { tenant } = place
  const { counts } = told
  const left = more ? '\n(there is more: --limit shows it)' : ''
  const inAll = counts ? `\n\n${countLines(counts)}` : ''
  process.stdout.write(
    json
      ? `${JSON.stringify({ ok: true, tenant, id, change: wanted, ...told, affected: items, more })}\n`
      : `${impactLines(items)}${left}${inAll}\n`,
  )
}
