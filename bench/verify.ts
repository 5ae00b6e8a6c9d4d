import { sha256 } from '../core/sha256.ts'
import { weaveBundle } from '../domains/evidence/export.ts'
import { trustRoot } from '../domains/evidence/trust-root.ts'
import { readLeaves, readLog } from '../lineage/log.ts'
import { readLineage } from '../lineage/traversal.ts'
import type { Sha256 } from '../proofs/hash.ts'
import { verifyBundle } from '../proofs/verify.ts'
import type { Bench } from './bench.ts'
import { timeInChromium } from './chromium.ts'
import { type Figures, median, round, timed } from './figures.ts'
import { recordTenant, things } from './world.ts'

const ROUNDS = 9
const RECORDS = 1_000

/** Building and verifying a bundle of 1,000 records, against raw SHA-256 over the same inputs. */
export async function benchVerify({ service, say }: Bench): Promise<Figures> {
  const { database, ledger } = service
  const tenant = `verify-${crypto.randomUUID().slice(0, 8)}`
  await recordTenant(
    ledger,
    tenant,
    things(0, { tenants: 1, nodesPerTenant: RECORDS * 2, window: 38 }),
  )
  const root = await lastThing(service, tenant)
  const question = { tenant, root, direction: 'UPSTREAM', depth: 20 } as const
  const trust = await trustRoot(database.graph(tenant).read, tenant)
  const builds: number[] = []
  const verifies: number[] = []
  // On a machine that others share, what the work took is told by this and not by the clock.
  const cpus: number[] = []
  const raws: number[] = []
  let records = 0
  let last: Uint8Array = new Uint8Array()
  for (let i = 0; i <= ROUNDS; i++) {
    let bytes: Uint8Array = new Uint8Array()
    const build = await timed(async () => {
      const woven = await weaveBundle({ database, ledger }, question)
      bytes = woven.bytes
      records = woven.records
    })
    const cpu = process.cpuUsage()
    const verify = await timed(() => verifyBundle({ sha256, bytes, trust }))
    const { user, system } = process.cpuUsage(cpu)
    const inputs: Uint8Array[][] = []
    const counting: Sha256 = (...parts) => {
      inputs.push(parts)
      return sha256(...parts)
    }
    await verifyBundle({ sha256: counting, bytes, trust })
    const raw = await timed(() => {
      for (const parts of inputs) sha256(...parts)
    })
    last = bytes
    if (i === 0) continue
    builds.push(build)
    verifies.push(verify)
    cpus.push((user + system) / 1000)
    raws.push(raw)
  }
  say(`${records} records`)
  // The first rounds are the compiler's.
  const inChromium = (await timeInChromium({ bytes: last, trust }, ROUNDS + 3))?.slice(3)
  if (!inChromium) say('no Chromium on the PATH: left out')
  return {
    suite: 'verify',
    what: `a bundle of ${records} records`,
    figures: {
      records,
      buildMs: round(median(builds)),
      bytes: last.length,
      verifyMs: round(median(verifies)),
      verifyCpuMs: round(median(cpus)),
      rawSha256Ms: round(median(raws)),
      ...(inChromium && { chromiumMs: round(median(inChromium)) }),
    },
    ratios: {
      verifyToRawSha256: { value: round(median(verifies) / median(raws)) },
      verifyOf150Ms: { value: round(median(verifies) / 150), budget: 1 },
      ...(inChromium && { chromiumOf400Ms: { value: round(median(inChromium) / 400), budget: 1 } }),
    },
  }
}

/** The last thing of the world, with about 1,000 others within twenty hops upstream. */
async function lastThing({ database }: Bench['service'], tenant: string): Promise<string> {
  const read = database.graph(tenant).read
  const { size } = (await readLog(read))!
  const [leaf] = await readLeaves(read, size - 1, size)
  const root = (JSON.parse(leaf!.header) as { id: string }).id
  const page = await readLineage(
    read,
    { root, direction: 'UPSTREAM', depth: 20 },
    { first: 1 },
    null,
  )
  if (!page || page.total < RECORDS) throw new Error(`only ${page?.total} records upstream`)
  return root
}
