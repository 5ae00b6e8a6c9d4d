import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { entitiesInOrder } from '../lineage/entities.ts'
import type { Config } from '../server/config.ts'
import type { Bench } from './bench.ts'
import { type Figures, median, quantile, round, timed } from './figures.ts'
import { startServer } from './start-server.ts'
import { randomFrom, recordWorld, type World, worldTenant } from './world.ts'

const WORLD: World = { tenants: 2, nodesPerTenant: 4_000, window: 400 }
/** Rounds that do not count: only after them server and database have compiled what they run. */
const WARMING = 5
const ROUNDS = 5
/** Of so many, the slowest twentieth is a dozen: a p95 of a round by itself says little, so rounds are taken together. */
const ASKED = 240
const FLOODING = 64
/** A caller who asks, looks at the answer for a while, and asks again; an even pause would fall into step with the flood. */
const MEAN_PAUSE_MS = 15
const BUDGET_TO_QUIET = 1.5

const QUERY = `query Shares($root: ID!) {
  lineage(root: $root, direction: UPSTREAM, depth: 4) {
    nodes { distance entity { id kind name } }
    edges { from to }
  }
}`

const p95 = (times: readonly number[]) => quantile(times, 0.95)

/** What a tenant's 64 clients that never pause do to the p95 of another tenant, over loopback. */
export async function benchShares(
  { service, say }: Bench,
  { config }: { config: Config },
): Promise<Figures> {
  await recordWorld(service, WORLD, say)
  const [quiet, flood] = [worldTenant(0, WORLD), worldTenant(1, WORLD)]
  const bodies = { quiet: await bodiesOf(service, quiet), flood: await bodiesOf(service, flood) }
  const children: ChildProcess[] = []
  try {
    const { port, token } = await startServer(service, config, children)
    const ask = async (body: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
          'x-selvedge-tenant': quiet,
        },
        body,
      })
      const text = await response.text()
      if (response.status !== 200 || text.includes('"errors"')) throw new Error(text.slice(0, 500))
    }
    const random = randomFrom(33)
    const askedInTurn = async () => {
      const times: number[] = []
      for (let i = 0; i < ASKED; i++) {
        await pause(random() * 2 * MEAN_PAUSE_MS)
        times.push(await timed(() => ask(bodies.quiet[i % bodies.quiet.length]!)))
      }
      return times
    }
    const rounds: { quiet: number[]; flooded: number[] }[] = []
    const answered: Record<string, number> = {}
    for (let i = -WARMING; i < ROUNDS; i++) {
      const before = await askedInTurn()
      const child = fork(join(import.meta.dirname, 'flood.ts'), [
        ...[String(port), flood, token, String(FLOODING)],
        ...bodies.flood,
      ])
      children.push(child)
      // The flood has come when the first of it is answered.
      await pause(1_000)
      const flooded = await askedInTurn()
      child.send('counts')
      const [counts] = (await once(child, 'message')) as [Record<string, number>]
      for (const [status, count] of Object.entries(counts)) {
        answered[status] = (answered[status] ?? 0) + count
      }
      child.disconnect()
      await once(child, 'exit')
      if (i >= 0) rounds.push({ quiet: before, flooded })
      say(
        `${i < 0 ? 'warming up' : `round ${i + 1}`}: p95 ${round(p95(before))} ms quiet, ${round(p95(flooded))} ms in the flood`,
      )
    }
    const quietTimes = rounds.flatMap((one) => one.quiet)
    const floodedTimes = rounds.flatMap((one) => one.flooded)
    return {
      suite: 'shares',
      what: `4-hop lineage of one tenant, while ${FLOODING} clients of another never pause`,
      figures: {
        'quiet p50 ms': round(median(quietTimes)),
        'quiet p95 ms': round(p95(quietTimes)),
        'flooded p50 ms': round(median(floodedTimes)),
        'flooded p95 ms': round(p95(floodedTimes)),
        'worst round': round(Math.max(...rounds.map((one) => p95(one.flooded) / p95(one.quiet)))),
        'flood answered': answered[200] ?? 0,
        'flood refused': (answered[429] ?? 0) + (answered[503] ?? 0),
      },
      ratios: {
        'p95 to quiet': {
          value: round(p95(floodedTimes) / p95(quietTimes)),
          budget: BUDGET_TO_QUIET,
        },
      },
    }
  } finally {
    for (const child of children) child.kill()
  }
}

/** Requests for roots that lie far enough along to have full answers; the same in every run. */
async function bodiesOf({ database }: Bench['service'], tenant: string) {
  const graph = database.graph(tenant)
  const { entities } = await entitiesInOrder(
    graph.read,
    { kind: 'Dataset', first: 1_000 },
    null,
  ).then((found) => found!)
  return entities
    .filter(({ name }) => Number(name.split(' ')[1]) > WORLD.nodesPerTenant / 2)
    .slice(0, 40)
    .map(({ id }) => JSON.stringify({ query: QUERY, variables: { root: id } }))
}
