import { spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import type { Objects } from '../core/objects.ts'
import { createApp } from '../server/app.ts'
import { listen } from '../server/listen.ts'
import type { Bench } from './bench.ts'
import { type Figures, median, round, timed } from './figures.ts'
import { openRaw, rawRows } from './raw.ts'

const ROUNDS = 3
const LINES = 10_000
/** Ten times as many, to see that memory does not grow with the file. */
const MANY = 5
const LICENCES = 100
const GOAL = 5_000

const PROGRAM = fileURLToPath(new URL('../cli/selvedge.ts', import.meta.url))

/**
 * Things a second by `selvedge import` as a process of its own, against raw Bolt writing the same
 * entities and edges; and the memory of that process for a file, and for one several times as long.
 */
export async function benchImports({ service, say }: Bench): Promise<Figures> {
  const { database, ledger } = service
  const folder = await mkdtemp(join(tmpdir(), 'selvedge-bench-imports-'))
  const objects = undefined as unknown as Objects
  const app = createApp({ database, ledger, objects, report: (error) => say(String(error)) })
  const { port, close } = await listen(app, { host: '127.0.0.1', port: 0 })
  const driver = openRaw(service.neo4j)
  const run = crypto.randomUUID().slice(0, 8)
  const [ours, raw, memory]: number[][] = [[], [], []]
  try {
    await rawRows(
      driver,
      'CREATE CONSTRAINT bench_entity IF NOT EXISTS FOR (n:BenchEntity) REQUIRE (n.tenant, n.id) IS UNIQUE',
      {},
    )
    const file = join(folder, 'sources.ndjson')
    await write(file, LINES)
    const through = async (tenant: string, path: string) => {
      await ledger.createTenant({ tenant, subject: 'bench' })
      return importFile(path, { tenant, url: `http://127.0.0.1:${port}`, home: folder })
    }
    for (let i = 0; i <= ROUNDS; i++) {
      const tenant = `imports-${run}-${i}`
      const imported = await through(tenant, file)
      const direct = (await timed(() => writeRaw(driver, tenant))) / 1_000
      say(
        `round ${i}: ${imported.seconds} s by import, ${round(direct)} s raw, ${imported.mib} MiB`,
      )
      if (i === 0) continue // the first round warms plans and pools
      ours!.push(imported.seconds)
      raw!.push(direct)
      memory!.push(imported.mib)
    }
    await rawRows(driver, 'MATCH (n:BenchEntity) DETACH DELETE n', {})
    const long = join(folder, 'long.ndjson')
    await write(long, MANY * LINES)
    const many = await through(`imports-${run}-many`, long)
    say(`${MANY * LINES} lines: ${many.seconds} s by import, ${many.mib} MiB`)
    const perSecond = Math.round(LINES / median(ours!))
    const rawPerSecond = Math.round(LINES / median(raw!))
    const goal = Math.min(GOAL, 0.5 * rawPerSecond)
    return {
      suite: 'imports',
      what: `${LINES} sources from a file, each under one of ${LICENCES} licences`,
      figures: {
        linesPerSecond: perSecond,
        rawEntitiesPerSecond: rawPerSecond,
        linesPerSecondOfMany: Math.round((MANY * LINES) / many.seconds),
        peakMiB: median(memory!),
        peakMiBOfMany: many.mib,
      },
      ratios: {
        goalToThroughput: { value: round(goal / perSecond), budget: 1 },
        memoryOfManyToFew: { value: round(many.mib / median(memory!)), budget: 1.5 },
      },
    }
  } finally {
    await driver.close()
    await close()
    await rm(folder, { recursive: true })
  }
}

const source = (i: number) => ({
  kind: 'Source',
  namespace: 'bench',
  name: `source ${i}`,
  body: {
    title: `Source ${i}`,
    description: `What source ${i} is for, in a sentence of ordinary length.`,
    keywords: ['orders', 'shop'],
    issued: '2026-03-31',
  },
  licensedUnder: [{ namespace: 'bench', name: `licence ${i % LICENCES}` }],
})

function* lines(count: number) {
  for (let i = 0; i < count; i++) yield `${JSON.stringify(source(i))}\n`
}

const write = (path: string, count: number) =>
  pipeline(Readable.from(lines(count)), createWriteStream(path))

/** By the program itself, as a user would; the seconds are those that it tells. */
async function importFile(
  file: string,
  { tenant, url, home }: { tenant: string; url: string; home: string },
): Promise<{ seconds: number; mib: number }> {
  const args = ['import', file, '--tenant', tenant, '--url', url, '--json']
  const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4']
  const child = spawn(process.execPath, [...flags, PROGRAM, ...args], {
    env: { ...process.env, SELVEDGE_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let mib = 0
  const watch = setInterval(() => {
    mib = Math.max(mib, peakOf(child.pid!))
  }, 50)
  try {
    const events = (await text(child.stdout)).trim().split('\n')
    const ended = JSON.parse(events.at(-1)!) as { ok: boolean; seconds: number }
    if (!ended.ok) throw new Error(events.at(-1))
    return { seconds: ended.seconds, mib }
  } finally {
    clearInterval(watch)
  }
}

/** The most memory that a process had so far, in MiB; 0 where the system does not say. */
function peakOf(pid: number): number {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Math.round(Number(kib ?? 0) / 1_024)
  } catch {
    return 0
  }
}

const RAW_NODES = `UNWIND $rows AS row
  CREATE (e:BenchEntity {tenant: $tenant, id: row.name, kind: row.kind, namespace: row.namespace, name: row.name, body: row.body})`
const RAW_EDGES = `UNWIND $rows AS row
  MATCH (a:BenchEntity {tenant: $tenant, id: row.from}) MATCH (b:BenchEntity {tenant: $tenant, id: row.to})
  CREATE (a)-[:BENCH_EDGE {tenant: $tenant, since: row.since}]->(b)`

async function writeRaw(driver: ReturnType<typeof openRaw>, tenant: string) {
  const licences = Array.from({ length: LICENCES }, (_, i) => {
    const kind = 'License'
    return { kind, namespace: 'bench', name: `licence ${i}`, body: '{}' }
  })
  await rawRows(driver, RAW_NODES, { tenant, rows: licences })
  for (let from = 0; from < LINES; from += 500) {
    const part = Array.from({ length: 500 }, (_, i) => source(from + i))
    const rows = part.map(({ licensedUnder: _, ...of }) => ({
      ...of,
      body: JSON.stringify(of.body),
    }))
    const edges = part.map(({ name, licensedUnder: [to] }) => ({
      ...{ from: name, to: to!.name, since: from },
    }))
    await rawRows(driver, RAW_NODES, { tenant, rows })
    await rawRows(driver, RAW_EDGES, { tenant, rows: edges })
  }
}
