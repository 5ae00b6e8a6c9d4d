import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { Ledger } from '../ledger/ledger.ts'
import { createEntityNodes } from '../lineage/entity-store.ts'
import { findableOf } from '../lineage/findable.ts'
import { kindInUrn } from '../lineage/kinds.ts'
import { readLog } from '../lineage/log.ts'
import type { Config } from '../server/config.ts'
import type { Service } from '../server/open.ts'
import { openAsk } from './ask-server.ts'
import type { Bench } from './bench.ts'
import { type Figures, median, quantile, round, timed } from './figures.ts'
import { openRaw, rawRows } from './raw.ts'
import { startServer } from './start-server.ts'
import { randomFrom } from './world.ts'

const RECORDED = 100_000
const MILLION = 1_000_000
const BATCH = 500
const ROUNDS = 3
const ASKED = 300
/** At a million; it is kept for fewer, too. */
const BUDGET_MS = 50

const SEARCH = `query Bench($text: String!, $kinds: [Kind!]) {
  search(text: $text, kinds: $kinds) { nodes { id kind name } total more }
}`
const WITH_FACETS = `query Bench($text: String!, $kinds: [Kind!]) {
  search(text: $text, kinds: $kinds) {
    nodes { id kind name } total
    facets { kinds { value count } owners { value count } licences { count } risks { value count } }
  }
}`

const SYLLABLES = 'ka lo mi ru te sa vo ni pe du gar lin mos tar'.split(' ')
const COMMON = ['orders', 'customer', 'daily', 'raw', 'events', 'billing', 'public', 'staging']

/** A vocabulary of 3,000 words; few of them make most of the names, as they do in warehouses. */
function vocabulary(random: () => number): string[] {
  const word = () =>
    Array.from(
      { length: 2 + Math.floor(random() * 3) },
      () => SYLLABLES[Math.floor(random() * SYLLABLES.length)]!,
    ).join('')
  return [...COMMON, ...new Set(Array.from({ length: 3_000 }, word))]
}

const skewed = (words: readonly string[], random: () => number) =>
  words[Math.floor(words.length * random() ** 3)]!

function thing(i: number, words: readonly string[], random: () => number) {
  const some = (count: number) => Array.from({ length: count }, () => skewed(words, random))
  const kind = i % 3 === 0 ? ('Job' as const) : ('Dataset' as const)
  const columns = some(6).map((name) => ({ name, type: 'text' }))
  return {
    ...{ kind, namespace: 'warehouse', name: `${some(3).join('_')}.${i}` },
    fields: {
      description: some(12).join(' '),
      'facet:dataset:schema': { fields: columns },
      'facet:dataset:ownership': { owners: [{ name: `team:${i % 40}` }] },
    },
  }
}

/** By the ledger, as whoever uses it would. */
async function record(
  ledger: Ledger,
  tenant: string,
  words: readonly string[],
  say: (text: string) => void,
) {
  const random = randomFrom(7)
  await ledger.createTenant({ tenant, subject: 'bench' })
  const seconds =
    (await timed(async () => {
      for (let from = 0; from < RECORDED; from += BATCH) {
        const part = Array.from({ length: BATCH }, (_, i) => thing(from + i, words, random))
        await ledger.submit({
          ...{ tenant, subject: 'bench', request: `${from}` },
          names: part,
          run: async (draft) =>
            part.map(({ kind, namespace, name, fields }) => {
              const id = draft.urn(kind, namespace, name)
              return draft.assert({ kind, id, namespace, name, fields })
            }),
        })
      }
    })) / 1_000
  say(`recorded ${RECORDED} entities in ${Math.round(seconds)} s`)
}

/**
 * Nodes of entities without records or a place in the log, as the ledger writes them otherwise: a search
 * reads nothing else, and to record as many takes half an hour.
 */
async function fill(
  { database, neo4j }: Service,
  tenant: string,
  words: readonly string[],
  say: (text: string) => void,
) {
  const random = randomFrom(9)
  const raw = openRaw(neo4j)
  const count = 'MATCH (e:Entity {tenant: $tenant}) RETURN count(e) AS count'
  const [row] = await rawRows<{ count: number }>(raw, count, { tenant })
  await raw.close()
  const entity = (i: number) => {
    const { kind, namespace, name, fields } = thing(i, words, random)
    const id = `urn:selvedge:${kindInUrn(kind)}:${randomUUID()}`
    const said = { id, kind, action: 'assert' as const, fields: { ...fields, namespace, name } }
    return {
      ...{ id, kind, namespace, name, action: said.action, version: 1, seq: 1, first: 1 },
      ...{ leaf: '', out: '', alias: null, erased: null },
      ...findableOf(tenant, said),
    }
  }
  let filled = row!.count
  if (filled >= MILLION) return
  const seconds =
    (await timed(async () => {
      for (; filled < MILLION; filled += BATCH) {
        const rows = Array.from({ length: BATCH }, (_, i) => entity(filled + i))
        await database.graph(tenant).write(({ run }) => createEntityNodes(run, rows))
        if (filled % 50_000 === 0) say(`${filled} entities`)
      }
    })) / 1_000
  say(`filled up to ${MILLION} entities in ${Math.round(seconds)} s`)
}

/** What people type: a word or two, begun, misspelt, of one kind; one in ten so common that it is cut short. */
function questions(words: readonly string[]) {
  const random = randomFrom(11)
  const swap = (word: string) =>
    `${word.slice(0, 2)}${word[3] ?? ''}${word[2] ?? ''}${word.slice(4)}`
  return Array.from({ length: ASKED }, (_, i) => {
    const [one, two] = [skewed(words, random), words[Math.floor(random() * words.length)]!]
    const texts = [two, `${one} ${two}`, two.slice(0, 4), swap(two), `${one}_${two.slice(0, 3)}`]
    const text = i % 10 === 0 ? COMMON[i % COMMON.length]! : texts[i % texts.length]!
    return { text, kinds: i % 4 === 0 ? ['Dataset'] : undefined }
  })
}

interface Answer {
  search: { total: number; more: boolean }
}

/** Searching 100,000 entities by GraphQL over HTTP. */
export const benchSearch = (bench: Bench, more: { config: Config }) =>
  benchSearchOf(RECORDED, bench, more)

/** Searching a million of them. */
export const benchSearchMillion = (bench: Bench, more: { config: Config }) =>
  benchSearchOf(MILLION, bench, more)

async function benchSearchOf(
  entities: number,
  { service, say }: Bench,
  { config }: { config: Config },
): Promise<Figures> {
  const words = vocabulary(randomFrom(5))
  const tenant = `search-${entities}`
  const head = await readLog(service.database.graph(tenant).read)
  if (!head) await record(service.ledger, tenant, words, say)
  else if (head.size < RECORDED) throw new Error(`${tenant} is there in part: run with --fresh`)
  if (entities > RECORDED) await fill(service, tenant, words, say)
  const children: ChildProcess[] = []
  try {
    const { port, token } = await startServer(service, config, children)
    const ask = openAsk({ port, token, tenant })
    const asked = questions(words)
    const answers = []
    for (const one of asked) {
      const { search } = await ask<Answer>(SEARCH, one)
      answers.push(search)
    }
    const rounds: { plain: number[]; facets: number[] }[] = []
    for (let i = 0; i < ROUNDS; i++) {
      const [plain, facets]: [number[], number[]] = [[], []]
      for (const one of asked) {
        plain.push(await timed(() => ask(SEARCH, one)))
        facets.push(await timed(() => ask(WITH_FACETS, one)))
      }
      rounds.push({ plain, facets })
      const [p95, all] = [quantile(plain, 0.95), quantile(facets, 0.95)].map((ms) => round(ms))
      say(`round ${i + 1}: p95 ${p95} ms, ${all} ms with facets`)
    }
    const at = (way: 'plain' | 'facets', share: number) =>
      round(median(rounds.map((times) => quantile(times[way], share))))
    return {
      suite: entities > RECORDED ? 'search-million' : 'search',
      what: `${ASKED} texts, ${ROUNDS} rounds, ${entities} entities of one tenant`,
      figures: {
        p50Ms: at('plain', 0.5),
        p95Ms: at('plain', 0.95),
        facetsP50Ms: at('facets', 0.5),
        facetsP95Ms: at('facets', 0.95),
        medianHits: median(answers.map(({ total }) => total)),
        cutShort: answers.filter(({ more }) => more).length,
      },
      ratios: { p95ToBudget: { value: round(at('plain', 0.95) / BUDGET_MS), budget: 1 } },
    }
  } finally {
    for (const child of children) child.kill()
  }
}
