import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { checkLog } from '../../domains/fsck/check-log.ts'
import { fillWords } from '../../domains/search/fill.ts'
import { readLog } from '../../lineage/log.ts'
import { MIGRATIONS } from '../../lineage/migrations.ts'
import { dataset, near, RECORD, type Recorded } from '../schema/recording.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { type ServingProcess, servingEnv, startServing, untilServing } from '../setup/serving.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-previous-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The release before this one, as one file; the packages that it uses are those that are installed. */
const PREVIOUS = join(folder, 'server.mjs')
writeFileSync(PREVIOUS, gunzipSync(readFileSync('tests/fixtures/previous-release/server.mjs.gz')))
symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))

const { database, ledger, errors } = await testLedger()

interface Version {
  url: string
  end(): Promise<number | null>
}

/** Starts a server of either version on the database and home of the run. */
async function start(version: 'previous' | 'present'): Promise<Version> {
  if (version === 'present') return versionOf(await startServing())
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PREVIOUS], {
    env: { PATH, HOME, ...servingEnv() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return versionOf(await untilServing(child))
}

function versionOf({ child, url, ended }: ServingProcess): Version {
  return {
    url,
    end() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

async function ask<Data>(
  { url }: Version,
  body: { query: string; variables?: object },
  headers: Record<string, string>,
): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const { data, errors: told } = (await response.json()) as { data: Data; errors?: unknown }
  expect(told).toBeUndefined()
  return data
}

const FIND = `query Find($name: String!) {
  entity(kind: Dataset, namespace: "db", name: $name) { id }
}`
const UPSTREAM = `query Upstream($root: ID!) {
  lineage(root: $root, direction: UPSTREAM, depth: 1) { nodes { entity { name } } }
}`

describe('two versions on one database', () => {
  it('write to the same log at once, one beside the other, in either order of starting', async () => {
    const tenant = await freshTenant(ledger)
    const headers = { 'x-selvedge-tenant': tenant }
    const record = async (version: Version, name: string, more: object = {}, key?: string) => {
      const items = [dataset(name, more)]
      const keyed = { ...headers, ...(key && { 'idempotency-key': key }) }
      const { record: done } = await ask<Recorded>(
        version,
        { query: RECORD, variables: { items } },
        keyed,
      )
      return { ...done.results[0]!, replayed: done.replayed }
    }
    const acknowledged = new Map<string, number>()
    const writeMany = (version: Version, word: string, count: number) =>
      Promise.all(
        Array.from({ length: count }, async (_, i) => {
          const { id, seq } = await record(version, `${word}${i}`, {
            derivedFrom: [near('shared')],
          })
          acknowledged.set(id, seq)
        }),
      )

    // The previous one serves; the present one comes beside it, and migrates; both write.
    const previous = await start('previous')
    await record(previous, 'shared')
    const before = writeMany(previous, 'before-', 10)
    const present = await start('present')
    await before
    await Promise.all([writeMany(previous, 'old-', 15), writeMany(present, 'new-', 15)])

    // What one carried out, the other knows: a client may be sent to either.
    const first = await record(previous, 'once', {}, 'one-key')
    const again = await record(present, 'once', {}, 'one-key')
    expect(again).toEqual({ ...first, replayed: true })
    const second = await record(present, 'twice', {}, 'other-key')
    expect(await record(previous, 'twice', {}, 'other-key')).toEqual({ ...second, replayed: true })

    // The previous one goes and comes back, on a database that the present one has migrated.
    expect(await previous.end()).toBe(0)
    const back = await start('previous')
    await Promise.all([writeMany(back, 'back-', 10), writeMany(present, 'on-', 10)])

    // Either reads what the other wrote.
    for (const [version, name] of [
      [back, 'new-3'],
      [present, 'old-3'],
      [present, 'back-3'],
    ] as const) {
      const { entity } = await ask<{ entity: { id: string } }>(
        version,
        { query: FIND, variables: { name } },
        headers,
      )
      const { lineage } = await ask<{ lineage: object }>(
        version,
        { query: UPSTREAM, variables: { root: entity.id } },
        headers,
      )
      expect(JSON.stringify(lineage)).toContain('"shared"')
    }

    // The previous one writes no words; what it wrote is filled in, and found.
    await fillWords(database.graph(tenant))
    const query = '{ search(text: "back 3") { nodes { name } complete } }'
    const { search } = await ask<{ search: object }>(present, { query }, headers)
    expect(search).toEqual({ nodes: [{ name: 'back-3' }], complete: true })

    expect(await Promise.all([back.end(), present.end()])).toEqual([0, 0])
    expect(acknowledged.size).toBe(60)
    expect(new Set(acknowledged.values()).size).toBe(60)
    await ledger.checkpointOf(tenant, Math.max(...acknowledged.values()) + 1)
    await vi.waitFor(
      async () => {
        const head = (await readLog(database.graph(tenant).read))!
        expect(head.signed).toBeGreaterThan(Math.max(...acknowledged.values()))
      },
      { timeout: 120_000, interval: 100 },
    )
    expect((await checkLog(database.graph(tenant))).differences).toEqual([])
    expect(errors).toEqual([])
  }, 300_000)
})

describe('migrations', () => {
  /** Those of the release before this one: they have run where nobody can take them back. */
  const RELEASED = 5
  const RELEASED_AS = 'b70871823f4576a07cbf7505a6a6f2b3a771fed63dcd2546c6463e577fd198c8'

  it('only add: what the version before this one needs is still there when all have run', () => {
    const ADDS = /^CREATE (CONSTRAINT|INDEX|RANGE INDEX|FULLTEXT INDEX) \w+ IF NOT EXISTS FOR /
    const others = MIGRATIONS.flatMap(({ commands }) => commands).filter((one) => !ADDS.test(one))
    expect(others).toEqual([])
  })

  it('ask nothing more of nodes that the version before this one writes', () => {
    const known = new Set(
      MIGRATIONS.slice(0, RELEASED).flatMap(({ commands }) => labelsOf(commands)),
    )
    const added = MIGRATIONS.slice(RELEASED).flatMap(({ commands }) => commands)
    const stricter = added.filter((one) => one.startsWith('CREATE CONSTRAINT'))
    expect(labelsOf(stricter).filter((label) => known.has(label))).toEqual([])
  })

  it('are numbered in order, and stay as they were released', () => {
    expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, i) => i + 1))
    const released = JSON.stringify(MIGRATIONS.slice(0, RELEASED))
    expect(createHash('sha256').update(released).digest('hex')).toBe(RELEASED_AS)
  })
})

const labelsOf = (commands: readonly string[]) =>
  commands.flatMap((command) => [...command.matchAll(/\(n:(\w+)\)/g)].map(([, label]) => label!))
