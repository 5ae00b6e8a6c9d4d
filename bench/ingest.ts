import type { Bench } from './bench.ts'
import { type Figures, median, round, timed } from './figures.ts'
import { openRaw, rawRows } from './raw.ts'
import { recordTenant, things, type World } from './world.ts'

const ROUNDS = 3
const NODES = 5_000
const SAMPLE: World = { tenants: 1, nodesPerTenant: NODES, window: 2_000 }

const RAW_NODES = `UNWIND $rows AS row
  CREATE (e:BenchEntity {tenant: $tenant, id: row.id, kind: row.kind, namespace: row.namespace, name: row.name, description: row.description})`
const RAW_EDGES = `UNWIND $rows AS row
  MATCH (a:BenchEntity {tenant: $tenant, id: row.from}) MATCH (b:BenchEntity {tenant: $tenant, id: row.to})
  CREATE (a)-[:BENCH_EDGE {tenant: $tenant, since: row.since}]->(b)`

/** Things a second through the record path, against raw Bolt writing the same entities and edges. */
export async function benchIngest({ service, say }: Bench): Promise<Figures> {
  const driver = openRaw(service.neo4j)
  const run = crypto.randomUUID().slice(0, 8)
  const world = things(0, SAMPLE)
  const ours: number[] = []
  const raw: number[] = []
  try {
    await rawRows(
      driver,
      'CREATE CONSTRAINT bench_entity IF NOT EXISTS FOR (n:BenchEntity) REQUIRE (n.tenant, n.id) IS UNIQUE',
      {},
    )
    for (let round = 0; round <= ROUNDS; round++) {
      const tenant = `ingest-${run}-${round}`
      const through = await timed(() => recordTenant(service.ledger, tenant, world))
      const direct = await timed(() => writeRaw(driver, tenant, world))
      say(
        `round ${round}: ${Math.round(through)} ms through the record path, ${Math.round(direct)} ms raw`,
      )
      if (round === 0) continue // the first round warms plans and pools
      ours.push(through)
      raw.push(direct)
    }
    await rawRows(driver, 'MATCH (n:BenchEntity) DETACH DELETE n', {})
  } finally {
    await driver.close()
  }
  const perSecond = (milliseconds: number) => Math.round(NODES / (milliseconds / 1000))
  return {
    suite: 'ingest',
    what: `${NODES} entities with their edges, in batches of 500`,
    figures: {
      recordsPerSecond: perSecond(median(ours)),
      rawEntitiesPerSecond: perSecond(median(raw)),
    },
    ratios: { throughputToRaw: { value: round(median(raw) / median(ours)) } },
  }
}

async function writeRaw(
  driver: ReturnType<typeof openRaw>,
  tenant: string,
  world: ReturnType<typeof things>,
) {
  for (let from = 0; from < world.length; from += 500) {
    const part = world.slice(from, from + 500)
    const rows = part.map(({ sources: _, ...thing }) => ({
      ...thing,
      id: thing.name,
      description: thing.name,
    }))
    const edges = part.flatMap(({ name, sources }) =>
      sources.map((source) => ({ from: name, to: source.name, since: from })),
    )
    await rawRows(driver, RAW_NODES, { tenant, rows })
    await rawRows(driver, RAW_EDGES, { tenant, rows: edges })
  }
}
