import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { type LogFile, listFiles } from '../../domains/log-files/list-files.ts'
import { b64 } from '../../proofs/base64.ts'
import { verifyCheckpoint } from '../../proofs/checkpoint.ts'
import { entriesOf } from '../../proofs/entry-bundle.ts'
import { HASH_BYTES, leafHash } from '../../proofs/hash.ts'
import { hashLeaf, parseLeaf } from '../../proofs/leaf.ts'
import { parseVkey } from '../../proofs/note.ts'
import { rootFromTiles, TILE_WIDTH, tilePath } from '../../proofs/tiles.ts'
import { text } from '../../proofs/utf8.ts'
import { testNeo4j } from '../setup/database.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { assertOne, dataset, job, rawDatabase, withCode, writeWorld } from './support.ts'

const { database, ledger, home } = await testLedger()
const raw = rawDatabase()
const folder = mkdtempSync(join(tmpdir(), 'selvedge-export-'))
afterAll(() => rmSync(folder, { recursive: true }))
let tenant = ''
const many = Array.from({ length: 600 }, (_, i) => dataset(`input ${i}`))

beforeAll(async () => {
  tenant = await freshTenant(ledger, 'export')
  await assertOne(
    ledger,
    tenant,
    job('etl'),
    { link: many.map((to) => ({ rel: 'USED' as const, to })) },
    { names: many },
  )
  await ledger.checkpointOf(tenant, 605)
})

interface Ended {
  code: number
  out: string
  err: string
}

const selvedge = (...args: string[]) => {
  const { uri, username, password } = testNeo4j()
  const env = {
    ...process.env,
    NEO4J_URI: uri,
    NEO4J_USERNAME: username,
    NEO4J_PASSWORD: password,
    SELVEDGE_HOME: home,
    SELVEDGE_SERVICE: SERVICE_NAME,
  }
  return new Promise<Ended>((resolve) => {
    const child = execFile(
      process.execPath,
      ['cli/selvedge.ts', ...args],
      { env },
      (_e, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

/** Reads a log back from its files alone: the checkpoint, and every entry that it covers. */
function readBack(directory: string) {
  const file = (path: string) => new Uint8Array(readFileSync(join(directory, path)))
  const { name, publicKey } = parseVkey(sha256, text(file('log.vkey')).trimEnd())
  const checkpoint = verifyCheckpoint(sha256, text(file('checkpoint')), {
    origin: name,
    x: b64(publicKey),
  })
  const { size } = checkpoint
  const partOf = (level: number, index: number) => {
    const count = Math.floor(size / TILE_WIDTH ** level)
    return Math.min(TILE_WIDTH, count - index * TILE_WIDTH)
  }
  const tile = (level: number, index: number) => file(tilePath(level, index, partOf(level, index)))
  expect(b64(rootFromTiles(sha256, size, tile))).toBe(b64(checkpoint.root))
  const entries: Uint8Array[] = []
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const some = entriesOf(file(tilePath('entries', index, partOf(0, index))))
    const hashes = tile(0, index)
    expect(some).toHaveLength(hashes.length / HASH_BYTES)
    for (const [i, entry] of some.entries()) {
      const hash = hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)
      expect(b64(leafHash(sha256, entry))).toBe(b64(hash))
    }
    entries.push(...some)
  }
  return { origin: name, size, entries }
}

it('writes a log as a directory of tiles that reads back entry by entry', async () => {
  const out = join(folder, 'whole')
  const { code, err } = await selvedge('log', 'export', '--tenant', tenant, '--out', out)
  expect([code, err.includes('Error')]).toEqual([0, false])
  const { origin, size, entries } = readBack(out)
  expect([origin, size]).toEqual([`${SERVICE_NAME}/${tenant}`, 606])
  for (const [seq, entry] of entries.entries()) {
    const leaf = parseLeaf(text(entry))
    hashLeaf(sha256, leaf)
    expect([leaf.seq, leaf.tenant]).toEqual([seq, tenant])
  }
  const paths = readdirSync(out, { recursive: true, encoding: 'utf8' })
  expect(paths.filter((path) => /\d$|checkpoint|vkey/.test(path)).sort()).toEqual([
    'checkpoint',
    'log.vkey',
    'tile/0',
    'tile/0/000',
    'tile/0/001',
    'tile/0/002.p/94',
    'tile/1',
    'tile/1/000.p/2',
    'tile/entries/000',
    'tile/entries/001',
    'tile/entries/002.p/94',
  ])
})

it('writes into no directory that has something in it, unless told to', async () => {
  const out = join(folder, 'used')
  const exportTo = (...more: string[]) =>
    selvedge('log', 'export', '--tenant', tenant, '--out', out, ...more)
  expect((await exportTo()).code).toBe(0)
  writeFileSync(join(out, 'note'), 'mine')
  const refused = await exportTo()
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('DIRECTORY_NOT_EMPTY')])
  await assertOne(ledger, tenant, dataset('one more'))
  await ledger.checkpointOf(tenant, 607)
  expect((await exportTo('--force')).code).toBe(0)
  expect(readBack(out).size).toBe(608)
  expect(readFileSync(join(out, 'note'), 'utf8')).toBe('mine')
})

it('gives no checkpoint away that the stored leaves do not lead to', async () => {
  const damaged = await freshTenant(ledger, 'damaged')
  await writeWorld(ledger, damaged, [dataset('input')])
  await ledger.checkpointOf(damaged, 9)
  const list = async (of = damaged) => {
    const files: LogFile[] = []
    for await (const file of listFiles(database.graph(of))) files.push(file)
    return files
  }
  const paths = (await list()).map(({ path }) => path)
  expect(paths).toEqual(['tile/entries/000.p/10', 'tile/0/000.p/10', 'log.vkey', 'checkpoint'])
  await raw(
    `MATCH (r:Record {tenant: $tenant, seq: 5}), (s:Record {tenant: $tenant, seq: 6})
    SET r.header = s.header`,
    { tenant: damaged },
  )
  await expect(list()).rejects.toEqual(withCode('LOG_DAMAGED'))
  await raw('MATCH (r:Record {tenant: $tenant, seq: 5}) DELETE r', { tenant: damaged })
  await expect(list()).rejects.toEqual(withCode('LOG_DAMAGED'))
  await expect(list('nobody')).rejects.toEqual(withCode('TENANT_UNKNOWN'))
})

it('tells by fsck and its exit code what is damaged, and what is not', async () => {
  const [sound, damaged] = [await freshTenant(ledger), await freshTenant(ledger)]
  await raw('MATCH (r:Record {tenant: $tenant, seq: 2}) SET r.version = 7', { tenant: damaged })
  const clean = await selvedge('fsck', '--tenant', sound)
  expect([clean.code, clean.out]).toEqual([0, expect.stringContaining('clean')])
  expect(clean.err).toContain('3 of 3 leaves')
  const told = await selvedge('fsck', '--tenant', damaged)
  expect([told.code, told.out]).toEqual([1, expect.stringContaining('LEAF_COLUMN (at 2)')])
  const { code, out } = await selvedge('fsck', '--tenant', damaged, '--json')
  expect(code).toBe(1)
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    tenants: [
      { tenant: damaged, size: 3, found: 1, differences: [{ name: 'LEAF_COLUMN', seq: 2 }] },
    ],
  })
  const part = await selvedge('fsck', '--tenant', sound, '--since', '1', '--sample', '2', '--json')
  expect([part.code, JSON.parse(part.out).tenants]).toMatchObject([
    0,
    [{ scope: { since: 1, sample: 2 }, bodies: 1, entities: 1, size: 3 }],
  ])
  const unknown = await selvedge('fsck', '--tenant', 'nobody')
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('TENANT_UNKNOWN')])
  const misused = await Promise.all([
    selvedge('fsck'),
    selvedge('fsck', '--all', '--tenant', sound),
    selvedge('fsck', '--tenant', sound, '--since', '-1'),
  ])
  expect(misused.map((end) => end.code)).toEqual([2, 2, 2])
  expect(existsSync(join(home, 'register.sqlite'))).toBe(true)
})
