import type { Objects } from '../core/objects.ts'
import { sha256 } from '../core/sha256.ts'
import { readLog } from '../lineage/log.ts'
import { unb64 } from '../proofs/base64.ts'
import { nameUrn } from '../proofs/ids.ts'
import { createApp } from '../server/app.ts'
import type { Bench } from './bench.ts'
import { type Figures, median, quantile, round } from './figures.ts'
import { inRounds } from './rounds.ts'
import { recordTenant, things } from './world.ts'

const THINGS = 12_000
const TENANT = `terms-${THINGS}`
/** So many of the first datasets have a licence of their own; all else comes from these. */
const LICENSED = 200
const ROUNDS = 15
/** How many more rounds come before those that count: until then the database compiles its plans. */
const WARM_UP = 5
const BUDGET_MS = 250

const RECORD = `mutation R($clauses: [ClauseInput!]!, $licenses: [LicenseInput!]!, $links: [LinksInput!]!) {
  clauseRecord(items: $clauses) { position }
  licenseRecord(items: $licenses) { position }
  linksRecord(items: $links) { position }
}`
const MAY_USE = `query M($id: ID!) {
  mayUse(id: $id, action: "reproduce", purpose: "dpv:ResearchAndDevelopment") { answer total }
}`
const TERMS = `query T($id: ID!, $asOf: AsOf) {
  terms(id: $id, first: 50, asOf: $asOf) { total nodes { license { id } } }
}`
const WAYS = `query W($id: ID!) {
  terms(id: $id, first: 50) { total nodes { license { id } path { hops { from to relation } } } }
}`

/** The terms of a thing that 10,000 and more are upstream of, by GraphQL, against 250 ms. */
export async function benchTerms({ service, say }: Bench): Promise<Figures> {
  const { database, ledger } = service
  const { read } = database.graph(TENANT)
  const app = createApp({
    ...{ database, ledger, objects: undefined as unknown as Objects },
    report: (error) => say(String(error)),
  })
  const ask = async (query: string, variables: object) => {
    const request = new Request('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-selvedge-tenant': TENANT },
      body: JSON.stringify({ query, variables }),
    })
    const answer = (await (await app.fetch(request)).json()) as { data: never; errors?: unknown }
    if (answer.errors) throw new Error(JSON.stringify(answer.errors))
    return answer.data as Record<string, { total: number }>
  }
  if (!(await readLog(read))) {
    say(`recording ${THINGS} things`)
    const world = things(0, { tenants: 1, nodesPerTenant: THINGS, window: 600 })
    await recordTenant(ledger, TENANT, world)
    await ask(RECORD, licences())
  }
  const { namingKey, epoch, size } = (await readLog(read))!
  const id = nameUrn(sha256, unb64(namingKey), 'dataset', 'bench', `dataset ${THINGS - 2}`)
  const question = `query L($id: ID!) { lineage(root: $id, direction: UPSTREAM, depth: 20, first: 1) { total } }`
  const { lineage } = await ask(question, { id })
  const ways = {
    mayUse: () => ask(MAY_USE, { id }),
    terms: () => ask(TERMS, { id }),
    termsAsOf: () => ask(TERMS, { id, asOf: { position: `${epoch}:${size}` } }),
    ways: () => ask(WAYS, { id }),
  }
  const times = await inRounds(ways, { warmUp: WARM_UP, rounds: ROUNDS, say })
  return {
    suite: 'terms',
    what: `terms of a thing with ${lineage!.total} within 20 hops upstream, ${LICENSED} of them licensed`,
    figures: {
      mayUseMs: round(median(times.mayUse)),
      mayUseP95Ms: round(quantile(times.mayUse, 0.95)),
      termsMs: round(median(times.terms)),
      termsP95Ms: round(quantile(times.terms, 0.95)),
      termsWithWaysMs: round(median(times.ways)),
    },
    ratios: {
      mayUseOf250Ms: { value: round(median(times.mayUse) / BUDGET_MS), budget: 1 },
      termsOf250Ms: { value: round(median(times.terms) / BUDGET_MS), budget: 1 },
      asOfToCurrent: { value: round(median(times.termsAsOf) / median(times.terms)), budget: 1.5 },
    },
  }
}

/** Licences with two clauses each, and which of the first datasets is under which. */
function licences() {
  const places = Array.from({ length: LICENSED }, (_, i) => i)
  const named = (name: string) => ({ namespace: 'bench', name })
  return {
    clauses: [
      { ...named('use'), body: { type: 'permission', action: 'use' } },
      { ...named('name us'), body: { type: 'duty', action: 'attribute' } },
    ],
    licenses: places.map((i) => ({
      ...named(`licence ${i}`),
      body: { title: `Licence ${i}` },
      hasClause: [named('use'), named('name us')],
    })),
    links: places.map((i) => ({
      entity: { kind: 'Dataset', ...named(`dataset ${2 * i}`) },
      licensedUnder: [named(`licence ${i}`)],
    })),
  }
}
