import type { Objects } from '../core/objects.ts'
import { sha256 } from '../core/sha256.ts'
import { readLog } from '../lineage/log.ts'
import { unb64 } from '../proofs/base64.ts'
import { nameUrn } from '../proofs/ids.ts'
import { createApp } from '../server/app.ts'
import type { Bench } from './bench.ts'
import { type Figures, median, quantile, round, timed } from './figures.ts'
import { recordTenant, things } from './world.ts'

const THINGS = 100_000
const TENANT = `impact-${THINGS}`
/** So many of the first datasets are under one licence; nearly all else comes from these. */
const LICENSED = 2_000
const AT_ONCE = 500
const ROUNDS = 15
const BUDGET_MS = 100

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
const COUNTS = 'query I($id: ID!) { impact(id: $id, change: RETIRE) { counts { total } } }'

/** The first page of what some 100,000 things downstream are affected by, by GraphQL, against 100 ms. */
export async function benchImpact({ service, say }: Bench): Promise<Figures> {
  const { database, ledger } = service
  const { read } = database.graph(TENANT)
  const app = createApp({
    ...{ database, ledger, objects: undefined as unknown as Objects },
    report: (error) => say(String(error)),
  })
  const ask = async <Data>(query: string, variables: object) => {
    const request = new Request('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-selvedge-tenant': TENANT },
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
  const { namingKey } = (await readLog(read))!
  const idOf = (kind: string, name: string) =>
    nameUrn(sha256, unb64(namingKey), kind, 'bench', name)
  const [job, license] = [idOf('job', 'job 1'), idOf('license', 'one licence')]
  const times = { retire: [] as number[], terms: [] as number[] }
  for (let i = 0; i <= ROUNDS; i++) {
    const retire = await timed(() => ask(RETIRE, { id: job }))
    const terms = await timed(() => ask(TERMS, { id: license }))
    say(`round ${i}: retire in ${Math.round(retire)} ms, terms in ${Math.round(terms)} ms`)
    if (i === 0) continue
    times.retire.push(retire)
    times.terms.push(terms)
  }
  let total = 0
  const counted = await timed(async () => {
    const { impact } = await ask<{ impact: { counts: { total: number } } }>(COUNTS, { id: job })
    total = impact.counts.total
  })
  return {
    suite: 'impact',
    what: `the first 50 of ${total} things downstream, and all of them counted`,
    figures: {
      retireMs: round(median(times.retire)),
      retireP95Ms: round(quantile(times.retire, 0.95)),
      termsMs: round(median(times.terms)),
      termsP95Ms: round(quantile(times.terms, 0.95)),
      countsMs: round(counted),
    },
    ratios: {
      retireOf100Ms: { value: round(median(times.retire) / BUDGET_MS), budget: 1 },
      termsOf100Ms: { value: round(median(times.terms) / BUDGET_MS), budget: 1 },
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
