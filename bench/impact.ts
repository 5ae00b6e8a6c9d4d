import type { Objects } from '../core/objects.ts'
import { sha256 } from '../core/sha256.ts'
import { readLog } from '../lineage/log.ts'
import { unb64 } from '../proofs/base64.ts'
import { nameUrn } from '../proofs/ids.ts'
import { createApp } from '../server/app.ts'
import type { Bench } from './bench.ts'
import { type Figures, median, quantile, round, timed } from './figures.ts'
import { inRounds } from './rounds.ts'
import { hubOf, recordTenant, things } from './world.ts'

const THINGS = 100_000
const TENANT = `impact-${THINGS}`
/** So many of the first datasets are under one licence; nearly all else comes from these. */
const LICENSED = 2_000
const AT_ONCE = 500
const ROUNDS = 15
const BUDGET_MS = 100
/** A dataset that as many jobs use: all of them are next to it. */
const HUB = `hub-${THINGS}`
/** How many more rounds come before those that count: until then the database compiles its plans. */
const WARM_UP = 5

const RECORD = `mutation R($licenses: [LicenseInput!]!, $clauses: [ClauseInput!]!) {
  clauseRecord(items: $clauses) { position }
  licenseRecord(items: $licenses) { results { id } }
}`
const LINK = 'mutation L($links: [LinksInput!]!) { linksRecord(items: $links) { position } }'

const ROWS =
  'nodes { entity { id kind name } distance effect reasons { cause effect rule { type action } } }'
const RETIRE = `query I($id: ID!) { impact(id: $id, change: RETIRE) { ${ROWS} } }`
const TERMS = `query I($id: ID!) {
  impact(id: $id, change: TERMS, terms: { clauses: [{ body: { type: prohibition, action: "sell" } }] }) { ${ROWS} }
}`
const PAGE = `query I($id: ID!, $asOf: AsOf) { impact(id: $id, change: RETIRE, asOf: $asOf) { ${ROWS} } }`
const COUNTS = 'query I($id: ID!) { impact(id: $id, change: RETIRE) { counts { total } } }'

/** The first page of what some 100,000 things downstream are affected by, by GraphQL, against 100 ms. */
export async function benchImpact({ service, say }: Bench): Promise<Figures> {
  const { database, ledger } = service
  const { read } = database.graph(TENANT)
  const app = createApp({
    ...{ database, ledger, objects: undefined as unknown as Objects },
    report: (error) => say(String(error)),
  })
  const ask = async <Data>(query: string, variables: object, tenant = TENANT) => {
    const request = new Request('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
      body: JSON.stringify({ query, variables }),
    })
    const answer = (await (await app.fetch(request)).json()) as { data: Data; errors?: unknown }
    if (answer.errors) throw new Error(JSON.stringify(answer.errors))
    return answer.data
  }
  if (!(await readLog(read))) {
    say(`recording ${THINGS} things`)
    await recordTenant(
      ledger,
      TENANT,
      things(0, { tenants: 1, nodesPerTenant: THINGS, window: 2_000 }),
    )
    await ask(RECORD, licence())
    for (let from = 0; from < LICENSED; from += AT_ONCE) await ask(LINK, { links: links(from) })
  }
  const hubRead = database.graph(HUB).read
  if (!(await readLog(hubRead))) {
    say(`recording a hub of ${THINGS}`)
    await recordTenant(ledger, HUB, hubOf(THINGS))
  }
  const [log, hubLog] = [(await readLog(read))!, (await readLog(hubRead))!]
  const idOf = (kind: string, name: string, { namingKey } = log) =>
    nameUrn(sha256, unb64(namingKey), kind, 'bench', name)
  const [job, license] = [idOf('job', 'job 1'), idOf('license', 'one licence')]
  const hub = idOf('dataset', 'hub', hubLog)
  const asOf = { position: `${hubLog.epoch}:${hubLog.size}` }
  const ways = {
    retire: () => ask(RETIRE, { id: job }),
    terms: () => ask(TERMS, { id: license }),
    hub: () => ask(PAGE, { id: hub }, HUB),
    hubAsOf: () => ask(PAGE, { id: hub, asOf }, HUB),
  }
  const times = await inRounds(ways, { warmUp: WARM_UP, rounds: ROUNDS, say })
  let total = 0
  const counted = await timed(async () => {
    const { impact } = await ask<{ impact: { counts: { total: number } } }>(COUNTS, { id: job })
    total = impact.counts.total
  })
  return {
    suite: 'impact',
    what: `the first 50 of ${total} things downstream, and of ${THINGS} next to a hub; all of them counted`,
    figures: {
      retireMs: round(median(times.retire)),
      retireP95Ms: round(quantile(times.retire, 0.95)),
      termsMs: round(median(times.terms)),
      termsP95Ms: round(quantile(times.terms, 0.95)),
      hubMs: round(median(times.hub)),
      hubP95Ms: round(quantile(times.hub, 0.95)),
      countsMs: round(counted),
    },
    ratios: {
      retireOf100Ms: { value: round(median(times.retire) / BUDGET_MS), budget: 1 },
      termsOf100Ms: { value: round(median(times.terms) / BUDGET_MS), budget: 1 },
      hubOf100Ms: { value: round(median(times.hub) / BUDGET_MS), budget: 1 },
      asOfToCurrent: { value: round(median(times.hubAsOf) / median(times.hub)), budget: 1.5 },
    },
  }
}

const named = (name: string) => ({ namespace: 'bench', name })

const licence = () => ({
  clauses: [{ ...named('use'), body: { type: 'permission', action: 'use' } }],
  licenses: [
    {
      ...named('one licence'),
      body: { title: 'One licence' },
      hasClause: [named('use')],
    },
  ],
})

const links = (from: number) =>
  Array.from({ length: AT_ONCE }, (_, i) => ({
    entity: { kind: 'Dataset', ...named(`dataset ${2 * (from + i)}`) },
    licensedUnder: [named('one licence')],
  }))
