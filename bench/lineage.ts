import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Config } from '../server/config.ts'
import type { Bench } from './bench.ts'
import { type Figures, median, quantile, round, timed } from './figures.ts'
import { type Columns, openRaw, rawLineage, rawRows } from './raw.ts'
import { startServer } from './start-server.ts'
import { randomFrom, recordWorld, WORLD, worldTenant } from './world.ts'

const ROOTS = 500
const ROUNDS = 5
const BUDGET_TO_RAW = 2.5

/** What the raw text answers, asked of the API: nodes with kind, name and distance, and edges. */
const QUERY = `query Bench($root: ID!) {
  lineage(root: $root, direction: UPSTREAM, depth: 4) {
    nodes { distance entity { id kind name } }
    edges { from to }
    truncated
  }
}`

interface Answer {
  nodes: { distance: number; entity: { id: string; kind: string; name: string } }[]
  edges: { from: string; to: string }[]
  truncated: boolean
}

/** 4-hop upstream lineage in a graph of 100,000 nodes: raw Bolt, a bare handler, and GraphQL over HTTP. */
export async function benchLineage(
  { service, say }: Bench,
  { config }: { config: Config },
): Promise<Figures> {
  const world = await recordWorld(service, WORLD, say)
  const driver = openRaw(service.neo4j)
  const agent = new Agent({ keepAlive: true })
  const children: ChildProcess[] = []
  try {
    const roots = await pickRoots(driver)
    const bare = await startBare(service, children)
    const server = await startServer(service, config, children)
    const ways = {
      raw: ({ tenant, id }: Root) => rawLineage(driver, tenant, id),
      bare: ({ tenant, id }: Root) =>
        call<Columns>(agent, {
          port: bare,
          path: `/?tenant=${tenant}&id=${encodeURIComponent(id)}`,
        }),
      graphql: (root: Root) => askGraphql(agent, server, root),
    }
    say('warming up, and comparing the answers')
    for (const root of roots) await compare(ways, root)
    const rounds: Record<keyof typeof ways, number[]>[] = []
    for (let i = 0; i < ROUNDS; i++) {
      rounds.push(await measure(ways, roots))
      say(
        `round ${i + 1}: p95 ${Object.entries(rounds[i]!)
          .map(([way, times]) => `${way} ${round(quantile(times, 0.95))} ms`)
          .join(', ')}`,
      )
    }
    return figuresOf(rounds, world)
  } finally {
    for (const child of children) child.kill()
    agent.destroy()
    await driver.close()
  }
}

interface Root {
  tenant: string
  id: string
}

/** Roots from all tenants, far enough along the world to have full answers; the same in every run. */
async function pickRoots(driver: ReturnType<typeof openRaw>): Promise<Root[]> {
  const random = randomFrom(33)
  const roots: Root[] = []
  for (let i = 0; i < WORLD.tenants; i++) {
    const tenant = worldTenant(i, WORLD)
    const names = Array.from({ length: Math.ceil(ROOTS / WORLD.tenants) }, () => {
      const place = 2 * Math.floor((WORLD.nodesPerTenant / 2) * (0.3 + 0.7 * random()))
      return `dataset ${place}`
    })
    const rows = await rawRows<{ id: string }>(
      driver,
      'MATCH (e:Dataset {tenant: $tenant}) WHERE e.name IN $names RETURN e.id AS id ORDER BY id',
      { tenant, names },
    )
    roots.push(...rows.map(({ id }) => ({ tenant, id })))
  }
  return roots
}

async function startBare({ neo4j }: Bench['service'], children: ChildProcess[]): Promise<number> {
  const child = fork(join(import.meta.dirname, 'bare-server.ts'), [
    neo4j.uri,
    neo4j.username,
    neo4j.password,
  ])
  children.push(child)
  const [address] = (await once(child, 'message')) as [AddressInfo]
  return address.port
}

interface Call {
  port: number
  path: string
  headers?: Record<string, string>
  body?: string
}

/** node:http with keep-alive: the same light client for both servers. */
function call<T>(agent: Agent, { port, path, headers, body }: Call): Promise<T> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const outgoing = request(
      { agent, host: '127.0.0.1', port, path, method, headers },
      (incoming) => {
        const parts: Buffer[] = []
        incoming.on('data', (part: Buffer) => parts.push(part))
        incoming.on('end', () => resolve(JSON.parse(Buffer.concat(parts).toString()) as T))
        incoming.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

async function askGraphql(
  agent: Agent,
  { port, token }: { port: number; token: string },
  { tenant, id }: Root,
): Promise<Answer> {
  const body = JSON.stringify({ query: QUERY, variables: { root: id } })
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
    'x-selvedge-tenant': tenant,
  }
  const answer = await call<{ data?: { lineage: Answer }; errors?: unknown }>(agent, {
    port,
    path: '/graphql',
    headers,
    body,
  })
  if (!answer.data?.lineage) throw new Error(JSON.stringify(answer.errors))
  return answer.data.lineage
}

type Ways = {
  raw(root: Root): Promise<Columns>
  bare(root: Root): Promise<Columns>
  graphql(root: Root): Promise<Answer>
}

/** Figures over unequal answers would mean nothing. */
async function compare(ways: Ways, root: Root) {
  const [raw, bare, answer] = await Promise.all([
    ways.raw(root),
    ways.bare(root),
    ways.graphql(root),
  ])
  const nodes = ({ ids, kinds, names, depths }: Columns) =>
    ids.map((id, i) => [id, kinds[i], names[i], depths[i]].join(' ')).sort()
  const edges = ({ src, tgt }: Columns) =>
    src.flatMap((from, i) => tgt[i]!.map((to) => `${from} ${to}`)).sort()
  const told = answer.nodes
    .map(({ distance, entity }) => [entity.id, entity.kind, entity.name, distance].join(' '))
    .sort()
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
  const equal =
    same(nodes(raw), nodes(bare)) &&
    same(nodes(raw), told) &&
    same(edges(raw), answer.edges.map(({ from, to }) => `${from} ${to}`).sort())
  if (!equal || answer.truncated) throw new Error(`the answers differ for ${root.id}`)
}

async function measure(ways: Ways, roots: readonly Root[]) {
  const times = { raw: [] as number[], bare: [] as number[], graphql: [] as number[] }
  const order = Object.keys(ways) as (keyof Ways)[]
  for (const [i, root] of roots.entries()) {
    for (let turn = 0; turn < order.length; turn++) {
      const way = order[(i + turn) % order.length]!
      times[way].push(await timed(() => ways[way](root)))
    }
  }
  return times
}

function figuresOf(
  rounds: readonly Record<keyof Ways, number[]>[],
  world: { recorded: number; seconds: number },
): Figures {
  const at = (way: keyof Ways, share: number) =>
    median(rounds.map((times) => quantile(times[way], share)))
  const ratio = (over: keyof Ways, share: number) =>
    round(
      median(rounds.map((times) => quantile(times.graphql, share) / quantile(times[over], share))),
    )
  return {
    suite: 'lineage',
    what: `4 hops upstream, ${rounds[0]!.raw.length} roots, ${ROUNDS} rounds, 100,000 nodes in ${WORLD.tenants} tenants`,
    figures: {
      rawP50Ms: round(at('raw', 0.5)),
      rawP95Ms: round(at('raw', 0.95)),
      bareP50Ms: round(at('bare', 0.5)),
      bareP95Ms: round(at('bare', 0.95)),
      graphqlP50Ms: round(at('graphql', 0.5)),
      graphqlP95Ms: round(at('graphql', 0.95)),
      ...(world.recorded > 0 && {
        worldThingsPerSecond: Math.round(world.recorded / world.seconds),
      }),
    },
    ratios: {
      p95ToRaw: { value: ratio('raw', 0.95), budget: BUDGET_TO_RAW },
      p50ToRaw: { value: ratio('raw', 0.5) },
      p95ToBare: { value: ratio('bare', 0.95) },
      p50ToBare: { value: ratio('bare', 0.5) },
    },
  }
}
