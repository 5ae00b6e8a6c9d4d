import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../../server/config.ts'
import { resolveNeo4j } from '../../server/neo4j/find.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { startServer } from '../start-server.ts'
import { type Asked, begin, offer } from './load.ts'
import { type Flatness, flatness, heldBy, type Stretch } from './watch.ts'

const HELP = `Usage: npm run soak -- [--minutes N] [--json]

Runs a server as a process of its own under a steady mixed load (events, lineage, exports, log files,
mistakes) and says whether it stays as it is: memory within 10 %, no growth of handles, p95 flat. The
last quarter is compared with the second. Exit code 1 where it is not, or where a request failed.

  --minutes N  how long, 15 unless told; 2 to 600
  --json       print one JSON object

Needs Linux, whose /proc tells what a process holds. The database is one of its own, under
.selvedge/soak in SELVEDGE_HOME's place.
`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})
const say = (text: string) => process.stderr.write(`${text}\n`)
const SAMPLE_MS = 5_000

async function main() {
  if (values.help) return void process.stdout.write(HELP)
  const minutes = Number(values.minutes)
  if (!(minutes >= 2 && minutes <= 600)) {
    say(`--minutes is a number from 2 to 600, not «${values.minutes}»`)
    process.exitCode = 2
    return
  }
  if (process.platform !== 'linux') {
    say('soak needs Linux: /proc tells what a process holds')
    process.exitCode = 2
    return
  }
  const base = readConfig()
  const config = { ...base, home: join(base.home, 'soak'), service: 'soak.selvedge.localhost' }
  mkdirSync(config.home, { recursive: true, mode: 0o700 })
  const neo4j = await resolveNeo4j(config, { progress: progressTo(process.stderr) })
  const children: ChildProcess[] = []
  try {
    const server = await startServer({ neo4j }, config, children)
    tell(await soak(server, children[0]!.pid!, minutes * 60_000))
  } finally {
    for (const child of children) {
      if (child.exitCode !== null) continue
      child.kill('SIGTERM')
      await once(child, 'close')
    }
    await neo4j.stop()
  }
}

async function soak(server: Asked, pid: number, forMs: number): Promise<Flatness> {
  await begin(server)
  const quarters = Array.from({ length: 4 }, (): Stretch => ({ held: [], answers: [] }))
  const begun = Date.now()
  const now = () => quarters[Math.min(3, Math.floor(((Date.now() - begun) / forMs) * 4))]!
  const stop = offer(server, (answer) => now().answers.push(answer))
  while (Date.now() - begun < forMs) {
    await new Promise((resolve) => {
      setTimeout(resolve, SAMPLE_MS)
    })
    const held = heldBy(pid)
    now().held.push(held)
    const done = Math.min(100, Math.round(((Date.now() - begun) / forMs) * 100))
    say(`${done} %  ${held.megabytes.toFixed(0)} MB  ${held.handles} handles`)
  }
  await stop()
  return flatness(quarters as [Stretch, Stretch, Stretch, Stretch])
}

function tell(found: Flatness) {
  if (!found.ok) process.exitCode = 1
  if (values.json) return void process.stdout.write(`${JSON.stringify(found)}\n`)
  const rows = {
    'memory, MB': found.megabytes,
    handles: found.handles,
    ...Object.fromEntries(
      Object.entries(found.p95Ms).map(([kind, row]) => [`p95 of ${kind}, ms`, row]),
    ),
  }
  const lines = Object.entries(rows).map(
    ([name, { early, late, ok }]) =>
      `  ${name.padEnd(22)} ${String(early).padStart(9)} → ${String(late).padStart(9)}  ${ok ? 'flat' : 'NOT FLAT'}`,
  )
  const failed = Object.entries(found.failed).map(([what, count]) => `${count} × ${what}`)
  lines.push(`  ${found.requests} requests; failed: ${failed.join(', ') || 'none'}`, '')
  process.stdout.write(lines.join('\n'))
}

await main()
