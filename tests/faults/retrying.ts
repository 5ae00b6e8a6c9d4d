import { setTimeout as sleep } from 'node:timers/promises'
import { v5 } from 'uuid'
import { expect } from 'vitest'
import type { Database } from '../../lineage/graph.ts'
import { headers, leaves } from '../ledger/support.ts'
import { RECORD, type Recorded } from '../schema/recording.ts'
import { inParallel } from './client.ts'

/** A request that has not ended by then hangs: the server gives every one of them thirty seconds. */
const HANGS_MS = 45_000
/** How long a client waits before it tries again, where it was not told. */
const AGAIN_MS = 500
/** How often something is asked of a server that is there, and ends connections without an answer. */
const ASKED_AT_MOST = 3
/** How long a reader waits between two questions. */
const PAUSE_MS = 100

const again = ({ retryAfter }: Said) => sleep(retryAfter ? Number(retryAfter) * 1_000 : AGAIN_MS)
const WRITERS = 40
const READERS = 4

/** What a server said of one try; status 0 where the connection ended without an answer. */
interface Said {
  status: number
  code?: string | undefined
  retryAfter: string | null
  text: string
}

interface Acknowledged {
  seqs: number[]
  replayed: boolean
  /** How often it was tried. */
  tries: number
}

/** Where requests are sent; a server that is started again may be somewhere else. */
export type Where = () => string

const datasetOf = (key: string) => ({ namespace: 'db', name: `made by ${key}` })

const numberOf = (key: string) => Number(key.slice(key.lastIndexOf('-') + 1))
const isMutation = (key: string) => numberOf(key) % 2 === 0

/** One OpenLineage event and one mutation in turn, each making a dataset of its own. */
function requestOf(key: string) {
  if (isMutation(key)) {
    const items = [{ dataset: datasetOf(key) }]
    return { path: '/graphql', body: { query: RECORD, variables: { items } } }
  }
  const event = {
    eventType: 'COMPLETE',
    eventTime: '2026-01-01T00:00:00Z',
    producer: 'https://example.org/load',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    run: { runId: v5(key, v5.URL) },
    job: { namespace: 'jobs', name: `job ${numberOf(key) % 7}` },
    outputs: [datasetOf(key)],
  }
  return { path: '/api/v1/lineage', body: event }
}

async function send(
  url: string,
  { tenant, key, path, body }: { tenant: string; key?: string; path: string; body?: object },
): Promise<Said> {
  try {
    const response = await fetch(`${url}${path}`, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers: {
        'content-type': 'application/json',
        'x-selvedge-tenant': tenant,
        ...(key && { 'idempotency-key': key }),
      },
      signal: AbortSignal.timeout(HANGS_MS),
    })
    const text = await response.text()
    const retryAfter = response.headers.get('retry-after')
    const code = /"code":"([A-Z_]+)"/.exec(text)?.[1]
    return { status: response.status, code, retryAfter, text }
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') throw new Error(`${path} of ${url} hangs`)
    return { status: 0, retryAfter: null, text: '' }
  }
}

/** Asks until there is an answer: a connection that lay idle may be closed under a question, and is opened anew. */
async function ask(url: string, asked: Parameters<typeof send>[1]): Promise<Said> {
  for (let time = 1; ; time++) {
    const said = await send(url, asked)
    if (said.status !== 0 || time === ASKED_AT_MOST) return said
    await sleep(AGAIN_MS)
  }
}

/** Founds a tenant, trying until it is there. */
export async function foundTenant(at: Where, tenant: string) {
  const query = `mutation { tenantCreate(name: "${tenant}") { name } }`
  for (;;) {
    const { text } = await send(at(), { tenant, path: '/graphql', body: { query } })
    if (text.includes(`"name":"${tenant}"`) || text.includes('TENANT_EXISTS')) return
    await sleep(AGAIN_MS)
  }
}

/** Writes once, and gives with what code that was refused; `undefined` where it was not. */
export async function writeOnce(at: Where, tenant: string, name: string) {
  const items = [{ dataset: { namespace: 'db', name } }]
  const body = { query: RECORD, variables: { items } }
  return (await send(at(), { tenant, key: name, path: '/graphql', body })).code
}

/** Whether there is a dataset of that name. */
export async function isThere(at: Where, tenant: string, name: string) {
  const query = `{ entity(kind: Dataset, namespace: "db", name: "${name}") { id } }`
  const { text } = await ask(at(), { tenant, path: '/graphql', body: { query } })
  return (JSON.parse(text) as { data: { entity: object | null } }).data.entity !== null
}

/**
 * Writers and readers of one tenant over HTTP, as clients are that never give up: each write is sent
 * again under its key, to any of the servers, until it is acknowledged.
 */
export function openLoad(tenant: string, servers: readonly Where[], name = 'load') {
  const acknowledged = new Map<string, Acknowledged>()
  /** What was refused for good. */
  const refused = new Set<string>()
  /** What was told to come again, by what it was told; 0 where there was no answer. */
  const toldToWait = new Map<string, number>()
  const notes = new Set<string>()
  const wrong: string[] = []
  let [next, inFlight, reads, stopped] = [0, 0, 0, false]

  const note = (said: Said) => {
    const kind = said.status === 0 ? '0' : `${said.status} ${said.code}`
    toldToWait.set(kind, (toldToWait.get(kind) ?? 0) + 1)
    const isTyped =
      said.status === 503
        ? said.code !== undefined && said.retryAfter !== null
        : said.code === 'DEADLINE_EXCEEDED'
    if (said.status !== 0 && !isTyped) wrong.push(`${kind} ${said.retryAfter} ${said.text}`)
  }

  const tell = ({ text }: Said, tries: number) => {
    const told = JSON.parse(text) as { data?: Recorded; seqs?: number[]; replayed?: boolean }
    const record = told.data?.record
    const seqs = record ? record.results.map(({ seq }) => seq) : told.seqs!
    return { seqs, replayed: record ? record.replayed : told.replayed!, tries }
  }
  const isTaken = ({ status, text }: Said) => status === 200 && !text.includes('"errors"')

  const write = async () => {
    next += 1
    const mine = next
    const key = `${name}-${mine}`
    for (let tries = 1; ; tries++) {
      const at = servers[(mine + tries) % servers.length]!
      inFlight += 1
      const said = await send(at(), { tenant, key, ...requestOf(key) })
      inFlight -= 1
      if (isTaken(said)) return void acknowledged.set(key, tell(said, tries))
      note(said)
      await again(said)
    }
  }

  /** Uses the key of what is there already for another write, which is refused for good. */
  const writeWrongly = async () => {
    next += 1
    const key = [...acknowledged.keys()].findLast(isMutation)
    // Nothing to be wrong with as yet.
    if (key === undefined) return
    const another = `${name} refused ${next}`
    const items = [{ dataset: { namespace: 'db', name: another } }]
    const body = { query: RECORD, variables: { items } }
    const at = servers[next % servers.length]!
    const said = await send(at(), { tenant, key, path: '/graphql', body })
    if (said.code === 'IDEMPOTENCY_KEY_REUSED') refused.add(another)
    else note(said)
  }

  const read = async () => {
    reads += 1
    const at = servers[reads % servers.length]!
    if (reads % 3 === 0) {
      const said = await send(at(), { tenant, path: `/log/${tenant}/checkpoint` })
      if (said.status === 200) notes.add(said.text)
      else note(said)
    } else {
      const query = '{ entities(kind: Dataset, first: 20) { nodes { id name } } }'
      const said = await send(at(), { tenant, path: '/graphql', body: { query } })
      if (!isTaken(said)) note(said)
    }
    await sleep(PAUSE_MS)
  }

  const lanes = [
    inParallel(WRITERS, () => {
      if (stopped) return null
      return next % 20 === 19 ? writeWrongly() : write()
    }),
    inParallel(READERS, () => (stopped ? null : read())),
  ]
  const failed = Promise.all(lanes).then(() => {})
  failed.catch(() => {})

  return {
    acknowledged,
    notes,
    toldToWait,
    wrong,
    inFlight: () => inFlight,
    /** Resolves when so many more are acknowledged than are now. */
    async more(count: number) {
      const enough = acknowledged.size + count
      while (acknowledged.size < enough) {
        await Promise.race([sleep(20), failed])
        if (wrong.length > 0) throw new Error(wrong[0])
      }
    },
    /** Begins nothing more, and resolves when all that was begun is acknowledged. */
    async stop() {
      stopped = true
      await failed
    },
    /** Asks again for some of what was acknowledged, which is answered as it was, and for what was refused. */
    async askAgain() {
      expect(wrong).toEqual([])
      const some = [...acknowledged].filter((_one, i) => i % 7 === 0)
      const asked = some.map(async ([key, { seqs }]) => {
        const said = await ask(servers[0]!(), { tenant, key, ...requestOf(key) })
        expect(tell(said, 0)).toEqual({ seqs, replayed: true, tries: 0 })
      })
      const looked = [...refused].map(async (one) => {
        expect([one, await isThere(servers[0]!, tenant, one)]).toEqual([one, false])
      })
      await Promise.all([...asked, ...looked])
    },
    /** In words, for whoever reads what a run did. */
    told() {
      const waits = [...toldToWait].map(([kind, times]) => `${times} × ${kind}`).join(', ')
      const retried = [...acknowledged.values()].filter(({ tries }) => tries > 1)
      const known = retried.filter(({ replayed }) => replayed).length
      return (
        `${acknowledged.size} acknowledged, ${retried.length} of them by a later try ` +
        `(${known} were committed before), ${refused.size} refused, told to wait: ${waits || 'none'}`
      )
    },
  }
}

export type Load = ReturnType<typeof openLoad>

/**
 * All that these loads were told to be written is there once, where it was said to be, and nothing else:
 * each made a dataset of its own.
 */
export async function expectWritten(database: Database, tenant: string, loads: readonly Load[]) {
  const all = await headers(database, tenant)
  const there = new Set(all.map(({ seq }) => seq))
  const acknowledged = loads.flatMap((load) => [...load.acknowledged.values()])
  const told = acknowledged.flatMap(({ seqs }) => seqs)
  expect(told.filter((seq) => !there.has(seq))).toEqual([])
  // No two of them were told the same place, and none that nothing was done.
  expect(new Set(told).size).toBe(told.length)
  expect(acknowledged.filter(({ seqs }) => seqs.length === 0)).toEqual([])
  expect(all.filter(({ kind }) => kind === 'Dataset')).toHaveLength(acknowledged.length)
  const log = await leaves(database, tenant, 0)
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_leaf, i) => i))
  for (const load of loads) await load.askAgain()
}
