import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import neo4j from 'neo4j-driver'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { weaveBundle } from '../../domains/evidence/export.ts'
import { proveConsistency } from '../../domains/evidence/log-proofs.ts'
import { checkLog } from '../../domains/fsck/check-log.ts'
import { openRegister } from '../../ledger/register.ts'
import { readLeaves, readLog } from '../../lineage/log.ts'
import { verifyCheckpoint } from '../../proofs/checkpoint.ts'
import { verifyConsistency } from '../../proofs/consistency.ts'
import { parseNote } from '../../proofs/note.ts'
import { exitCode } from '../../proofs/report.ts'
import { parseTrust } from '../../proofs/trust.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readConfig } from '../../server/config.ts'
import { findArtifacts } from '../../server/neo4j/artifacts.ts'
import { resolveNeo4j } from '../../server/neo4j/find.ts'
import { findJava, fits, onPath } from '../../server/neo4j/java.ts'
import { resetNeo4j } from '../../server/neo4j/operate.ts'
import { silent } from '../../server/neo4j/progress.ts'
import { openService, type Service } from '../../server/open.ts'
import { assertOne, dataset } from '../ledger/support.ts'
import { keyOfSeed } from '../make/keys.ts'

const FIXTURE = 'tests/fixtures/spine-database'
const text = (name: string) => readFileSync(join(FIXTURE, name), 'utf8')
const bytes = (name: string) => new Uint8Array(readFileSync(join(FIXTURE, name)))
const trustOf = (tenant: string) => parseTrust(sha256, text(`${tenant}.trust.json`))

const home = mkdtempSync(join(tmpdir(), 'selvedge-spine-'))
const config = readConfig({
  ...process.env,
  NEO4J_URI: '',
  SELVEDGE_HOME: home,
  SELVEDGE_SERVICE: 'spine.example',
  SELVEDGE_NEO4J: 'embedded',
  SELVEDGE_NEO4J_HEAP: '512m',
})
const java = (await findJava(config)).find(fits)
const runnable =
  java !== undefined &&
  (onPath('mvn', config.searchPath) !== null || findArtifacts(config.cache) !== null)
if (!runnable) {
  process.stderr.write('\n  !! the database of the spine was not opened here: no Java or Maven\n\n')
}

it.each([
  ['upstream.bundle', 20],
  ['both.bundle', 3],
])('a bundle that the spine made verifies as it did: %s', async (name, records) => {
  const report = await verifyBundle({ sha256, bytes: bytes(name), trust: trustOf('acme') })
  expect(report.checks.filter(({ result }) => result === 'fail')).toEqual([])
  expect(exitCode(report)).toBe(0)
  expect(report.bundle).toMatchObject({ tenant: 'acme', stateSize: null, records })
  const { intact, authentic, current, completeUp, completeDown } = report.verdict
  expect([intact.result, authentic.result, completeUp.result]).toEqual(['pass', 'pass', 'pass'])
  expect([current.result, completeDown.result]).toEqual(['not evaluated', 'not evaluated'])
})

/** Puts the dump into an empty database, as a restored backup would be. */
async function importGraph({ uri, username, password }: Service['neo4j']) {
  const rows = text('graph.ndjson')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
  const driver = neo4j.driver(uri, neo4j.auth.basic(username, password))
  const session = driver.session()
  try {
    const nodes = rows.flatMap((row, i) => ('labels' in row ? [{ i, ...row }] : []))
    for (const [labels, some] of Map.groupBy(nodes, (node) => node.labels.join(':'))) {
      await session.run(
        `UNWIND $some AS row CREATE (n:${labels}:Imported) SET n = row.props, n.imported = row.i`,
        { some: whole(some) },
      )
    }
    const edges = rows.flatMap((row) => ('type' in row ? [row] : []))
    for (const [type, some] of Map.groupBy(edges, (edge) => edge.type)) {
      await session.run(
        `UNWIND $some AS row
        MATCH (a:Imported {imported: row.from}) MATCH (b:Imported {imported: row.to})
        CREATE (a)-[x:${type}]->(b) SET x = row.props`,
        { some: whole(some) },
      )
    }
    await session.run('MATCH (n:Imported) REMOVE n:Imported, n.imported')
  } finally {
    await session.close()
    await driver.close()
  }
}

type Row =
  | { labels: string[]; props: object }
  | { type: string; from: number; to: number; props: object }

/** Every number in the dump is a whole one, and was stored as such. */
const whole = (value: unknown): unknown => {
  if (typeof value === 'number') return neo4j.int(value)
  if (Array.isArray(value)) return value.map(whole)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, whole(part)]))
}

async function restoreRegister() {
  const { id, signed } = JSON.parse(text('register.json')) as {
    id: string
    signed: { origin: string; size: number; root: string }[]
  }
  const register = openRegister(join(home, 'register.sqlite'))
  await register.found(id)
  for (const { origin, size, root } of signed) {
    await register.sign(origin, async () => ({ size, root }))
  }
  register.close()
}

/** The keys that `make.mjs` derived from words: anybody can compute them, so they are worth nothing. */
function writeKeys() {
  mkdirSync(join(home, 'keys'), { recursive: true, mode: 0o700 })
  for (const use of ['checkpoint', 'manifest']) {
    const { jwk } = keyOfSeed(sha256(utf8(`selvedge spine-database ${use}`)))
    writeFileSync(join(home, 'keys', `${use}.json`), `${JSON.stringify(jwk)}\n`, { mode: 0o600 })
  }
}

describe.skipIf(!runnable)('a database that the spine made', { timeout: 120_000 }, () => {
  let service: Service
  const errors: unknown[] = []
  const graph = (tenant: string) => service.database.graph(tenant)

  beforeAll(async () => {
    writeKeys()
    await restoreRegister()
    const empty = await resolveNeo4j(config, { progress: silent })
    await importGraph(empty)
    service = await openService(config, {
      progress: silent,
      onError: (error) => errors.push(error),
    })
    await empty.stop()
  })
  afterAll(async () => {
    await service?.close()
    await resetNeo4j(config, silent)
    rmSync(home, { recursive: true, force: true })
  })

  it('gets a first state record in every log, also where nobody writes, and only one', async () => {
    await vi.waitFor(
      async () => {
        for (const [tenant, size] of [
          ['acme', 72],
          ['idle', 6],
        ] as const) {
          const head = await readLog(graph(tenant).read)
          expect(head).toMatchObject({ size, signed: size, stateSize: size - 1, built: size })
        }
      },
      { timeout: 30_000, interval: 200 },
    )
    // Longer than the signer looks for what is unsigned: an idle log signs nothing new.
    await new Promise((resolve) => {
      setTimeout(resolve, 1_500)
    })
    expect((await readLog(graph('idle').read))!.size).toBe(6)
    const [state] = await readLeaves(graph('idle').read, 5, 6)
    expect(JSON.parse(state!.header)).toMatchObject({ v: 'selvedge/state/1', seq: 5, size: 5 })
  })

  it('goes on from every checkpoint that was handed out', async () => {
    const notes = JSON.parse(text('checkpoints.json')) as string[]
    expect(notes.length).toBeGreaterThan(4)
    for (const note of notes) {
      const origin = parseNote(note).text.split('\n')[0]!
      const tenant = origin.split('/')[1]!
      const { x } = trustOf(tenant).logs[0]!.keys.find(({ use }) => use === 'checkpoint')!
      const before = verifyCheckpoint(sha256, note, { origin, x })
      const now = (await service.ledger.checkpoint(tenant))!
      const after = verifyCheckpoint(sha256, now.note, { origin, x })
      const sizes = { from: before.size, to: after.size }
      const { path } = await proveConsistency(graph(tenant).read, sizes, now)
      verifyConsistency(sha256, {
        size1: before.size,
        size2: after.size,
        root1: before.root,
        root2: after.root,
        path,
      })
    }
  })

  it('is read, written and exported, with proofs of what is current', async () => {
    const { ledger, database } = service
    const names = { names: [dataset('report'), dataset('a')] }
    const late = dataset('late')
    const link = [{ rel: 'WAS_DERIVED_FROM' as const, to: dataset('report') }]
    const { outcomes } = await assertOne(ledger, 'acme', late, { link }, names)
    for (const direction of ['UPSTREAM', 'BOTH'] as const) {
      const asked = { tenant: 'acme', root: outcomes[0]!.id, direction, depth: 20 }
      const woven = await weaveBundle({ database, ledger }, asked)
      expect(woven.records).toBeGreaterThan(2)
      const report = await verifyBundle({ sha256, bytes: woven.bytes, trust: trustOf('acme') })
      expect(report.checks.filter(({ result }) => result === 'fail')).toEqual([])
      expect(exitCode(report)).toBe(0)
      expect(report.verdict.current.result).toBe('pass')
    }
  })

  it('is clean to fsck, which derives its states anew', async () => {
    for (const tenant of ['acme', 'idle']) {
      const { differences } = await checkLog(graph(tenant))
      expect(differences).toEqual([])
    }
    expect(errors).toEqual([])
  })
})
