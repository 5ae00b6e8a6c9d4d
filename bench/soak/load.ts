import { createHash } from 'node:crypto'

/** One request of the load, and how long its answer took. */
export interface Answered {
  kind: string
  status: number
  ms: number
}

/** The server that is asked, and the token of one who serves every tenant. */
export interface Asked {
  port: number
  token: string
}

const TENANT = 'soak'
const DATASETS = 500
const JOBS = 50

type Send = (path: string, body?: string) => Promise<{ status: number; text: string }>

const EVENTS = '/api/v1/lineage/batch'

interface Work {
  perSecond: number
  /** Gives the status that it came to; a mistake answered as one is 200. */
  ask(send: Send, i: number): Promise<number>
}

let roots: string[] = []

/** What is asked again and again, each as often a second as its number says. */
const WORK: Record<string, Work> = {
  events: { perSecond: 4, ask: async (send, i) => (await send(EVENTS, eventsOf(i))).status },
  lineage: {
    perSecond: 16,
    ask: async (send, i) => {
      const query = `{ lineage(root: "${roots[i % roots.length]}", direction: BOTH, depth: 4, first: 100) {
        truncated nodes { edges { node { id kind name } } } checkpoint { size } } }`
      return (await send('/graphql', JSON.stringify({ query }))).status
    },
  },
  entities: {
    perSecond: 4,
    ask: async (send) => {
      const query = '{ entities(kind: Dataset, first: 50) { nodes { id name } } }'
      return (await send('/graphql', JSON.stringify({ query }))).status
    },
  },
  log: { perSecond: 4, ask: async (send) => (await send(`/log/${TENANT}/checkpoint`)).status },
  export: {
    perSecond: 0.5,
    ask: async (send, i) => {
      const query = `mutation { exportBundle(root: "${roots[i % roots.length]}", direction: UPSTREAM, depth: 3) { url } }`
      const { status, text } = await send('/graphql', JSON.stringify({ query }))
      if (status !== 200) return status
      const { data } = JSON.parse(text) as { data: { exportBundle: { url: string } } | null }
      return data ? (await send(data.exportBundle.url)).status : 500
    },
  },
  mistakes: {
    perSecond: 2,
    ask: async (send) => {
      const { status, text } = await send('/graphql', '{"query":"{ nothing }"}')
      return status < 500 && text.includes('"code"') ? 200 : 500
    },
  },
}

/** Founds the tenant where it is not there, and records what everything else is asked about. */
export async function begin(server: Asked) {
  const send = sender(server)
  const founded = await send(
    '/graphql',
    JSON.stringify({ query: `mutation { tenantCreate(name: "${TENANT}") { name } }` }),
  )
  if (founded.status !== 200) throw new Error(`no tenant: ${founded.text}`)
  for (let i = 0; i < JOBS; i++) await send(EVENTS, eventsOf(i))
  const query = '{ entities(kind: Dataset, first: 100) { nodes { id } } }'
  const { text } = await send('/graphql', JSON.stringify({ query }))
  const { data } = JSON.parse(text) as { data: { entities: { nodes: { id: string }[] } } }
  roots = data.entities.nodes.map(({ id }) => id)
}

/** Asks at a fixed rate until told to stop, whatever the answers do: a slow server gets no rest. */
export function offer(server: Asked, onAnswer: (answer: Answered) => void): () => Promise<void> {
  const send = sender(server)
  const under = new Set<Promise<void>>()
  const timers = Object.entries(WORK).map(([kind, { perSecond, ask }]) => {
    let i = 0
    return setInterval(() => {
      // A server that stands still is seen as well with this many waiting as with any more.
      if (under.size >= MOST_UNDER_WAY) return onAnswer({ kind, status: 0, ms: Number.NaN })
      const start = performance.now()
      const one = ask(send, i++)
        .catch(() => 0)
        .then((status) => onAnswer({ kind, status, ms: performance.now() - start }))
        .finally(() => under.delete(one))
      under.add(one)
    }, 1000 / perSecond)
  })
  return async () => {
    for (const timer of timers) clearInterval(timer)
    await Promise.all(under)
  }
}
const MOST_UNDER_WAY = 200

function sender({ port, token }: Asked): Send {
  return async (path, body) => {
    const response = await fetch(new URL(path, `http://127.0.0.1:${port}`), {
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'x-selvedge-tenant': TENANT,
      },
      ...(body !== undefined && { method: 'POST', body }),
    })
    return { status: response.status, text: await response.text() }
  }
}

/** Ten runs of a job over and over the same datasets: the log grows, and what is asked about does not. */
function eventsOf(i: number) {
  const events = Array.from({ length: 10 }, (_, k) => {
    const n = i * 10 + k
    const named = (at: number) => ({ namespace: 'soak', name: `d${at % DATASETS}` })
    return {
      eventType: 'COMPLETE',
      eventTime: new Date().toISOString(),
      producer: 'https://selvedge.example/soak',
      schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
      run: { runId: runIdOf(n) },
      job: { namespace: 'soak', name: `j${n % JOBS}` },
      inputs: [named(n), named(n * 7 + 1)],
      outputs: [named(n + 1)],
    }
  })
  return JSON.stringify(events)
}

/** A UUID that differs in every run of the load. */
const runIdOf = (n: number) => {
  const hex = createHash('sha256').update(`${process.pid} ${BEGUN} ${n}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
const BEGUN = Date.now()
