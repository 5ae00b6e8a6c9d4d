import type { Assertion } from '../ledger/draft.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Database } from '../lineage/graph.ts'
import { readLog } from '../lineage/log.ts'

/** A world of datasets and jobs in which each thing comes from three others. */
export interface World {
  tenants: number
  nodesPerTenant: number
  /** How far back a thing's sources lie at most: small makes paths long, great makes answers wide. */
  window: number
}

/** 100,000 nodes and some 300,000 edges: the size that the budgets speak of. */
export const WORLD: World = { tenants: 8, nodesPerTenant: 12_500, window: 2_000 }

const BATCH = 500
const FAN_IN = 3

export const worldTenant = (i: number, { nodesPerTenant }: World) => `bench-${nodesPerTenant}-${i}`

interface Named {
  kind: 'Dataset' | 'Job'
  namespace: string
  name: string
}

/** A dataset or a job, with what it comes from. */
export interface Thing extends Named {
  sources: Named[]
}

const named = (i: number): Named =>
  i % 2 === 0
    ? { kind: 'Dataset', namespace: 'bench', name: `dataset ${i}` }
    : { kind: 'Job', namespace: 'bench', name: `job ${i}` }

/** A small generator with a seed, so that every run has the same world (mulberry32). */
export function randomFrom(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Three distinct things of the other kind, before this one. */
function sourcesOf(i: number, window: number, random: () => number): number[] {
  const sources = new Set<number>()
  const candidates = Math.min(Math.floor(i / 2), window)
  for (let tries = 0; sources.size < Math.min(FAN_IN, candidates) && tries < 50; tries++) {
    sources.add(i - 1 - 2 * Math.floor(random() * candidates))
  }
  return [...sources].filter((source) => source >= 0)
}

/** The world's things of one tenant in order, each with the things that it comes from. */
export function things(tenantNumber: number, { nodesPerTenant, window }: World): Thing[] {
  const random = randomFrom(tenantNumber + 1)
  return Array.from({ length: nodesPerTenant }, (_, i) => ({
    ...named(i),
    sources: sourcesOf(i, window, random).map(named),
  }))
}

/** A dataset that so many jobs use, and the job that makes it. */
export function hubOf(readers: number): Thing[] {
  const job = (name: string): Named => ({ kind: 'Job', namespace: 'bench', name })
  const hub: Named = { kind: 'Dataset', namespace: 'bench', name: 'hub' }
  return [
    { ...job('load'), sources: [] },
    { ...hub, sources: [job('load')] },
    ...Array.from({ length: readers }, (_, i) => ({ ...job(`reader ${i}`), sources: [hub] })),
  ]
}

/**
 * Records the world through the write path, unless an earlier run did; says how many things it
 * recorded in how many seconds.
 */
export async function recordWorld(
  { database, ledger }: { database: Database; ledger: Ledger },
  world: World,
  say: (text: string) => void,
) {
  let recorded = 0
  const start = performance.now()
  for (let i = 0; i < world.tenants; i++) {
    const tenant = worldTenant(i, world)
    if (await isWhole(database, tenant, world)) continue
    recorded += await recordTenant(ledger, tenant, things(i, world))
    say(
      `recorded ${tenant}: ${recorded} things in ${Math.round((performance.now() - start) / 1000)} s`,
    )
  }
  return { recorded, seconds: (performance.now() - start) / 1000 }
}

async function isWhole(database: Database, tenant: string, { nodesPerTenant }: World) {
  const head = await readLog(database.graph(tenant).read)
  if (head && head.size < nodesPerTenant) {
    throw new Error(`${tenant} is there in part: run with --fresh, which starts from an empty home`)
  }
  return head !== undefined
}

/** Records things in batches of 500, all sent at once, as a loader would. */
export async function recordTenant(ledger: Ledger, tenant: string, all: Thing[]): Promise<number> {
  await ledger.createTenant({ tenant, subject: 'bench' })
  for (let from = 0; from < all.length; from += BATCH) {
    const part = all.slice(from, from + BATCH)
    await ledger.submit({
      tenant,
      subject: 'bench',
      request: `${from}`,
      names: part.flatMap(({ sources, ...name }) => [name, ...sources]),
      run: async (draft) => part.map((thing) => draft.assert(assertionOf(thing, draft.urn))),
    })
  }
  return all.length
}

function assertionOf(
  { kind, namespace, name, sources }: Thing,
  urn: (kind: 'Dataset' | 'Job', namespace: string, name: string) => string,
): Assertion {
  const rel = kind === 'Dataset' ? 'WAS_GENERATED_BY' : 'USED'
  return {
    kind,
    id: urn(kind, namespace, name),
    namespace,
    name,
    fields: { description: `What ${name} is for, in a sentence of ordinary length.` },
    link: sources.map((to) => ({ rel, to })),
  }
}
