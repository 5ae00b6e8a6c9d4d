import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Config, readConfig } from '../server/config.ts'
import { progressTo } from '../server/neo4j/progress.ts'
import { openService, type Service } from '../server/open.ts'
import type { Bench } from './bench.ts'
import { benchCrawl } from './crawl.ts'
import { type Figures, missed } from './figures.ts'
import { benchHubs } from './hubs.ts'
import { benchImpact } from './impact.ts'
import { benchImports } from './imports.ts'
import { benchIngest } from './ingest.ts'
import { benchLineage } from './lineage.ts'
import { benchPolicy } from './policy.ts'
import { benchProofs } from './proofs.ts'
import { benchSearch, benchSearchMillion } from './search.ts'
import { benchShares } from './shares.ts'
import { benchTerms } from './terms.ts'
import { benchVerify } from './verify.ts'

const SUITES: Record<string, (bench: Bench, more: { config: Config }) => Promise<Figures>> = {
  lineage: benchLineage,
  ingest: benchIngest,
  verify: benchVerify,
  crawl: benchCrawl,
  shares: benchShares,
  search: benchSearch,
  terms: benchTerms,
  hubs: benchHubs,
  impact: benchImpact,
  imports: benchImports,
}

/** Those that take too long for a run of all: each runs where it is asked for by name. */
const LONG: typeof SUITES = { 'search-million': benchSearchMillion }

/** Those that need no database: nothing is started for them. */
const PURE: Record<string, (bench: Pick<Bench, 'say'>) => Promise<Figures>> = {
  proofs: benchProofs,
  policy: benchPolicy,
}

const ALL = [...Object.keys(PURE), ...Object.keys(SUITES)]
const NAMES = [...ALL, ...Object.keys(LONG)]

const HELP = `Usage: npm run bench -- [--suite NAME] [--json] [--check] [--fresh]

Measures Selvedge against the limits of the machine in one run; ratios are what counts.

  --suite NAME  one of ${ALL.join(', ')}; all of them otherwise;
                or ${Object.keys(LONG).join(', ')}, which fills a database for half an hour at first
  --json        print one JSON object with figures and ratios
  --check       exit 1 when a ratio misses its budget
  --fresh       start from an empty database

The database is one of its own, under .selvedge/bench in SELVEDGE_HOME's place; the first run of the
lineage suite records 100,000 things into it, and those of crawl and search 100,000 more each, that of impact 200,000, which
takes some minutes.
`

const { values } = parseArgs({
  options: {
    suite: { type: 'string' },
    json: { type: 'boolean' },
    check: { type: 'boolean' },
    fresh: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})

const say = (text: string) => process.stderr.write(`${text}\n`)

async function main() {
  if (values.help) return void process.stdout.write(HELP)
  if (values.suite !== undefined && !NAMES.includes(values.suite)) {
    say(`there is no suite «${values.suite}»\n\n${HELP}`)
    process.exitCode = 2
    return
  }
  const isAsked = ([name]: [string, unknown]) => values.suite === undefined || values.suite === name
  const sayAs = (name: string) => (text: string) => say(`${name}: ${text}`)
  const results: Figures[] = []
  for (const [name, suite] of Object.entries(PURE).filter(isAsked)) {
    results.push(await suite({ say: sayAs(name) }))
  }
  const suites = [
    ...Object.entries(SUITES).filter(isAsked),
    ...Object.entries(LONG).filter(([name]) => values.suite === name),
  ]
  if (suites.length > 0) {
    await withService(async (service, config) => {
      for (const [name, suite] of suites) {
        results.push(await suite({ service, say: sayAs(name) }, { config }))
      }
    })
  }
  tell(results)
}

async function withService(work: (service: Service, config: Config) => Promise<void>) {
  const base = readConfig()
  const config = { ...base, home: join(base.home, 'bench'), service: 'bench.selvedge.localhost' }
  if (values.fresh) rmSync(config.home, { recursive: true, force: true })
  const service = await openService(config, { progress: progressTo(process.stderr) })
  try {
    await work(service, config)
  } finally {
    await service.close()
  }
}

function tell(results: readonly Figures[]) {
  const misses = results.flatMap(missed)
  if (values.json) {
    const ratios = Object.fromEntries(
      results.flatMap(({ suite, ratios: some }) =>
        Object.entries(some).map(([name, { value }]) => [`${suite}.${name}`, value]),
      ),
    )
    process.stdout.write(
      `${JSON.stringify({ ok: misses.length === 0, ratios, suites: results })}\n`,
    )
  } else {
    for (const result of results) process.stdout.write(table(result))
  }
  if (values.check && misses.length > 0) process.exitCode = 1
}

const table = ({ suite, what, figures, ratios }: Figures) =>
  [
    `${suite}: ${what}`,
    ...Object.entries(figures).map(([name, value]) => `  ${name.padEnd(24)} ${value}`),
    ...Object.entries(ratios).map(
      ([name, { value, budget }]) =>
        `  ${name.padEnd(24)} ${value}${budget === undefined ? '' : value <= budget ? `  (budget ${budget}: kept)` : `  (budget ${budget}: MISSED)`}`,
    ),
    '',
  ].join('\n')

await main()
