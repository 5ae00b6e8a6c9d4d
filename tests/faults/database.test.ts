import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase } from '../../lineage/graph.ts'
import { unb64 } from '../../proofs/base64.ts'
import type { KeyLeaf } from '../../proofs/leaf.ts'
import { readConfig } from '../../server/config.ts'
import { homeAt } from '../../server/neo4j/home.ts'
import { resetNeo4j } from '../../server/neo4j/operate.ts'
import { silent } from '../../server/neo4j/progress.ts'
import { readState } from '../../server/neo4j/state.ts'
import { expectClean, leaves } from '../ledger/support.ts'
import { embeddedEnv, embeddedRuns } from '../setup/embedded.ts'
import { SERVICE_NAME } from '../setup/ledger.ts'
import { type Fate, type Link, linkTo } from '../setup/proxy.ts'
import { selvedge, spawnSelvedge } from '../setup/selvedge.ts'
import { type ServingProcess, untilServing } from '../setup/serving.ts'
import { prover, readNotes } from './checkpoints.ts'
import { expectWritten, foundTenant, isThere, type Load, openLoad, writeOnce } from './retrying.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-faults-'))
const home = homeAt(folder)
if (!embeddedRuns)
  process.stderr.write('\n  !! 6 tests skipped: no Neo4j of their own runs here\n\n')

const LEAST = 100
const KILLS = 5
const STOPPED_MS = 30_000
/** COMMIT of Bolt: a structure without fields, tag 0x12, as a chunk of its own. */
const COMMIT = Buffer.from([0x00, 0x02, 0xb0, 0x12, 0x00, 0x00])

const service = { SELVEDGE_SERVICE: SERVICE_NAME, SELVEDGE_PORT: '0' }
const running = () => readState(home)?.running
const PATIENT = { timeout: 240_000, interval: 200 }

/**
 * Two servers of one home on one database: one has started it, and starts it again where it has to; the
 * other knows where it is, and reaches it by a way that can be broken.
 */
describe.skipIf(!embeddedRuns)('two servers', { timeout: 600_000 }, () => {
  let owner: ServingProcess
  let other: ServingProcess
  let link: Link
  let database: Database
  let fate: (message: Buffer) => Fate = () => 'pass'
  const atOwner = () => owner.url
  const atOther = () => other.url

  const startOwner = () =>
    untilServing(spawnSelvedge(['start'], { ...embeddedEnv(folder), ...service }))
  const startOther = () =>
    untilServing(
      spawnSelvedge(['start'], {
        ...service,
        SELVEDGE_HOME: folder,
        NEO4J_URI: `bolt://127.0.0.1:${link.port}`,
        NEO4J_USERNAME: 'neo4j',
        NEO4J_PASSWORD: readFileSync(home.password, 'utf8').trim(),
      }),
    )
  const missing = async ({ url }: ServingProcess) => {
    const ready = await fetch(`${url}/readyz`)
    const { missing = [] } = (await ready.json()) as { missing?: string[] }
    expect(ready.status).toBe(missing.length === 0 ? 200 : 503)
    if (missing.length > 0) expect(ready.headers.get('retry-after')).toBe('1')
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    return missing
  }
  const untilReady = (...servers: ServingProcess[]) =>
    vi.waitFor(async () => {
      for (const one of servers) expect(await missing(one)).toEqual([])
    }, PATIENT)
  const untilItMissesIts = (...servers: ServingProcess[]) =>
    vi.waitFor(async () => {
      for (const one of servers) expect(await missing(one)).toContain('database')
    }, PATIENT)

  let tenants = 0
  /** Founds a tenant and loads it, until well over a hundred writes are acknowledged. */
  const loaded = async (servers = [atOwner, atOther]) => {
    tenants += 1
    const tenant = `load-${tenants}`
    await foundTenant(servers[0]!, tenant)
    const load = openLoad(tenant, servers)
    await load.more(LEAST)
    return { tenant, load }
  }
  /** Ends a load, and holds what is there against what clients were told, and checkpoints against the last. */
  const expectWhole = async (tenant: string, loads: Load[], what: string) => {
    for (const load of loads) await load.stop()
    await expectWritten(database, tenant, loads)
    await expectClean(database, tenant)
    const [first] = (await leaves(database, tenant, 0)) as KeyLeaf[]
    const seen = loads.flatMap((load) => [...load.notes])
    const notes = readNotes(new Set(seen), tenant, unb64(first!.x))
    const prove = prover(database, tenant)
    for (const earlier of notes) await prove(earlier, notes.at(-1)!)
    expect(notes.length).toBeGreaterThan(1)
    const told = loads.map((load) => load.told()).join('; ')
    console.log(`${what}: ${told}; ${notes.length} checkpoints consistent`)
  }

  beforeAll(async () => {
    owner = await startOwner()
    const uri = `bolt://127.0.0.1:${readState(home)!.port}`
    link = await linkTo(uri, (message) => fate(message))
    other = await startOther()
    const password = readFileSync(home.password, 'utf8').trim()
    database = openDatabase({ uri, username: 'neo4j', password })
  }, 300_000)
  afterAll(async () => {
    await database?.close()
    for (const one of [other, owner]) one?.child.kill('SIGKILL')
    await resetNeo4j(readConfig({ ...process.env, NEO4J_URI: '', ...embeddedEnv(folder) }), silent)
    rmSync(folder, { recursive: true, force: true })
  }, 120_000)

  it('lose nothing where connections are cut, also while a commit is on its way', async () => {
    const cuts = { before: 0, after: 0 }
    const { tenant, load } = await loaded([atOther])
    fate = (message) => {
      const chance = Math.random()
      const most = message.includes(COMMIT) ? 0.2 : 0.005
      if (chance > most) return 'pass'
      if (message.includes(COMMIT)) cuts[chance < most / 2 ? 'before' : 'after'] += 1
      return chance < most / 2 ? 'cut before' : 'cut after'
    }
    while (Math.min(cuts.before, cuts.after) < 4) await load.more(10)
    fate = () => 'pass'
    for (let time = 0; time < 3; time++) {
      expect(load.inFlight()).toBeGreaterThan(0)
      link.cut()
      await untilItMissesIts(other)
      link.mend()
      await untilReady(other)
      await load.more(10)
    }
    await expectWhole(tenant, [load], `${cuts.before} cuts before a commit, ${cuts.after} after`)
  })

  it('go on, the one without the other, where one of them is cut off without a word', async () => {
    const { tenant, load } = await loaded([atOwner])
    const there = openLoad(tenant, [atOther], 'other')
    await there.more(LEAST)
    link.silence()
    await untilItMissesIts(other)
    const late = Array.from({ length: 5 }, (_, i) => `never again ${i}`)
    const refusing = Promise.all(late.map((name) => writeOnce(atOther, tenant, name)))
    await load.more(LEAST)
    expect(await missing(owner)).toEqual([])
    for (const code of await refusing) expect(code).toBe('DATABASE_UNAVAILABLE')
    link.mend()
    await untilReady(other)
    await there.more(LEAST)
    await expectWhole(tenant, [load, there], 'one cut off')
    for (const name of late) expect(await isThere(atOwner, tenant, name)).toBe(false)
  })

  it('refuse in time while Neo4j stands still for half a minute, and go on once it moves', async () => {
    const { tenant, load } = await loaded()
    expect(load.inFlight()).toBeGreaterThan(0)
    const { pid } = running()!
    process.kill(pid, 'SIGSTOP')
    const moves = sleep(STOPPED_MS).then(() => process.kill(pid, 'SIGCONT'))
    await untilItMissesIts(owner, other)
    await moves
    await untilReady(owner, other)
    await load.more(LEAST)
    expect(running()!.pid).toBe(pid)
    expect(load.toldToWait.get('503 DATABASE_UNAVAILABLE')).toBeGreaterThan(0)
    await expectWhole(tenant, [load], 'Neo4j stopped for 30 s')
  })

  it('lose nothing where Neo4j is killed, time and again, and have it back by themselves', async () => {
    const { tenant, load } = await loaded()
    for (let kill = 0; kill < KILLS; kill++) {
      expect(load.inFlight()).toBeGreaterThan(0)
      const { pid } = running()!
      process.kill(pid, 'SIGKILL')
      await untilItMissesIts(owner, other)
      await untilReady(owner, other)
      expect(running()!.pid).not.toBe(pid)
      await load.more(LEAST)
    }
    await expectWhole(tenant, [load], `Neo4j killed ${KILLS} times`)
    expect([owner.child.exitCode, other.child.exitCode]).toEqual([null, null])
  })

  it('lose nothing where one is killed, be it the one that runs the database', async () => {
    const { tenant, load } = await loaded()
    other.child.kill('SIGKILL')
    await other.ended
    await load.more(LEAST)
    other = await startOther()
    await load.more(LEAST)
    const { pid } = running()!
    expect(load.inFlight()).toBeGreaterThan(0)
    owner.child.kill('SIGKILL')
    await owner.ended
    await untilItMissesIts(other)
    owner = await startOwner()
    await untilReady(owner, other)
    expect(running()!.pid).not.toBe(pid)
    await load.more(LEAST)
    await expectWhole(tenant, [load], 'servers killed')
  })

  it('leave a database of which everything follows from the records', async () => {
    const { code, stdout } = await selvedge(['fsck', '--all', '--json'], embeddedEnv(folder))
    expect(code).toBe(0)
    expect(JSON.parse(stdout).tenants).toHaveLength(tenants)
  })
})
