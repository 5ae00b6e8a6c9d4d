import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { v7 as uuidv7 } from 'uuid'
import { expect, it, vi } from 'vitest'
import { openArchiveWriter } from '../../domains/backup/archive-writer.ts'
import type { LeafLine, Line } from '../../domains/backup/lines.ts'
import { SERVICE } from '../../lineage/graph.ts'
import { readLeaves, readLog } from '../../lineage/log.ts'
import { registerKey } from '../../lineage/service.ts'
import { parseCheckpoint } from '../../proofs/checkpoint.ts'
import { parseNote } from '../../proofs/note.ts'
import { assertOne, dataset, rawDatabase, tell, writeWorld } from '../ledger/support.ts'
import { testNeo4j } from '../setup/database.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { selvedge } from '../setup/selvedge.ts'
import { backing, backupFolder, PASSPHRASE } from './support.ts'

/** Processes are started, and a database that nobody has asked yet. */
vi.setConfig({ testTimeout: 240_000 })

const test = await testLedger()
const { database, ledger, home, keys } = test
const raw = rawDatabase()
const { fresh, passphraseFile } = backupFolder()
const { backUp, audit, linesOf } = backing(test)

const headOf = async (tenant: string) => (await readLog(database.graph(tenant).read))!

function environment(more: Record<string, string> = {}) {
  const { uri, username, password } = testNeo4j()
  return {
    NEO4J_URI: uri,
    NEO4J_USERNAME: username,
    NEO4J_PASSWORD: password,
    SELVEDGE_HOME: home,
    SELVEDGE_SERVICE: SERVICE_NAME,
    ...more,
  }
}

const command = (out: string, ...tenants: string[]) => [
  ...['backup', '--out', out, '--tenant', ...tenants],
  ...['--passphrase-file', passphraseFile, '--json'],
]

/** A tenant whose bodies fill several chunks of an archive. */
async function heavyTenant() {
  const tenant = await freshTenant(ledger)
  await writeWorld(ledger, tenant, [dataset('x'), dataset('y')])
  for (let i = 0; i < 12; i++) {
    await assertOne(ledger, tenant, dataset(`heavy ${i}`), {
      fields: { text: randomBytes(150_000).toString('hex') },
    })
  }
  return tenant
}

it('holds every leaf up to a checkpoint, with its body, and is verified without a database', async () => {
  const tenant = await freshTenant(ledger)
  await writeWorld(ledger, tenant, [dataset('x'), dataset('y')])
  const path = fresh()
  const manifest = await backUp(path, [tenant])
  const head = await headOf(tenant)
  const origin = `${SERVICE_NAME}/${tenant}`
  const root = Buffer.from(parseCheckpoint(parseNote(head.checkpoint!).text).root).toString(
    'base64url',
  )
  expect(manifest.tenants).toMatchObject([
    { tenant, origin, size: head.written, root, leaves: head.written },
  ])
  const found = await audit(path)
  expect(found.tenants).toMatchObject([
    { tenant, origin, size: head.written, root, erasedSince: [] },
  ])
  expect(found.signer.logs).toEqual([tenant])
  const stored = await readLeaves(database.graph(tenant).read, 0, head.written)
  const held = (await linesOf(path)).filter((line): line is LeafLine => line.is === 'leaf')
  expect(held.map(({ header }) => header)).toEqual(stored.map(({ header }) => header))
})

it('is consistent at its checkpoint, however much is written, retried and erased meanwhile', async () => {
  const tenant = await freshTenant(ledger)
  await writeWorld(ledger, tenant, [dataset('x'), dataset('y')])
  const { outcomes } = await assertOne(ledger, tenant, dataset('secret'), {
    fields: { mail: 'ada@example.org' },
  })
  const once = (key: string) =>
    tell(
      ledger,
      tenant,
      (draft) => draft.assert({ ...dataset(key), id: draft.urn('Dataset', 'db', key) }),
      {
        key,
        request: key,
        names: [dataset(key)],
      },
    )
  await once('before')
  let stop = false
  let written = 0
  const writing = (async () => {
    while (!stop) await once(`during ${written++}`.replace(' ', '-'))
  })()
  const path = fresh()
  let size = 0
  await backUp(path, [tenant], {
    before: async () => {
      size = (await ledger.checkpointOf(tenant, (await headOf(tenant)).written)).size
      // What the checkpoint covers is taken away before it is read.
      const because = {
        id: `urn:selvedge:erasure:${uuidv7()}`,
        ground: 'consent-withdrawn',
        reason: 'r',
      } as const
      await ledger.erase({
        ...{ tenant, subject: 'dpo', because, request: 'erase' },
        what: { entity: outcomes[0]!.id },
      })
      const enough = written + 5
      while (written < enough) await new Promise((resolve) => setTimeout(resolve, 5))
    },
  })
  stop = true
  await writing
  const lines = await linesOf(path)
  const log = lines.find((line) => line.is === 'log')!
  expect(log).toMatchObject({ tenant, size })
  expect((await headOf(tenant)).written).toBeGreaterThan(size + 5)
  expect(JSON.stringify(lines)).not.toContain('ada@example.org')
  const commands = lines.flatMap((line) => (line.is === 'command' ? [line.row] : []))
  expect(commands.map(({ key }) => key)).toContain('before')
  expect(commands.every((row) => row.size <= size)).toBe(true)
  const found = await audit(path)
  expect(found.tenants).toMatchObject([{ size, erasedSince: [outcomes[0]!.seq] }])
})

it('is taken up after a kill at any of its chunks, with the checkpoint that it began with', async () => {
  const tenant = await heavyTenant()
  const path = fresh()
  const sizes = []
  for (const failpoint of ['backup-chunk:1', 'backup-chunk:1', 'backup-chunk:2']) {
    const killed = await selvedge(
      command(path, tenant),
      environment({ SELVEDGE_FAILPOINT: failpoint }),
    )
    expect([failpoint, killed.code]).toEqual([failpoint, null])
    expect(existsSync(path)).toBe(false)
    sizes.push(statSync(`${path}.partial`).size)
    await assertOne(ledger, tenant, dataset(`after ${sizes.length}`))
  }
  expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
  const done = await selvedge(command(path, tenant), environment())
  expect([done.code, done.stderr.includes('error')]).toEqual([0, false])
  const [log] = JSON.parse(done.stdout).tenants
  expect(log.size).toBeLessThan((await headOf(tenant)).written)
  expect((await audit(path)).tenants).toMatchObject([{ tenant, size: log.size, root: log.root }])
  const verified = await selvedge([
    'backup',
    'verify',
    path,
    '--passphrase-file',
    passphraseFile,
    '--json',
  ])
  expect([verified.code, JSON.parse(verified.stdout)]).toMatchObject([
    0,
    { ok: true, tenants: [{ tenant }] },
  ])
})

it('says that there is no room, and goes on where there is', async () => {
  const tenant = await heavyTenant()
  const path = fresh()
  const env = { ...process.env, ...environment() }
  // What is ignored here stays ignored in the program: a write beyond the limit fails, and kills nothing.
  const script = `ulimit -f 300; trap '' XFSZ; exec "$@"`
  const argv = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    'cli/selvedge.ts',
    ...command(path, tenant),
  ]
  const child = spawn('bash', ['-c', script, 'bash', ...argv], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let told = ''
  child.stderr.on('data', (chunk) => {
    told += chunk
  })
  const [code] = await once(child, 'close')
  expect([code, told]).toEqual([1, expect.stringContaining('BACKUP_WRITE_FAILED')])
  expect(existsSync(path)).toBe(false)
  const done = await selvedge(command(path, tenant), environment())
  expect([done.code, done.stderr]).toEqual([0, expect.not.stringContaining('BACKUP')])
  expect((await audit(path)).tenants).toMatchObject([{ tenant }])
})

it('holds a long body as it is at one moment, though it is erased while it is read', async () => {
  const tenant = await freshTenant(ledger)
  const { outcomes } = await assertOne(ledger, tenant, dataset('long'), {
    fields: { text: 'x'.repeat(40_000) },
  })
  const [{ id, seq }] = outcomes as [(typeof outcomes)[number]]
  let erased = false
  /** Carries the erasure out when the page is read, and before its long body is. */
  const erasing: typeof database = {
    ...database,
    graph(of) {
      const graph = database.graph(of)
      const read: typeof graph.read = async (query, params) => {
        const rows = await graph.read(query, params)
        if (!erased && params && 'most' in params) {
          erased = true
          const because = {
            id: `urn:selvedge:erasure:${uuidv7()}`,
            ground: 'consent-withdrawn',
            reason: 'r',
          } as const
          await ledger.erase({
            ...{ tenant, subject: 'dpo', because, request: 'erase', what: { entity: id } },
          })
        }
        return rows
      }
      return { ...graph, read }
    },
  }
  const path = fresh()
  await backUp(path, [tenant], { database: erasing })
  expect(erased).toBe(true)
  expect((await audit(path)).tenants).toMatchObject([{ tenant, erasedSince: [seq] }])
})

it.each([
  ['is another', `SET r.fields = replace(r.fields, 'ada', 'bob')`],
  ['is no JSON', `SET r.fields = '{'`],
  ['is sealed by another secret', 'SET r.secret = reverse(r.secret)'],
  ['is gone, and nothing erased it', 'REMOVE r.fields, r.secret'],
])('is refused of a log in which a body %s', async (_what, change) => {
  const tenant = await freshTenant(ledger)
  const { outcomes } = await assertOne(ledger, tenant, dataset('a'), { fields: { owner: 'ada' } })
  const { seq } = outcomes[0]!
  await raw(`MATCH (r:Record {tenant: $tenant, seq: $seq}) ${change}`, { tenant, seq })
  const refused = backUp(fresh(), [tenant])
  await expect(refused).rejects.toMatchObject({
    code: 'BACKUP_LOG_DIFFERS',
    message: expect.stringContaining(`leaf ${seq}`),
  })
})

it('is refused of a log that is not what its checkpoint covers', async () => {
  const tenant = await freshTenant(ledger)
  await assertOne(ledger, tenant, dataset('a'))
  await ledger.checkpointOf(tenant, 4)
  const stored = 'MATCH (r:Record {tenant: $tenant, seq: 3})'
  const [{ header }] = (await raw(`${stored} RETURN r.header AS header`, { tenant })) as [
    { header: string },
  ]
  await raw(`${stored} SET r.header = $header`, {
    tenant,
    header: header.replace('"version":1', '"version":2'),
  })
  const before = async () => undefined
  await expect(backUp(fresh(), [tenant], { before })).rejects.toMatchObject({
    code: 'BACKUP_LOG_DIFFERS',
  })
  await raw(`${stored} SET r.header = $header, r.seq = 99`, { tenant, header })
  await expect(backUp(fresh(), [tenant], { before })).rejects.toMatchObject({
    code: 'BACKUP_LOG_DIFFERS',
  })
})

it('is refused where nothing is signed, or it was begun for other tenants', async () => {
  const [one, two] = [await freshTenant(ledger), await freshTenant(ledger)]
  const path = fresh()
  const unsigned = backUp(path, [one], { before: async () => undefined })
  await expect(unsigned).rejects.toMatchObject({ code: 'BACKUP_UNSIGNED' })
  await backUp(fresh(), [one])
  await expect(
    backUp(path, [one], { before: async () => Promise.reject(new Error('full')) }),
  ).rejects.toThrow()
  const begun = fresh()
  const stopped = backUp(begun, [one, two], {
    before: async (tenant) =>
      tenant === [one, two].sort()[1] ? Promise.reject(new Error('stop')) : undefined,
  })
  await expect(stopped).rejects.toThrow()
  await expect(backUp(begun, [two])).rejects.toMatchObject({ code: 'BACKUP_OF_ANOTHER' })
})

it('is signed by a key that it lists, though another came before it was whole', async () => {
  const [one, two] = [await freshTenant(ledger), await freshTenant(ledger)].sort()
  const path = fresh()
  const stopped = backUp(path, [one!, two!], {
    before: async (tenant) =>
      tenant === two
        ? Promise.reject(new Error('stop'))
        : ledger.checkpointOf(tenant, (await headOf(tenant)).written),
  })
  await expect(stopped).rejects.toThrow('stop')
  await ledger.checkpointOf(two!, (await headOf(two!)).written)
  const { kid } = await keys.make('manifest')
  await database.graph(SERVICE).write(({ run }) => registerKey(run, 'manifest', kid))
  const again = [...command(path, one!, two!), '--without-files']
  const done = await selvedge(again, environment())
  expect([done.code, done.stderr]).toEqual([0, expect.not.stringContaining('rror')])
  const { opening, signer } = await audit(path)
  expect(opening.manifest).not.toContain(kid)
  expect(opening.manifest).toContain(signer.kid)
  expect(signer.logs).toEqual([one, two])
})

it('tells what is unsound in an archive that is whole', async () => {
  const tenant = await freshTenant(ledger)
  await assertOne(ledger, tenant, dataset('a'), { fields: { owner: 'ada' } })
  const path = fresh()
  await backUp(path, [tenant])
  const lines = await linesOf(path)
  const at = lines.findLastIndex((line) => line.is === 'leaf' && line.fields?.includes('ada'))
  const leaf = lines[at] as LeafLine
  /** Written by somebody who has the passphrase. */
  const forged = async (change: Line[]) => {
    const forgedPath = fresh()
    const writer = await openArchiveWriter(forgedPath, PASSPHRASE, { logN: 10 })
    for (const line of change.slice(0, -1)) writer.line(JSON.stringify(line))
    writer.finish(JSON.stringify(change.at(-1)))
    writer.close()
    return audit(forgedPath).then(
      () => 'accepted',
      ({ code }: { code: string }) => code,
    )
  }
  const { fields, ...bodyless } = leaf
  const other = { ...leaf, fields: fields!.replace('ada', 'bob') }
  expect(await forged(lines.with(at, other))).toBe('BACKUP_UNSOUND')
  expect(await forged(lines.with(at, bodyless))).toBe('BACKUP_UNSOUND')
  expect(
    await forged(
      lines.with(at, { ...leaf, header: leaf.header.replace('"version":1', '"version":3') }),
    ),
  ).toBe('BACKUP_UNSOUND')
  expect(await forged(lines.toSpliced(at, 1))).toBe('BACKUP_UNSOUND')
  // Sound by itself, but nobody has signed it.
  expect(await forged(lines)).toBe('BACKUP_SIGNATURE')
  const actor = lines.findIndex((line) => line.is === 'actor')
  expect(
    await forged(lines.with(actor, { is: 'actor', row: { subject: 'eve', actor: 'p_x' } })),
  ).toBe('BACKUP_SIGNATURE')
  expect((await keys.list()).length).toBeGreaterThan(1)
})
