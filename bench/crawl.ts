import type { ChildProcess } from 'node:child_process'
import { openFollower } from '../cli/follow/follower.ts'
import { httpSource } from '../cli/follow/source.ts'
import { sha256 } from '../core/sha256.ts'
import { readLeaves, readLog } from '../lineage/log.ts'
import { unb64 } from '../proofs/base64.ts'
import { filesBetween } from '../proofs/crawl.ts'
import { tilePath } from '../proofs/tiles.ts'
import type { Config } from '../server/config.ts'
import type { Bench } from './bench.ts'
import { type Figures, median, round, timed } from './figures.ts'
import { startServer } from './start-server.ts'
import { recordTenant, things } from './world.ts'

const RECORDS = 100_000
const ROUNDS = 5
const AT_ONCE = 16
/** Following a log, every entry and tile hashed, against only reading the same files. */
const BUDGET_TO_READ = 3

/** A whole log of 100,000 records over HTTP: crawled by our client, and its files read and dropped. */
export async function benchCrawl(
  { service, say }: Bench,
  { config }: { config: Config },
): Promise<Figures> {
  const tenant = `crawl-${RECORDS}`
  await recordOnce(service, tenant, say)
  const { size, note } = await service.ledger.checkpointOf(tenant, RECORDS)
  const origin = note.slice(0, note.indexOf('\n'))
  // The key that opened the log; nobody rotates the keys of a bench.
  const [first] = await readLeaves(service.database.graph(tenant).read, 0, 1)
  const { x } = JSON.parse(first!.header) as { x: string }
  const key = { name: origin, publicKey: unb64(x) }
  const children: ChildProcess[] = []
  try {
    const { port, token } = await startServer(service, config, children)
    const source = httpSource(`http://127.0.0.1:${port}/log/${tenant}`, async () => ({
      authorization: `Bearer ${token}`,
      'x-selvedge-tenant': tenant,
    }))
    const paths = [...filesBetween(0, size)].map(({ level, index, width }) =>
      tilePath(level, index, width),
    )
    let bytes = 0
    const read = async () => {
      bytes = 0
      const waiting = paths.values()
      const reader = async () => {
        for (const path of waiting) {
          const file = await source.get(path)
          bytes += file!.length
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, reader))
    }
    const crawl = async () => {
      const follower = openFollower(source, { expected: { key } })
      await follower.step()
      if (follower.size !== size) throw new Error(`the crawl ended at ${follower.size} of ${size}`)
    }
    const reads: number[] = []
    const crawls: number[] = []
    const hashes: number[] = []
    for (let i = 0; i <= ROUNDS; i++) {
      // In turns, so that neither has the warmer half of the run.
      const [first, second] = i % 2 === 0 ? [read, crawl] : [crawl, read]
      const [a, b] = [await timed(first), await timed(second)]
      const [reading, crawling] = i % 2 === 0 ? [a, b] : [b, a]
      say(`round ${i}: read in ${Math.round(reading)} ms, crawled in ${Math.round(crawling)} ms`)
      if (i === 0) continue
      reads.push(reading)
      crawls.push(crawling)
      const block = new Uint8Array(bytes)
      hashes.push(await timed(() => sha256(block)))
    }
    return {
      suite: 'crawl',
      what: `a log of ${size} leaves over HTTP, ${paths.length} files, ${AT_ONCE} at once`,
      figures: {
        leaves: size,
        megabytes: round(bytes / 1e6),
        readMs: round(median(reads)),
        crawlMs: round(median(crawls)),
        rawSha256Ms: round(median(hashes)),
        leavesPerSecond: Math.round(size / (median(crawls) / 1000)),
      },
      ratios: {
        crawlToRead: {
          value: round(median(crawls.map((crawling, i) => crawling / reads[i]!))),
          budget: BUDGET_TO_READ,
        },
      },
    }
  } finally {
    for (const child of children) child.kill()
  }
}

async function recordOnce(
  { database, ledger }: Bench['service'],
  tenant: string,
  say: Bench['say'],
) {
  const head = await readLog(database.graph(tenant).read)
  if (head && head.size < RECORDS) {
    throw new Error(`${tenant} is there in part: run with --fresh, which starts from an empty home`)
  }
  if (head) return
  const world = things(0, { tenants: 1, nodesPerTenant: RECORDS, window: 2_000 })
  say(`recording ${RECORDS} things`)
  const taken = await timed(() => recordTenant(ledger, tenant, world))
  say(`recorded in ${Math.round(taken / 1000)} s`)
}
