import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import neo4j from 'neo4j-driver'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type FromArchive, restoreFromArchive } from '../../cli/restore/from-archive.ts'
import { sha256 } from '../../core/sha256.ts'
import { attach } from '../../domains/attachments/attach.ts'
import { findAttachment } from '../../domains/attachments/find-attachment.ts'
import type { Line } from '../../domains/backup/lines.ts'
import { writeArchive } from '../../domains/backup/write-archive.ts'
import { weaveBundle } from '../../domains/evidence/export.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { checkLog } from '../../domains/fsck/check-log.ts'
import { heldKey } from '../../ledger/log-keys.ts'
import { openRegister } from '../../ledger/register.ts'
import { erasedAmong } from '../../lineage/erasures.ts'
import { readLog } from '../../lineage/log.ts'
import { readLineage } from '../../lineage/traversal.ts'
import { formatCheckpoint } from '../../proofs/checkpoint.ts'
import { formatNote, noteSignature } from '../../proofs/note.ts'
import { exitCode } from '../../proofs/report.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readConfig } from '../../server/config.ts'
import { openService, openServiceKeys, type Service } from '../../server/open.ts'
import { forge, linesIn, PASSPHRASE } from '../backup/support.ts'
import { assertOne, dataset, writeWorld } from '../ledger/support.ts'
import { selvedge } from '../setup/selvedge.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-cli-backup-'))
const at = (name: string) => join(folder, name)
const SERVICE = 'backup.test'
const env = {
  SELVEDGE_HOME: at('home'),
  SELVEDGE_SERVICE: SERVICE,
  SELVEDGE_NEO4J_HEAP: '512m',
  ...(process.env.SELVEDGE_JAVA && { SELVEDGE_JAVA: process.env.SELVEDGE_JAVA }),
}
const config = readConfig({ ...process.env, NEO4J_URI: undefined, ...env })
const open = () => openService(config, { progress: { step() {}, done() {} } })
const cli = (args: string[], more: Record<string, string> = {}) =>
  selvedge(args, { ...env, ...more })
const FILE = at('all.backup')
const WITH = ['--passphrase-file', at('passphrase'), '--json']

let world: Awaited<ReturnType<typeof makeWorld>>

/** Two tenants; one goes on after the backup, and what it held of a person is erased then. */
async function makeWorld(service: Service) {
  const { ledger, database } = service
  for (const tenant of ['acme', 'umbra']) {
    await ledger.createTenant({ tenant, subject: 'test' })
    await writeWorld(ledger, tenant, [dataset('x'), dataset('y')])
  }
  const mail = { fields: { mail: 'ada@example.org' } }
  const { outcomes } = await assertOne(ledger, 'acme', dataset('people'), mail, {
    subject: 'ada.l',
  })
  const b = await assertOne(ledger, 'acme', dataset('b'), { fields: { more: 1 } })
  const attached = await attachTo(service, b.outcomes[0]!.id)
  const question = { tenant: 'acme', root: b.outcomes[0]!.id, direction: 'BOTH', depth: 5 } as const
  const bundle = await weaveBundle({ database, ledger }, question)
  const { written } = (await readLog(database.graph('acme').read))!
  const answer = await answerTo(service, question, written)
  const erasure = {
    tenant: 'acme',
    subject: 'dpo',
    request: 'erase people',
    because: {
      id: `urn:selvedge:erasure:${uuidv7()}`,
      ground: 'consent-withdrawn',
      reason: 'case 7',
    },
    what: { entity: outcomes[0]!.id },
  } as const
  return { question, bundle, attached, written, answer, erasure }
}

const LETTER = 'what was agreed on'

/** A file that documents an entity. */
async function attachTo({ ledger, objects }: Service, to: string) {
  const file = await objects.spool(new Blob([LETTER]).stream())
  const how = { tenant: 'acme', subject: 'test', mediaType: 'text/plain', name: 'letter.txt' }
  const { id } = await attach({ ledger, objects }, { ...how, file, to })
  await file.discard()
  return id
}

type Question = Parameters<typeof readLineage>[1]

/** What lineage answers at a position, but for how long the log is by now. */
async function answerTo({ database }: Service, question: Question, n: number) {
  const found = await readLineage(database.graph('acme').read, question, { first: 1_000 }, n)
  const { root, nodes, edges, total } = found!
  return { root, nodes, edges, total }
}

beforeAll(async () => {
  writeFileSync(at('passphrase'), 'correct horse battery staple\n')
  const started = await cli(['neo4j', 'start', '--detach'])
  expect([started.code, started.stderr]).toEqual([0, expect.anything()])
  const service = await open()
  world = await makeWorld(service)
  const made = await cli(['backup', '--out', FILE, ...WITH])
  expect([made.code, made.stderr]).toEqual([0, expect.not.stringContaining('rror')])
  copyFileSync(at('home/register.sqlite'), at('register.old'))
  await service.ledger.erase(world.erasure)
  await assertOne(service.ledger, 'acme', dataset('lost'))
  const { written } = (await readLog(service.database.graph('acme').read))!
  await service.ledger.checkpointOf('acme', written)
  await service.close()
}, 300_000)

afterAll(async () => {
  await cli(['neo4j', 'stop'])
  rmSync(folder, { recursive: true, force: true })
}, 120_000)

const asked: FromArchive = {
  file: FILE,
  passphraseFile: at('passphrase'),
  known: [],
  dropUnsigned: false,
  keepOrigin: false,
  dryRun: false,
}
const restore = (more: Partial<typeof asked> = {}, env = {}) =>
  restoreFromArchive({ ...asked, ...more }, { ...config, ...env })

function hasScript() {
  try {
    execFileSync('script', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write('\n  SKIPPED: no terminal is asked at without script (util-linux)\n\n')
    return false
  }
}

/** Runs a command at a terminal, and answers what it asks. */
async function answering(args: string[], answer: string) {
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', 'cli/selvedge.ts']
  const words = [...command, ...args].map((word) => `'${word}'`).join(' ')
  const own = Object.entries(process.env).filter(([name]) => !/^(SELVEDGE|NEO4J)_/.test(name))
  const child = spawn('script', ['--quiet', '--return', '--command', words, '/dev/null'], {
    env: { ...Object.fromEntries(own), ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let told = ''
  let isAsked = false
  child.stdout.setEncoding('utf8').on('data', (part) => {
    told += part
    if (isAsked || !told.includes('Type yes to go on')) return
    isAsked = true
    child.stdin.write(`${answer}\n`)
  })
  const [code] = await once(child, 'close')
  return { code, told }
}

/** Leaves nothing in the database, as a new one has nothing. */
async function emptyDatabase() {
  const service = await open()
  const { uri, username, password } = service.neo4j
  await service.close()
  const driver = neo4j.driver(uri, neo4j.auth.basic(username, password))
  await driver.executeQuery('MATCH (n) DETACH DELETE n')
  await driver.close()
}

async function expectCleanLogs({ database }: Service) {
  for (const tenant of ['acme', 'umbra']) {
    expect((await checkLog(database.graph(tenant))).differences).toEqual([])
  }
}

/** Signs what never was, with the key of the log: another history. */
async function forkAt(size: number) {
  const key = (await (await openServiceKeys(config)).list()).find(
    ({ use }) => use === 'checkpoint',
  )!
  const origin = `${SERVICE}/acme`
  const text = formatCheckpoint({ origin, size, root: sha256(utf8('another history')) })
  const note = formatNote(text, [
    noteSignature(sha256, origin, key.publicKey, await key.sign(utf8(text))),
  ])
  const path = at(`${size}.note`)
  writeFileSync(path, note)
  return path
}

it('is verified where there is no database', async () => {
  const verified = await cli(['backup', 'verify', FILE, ...WITH], { SELVEDGE_HOME: at('none') })
  expect([verified.code, JSON.parse(verified.stdout)]).toMatchObject([
    0,
    {
      ok: true,
      service: SERVICE,
      signer: { logs: ['acme', 'umbra'] },
      warnings: [],
      tenants: [{ tenant: 'acme', size: world.written }, { tenant: 'umbra' }],
    },
  ])
})

it('is said aloud to be signed by a key of no log, and is not restored, where somebody changed it', async () => {
  const forged = at('forged.backup')
  const lines = await linesIn(FILE)
  const actor = lines.findIndex((line) => line.is === 'actor' && line.row.subject === 'ada.l')
  const { row } = lines[actor] as Extract<Line, { is: 'actor' }>
  await forge(forged, lines.with(actor, { is: 'actor', row: { ...row, subject: 'mallory' } }))
  const verify = ['backup', 'verify', forged, '--passphrase-file', at('passphrase')]
  const [told, json] = await Promise.all([cli(verify), cli([...verify, '--json'])])
  expect([told.code, told.stdout]).toEqual([0, expect.stringMatching(/^WARNING: .+ «acme»/)])
  expect(JSON.parse(json.stdout)).toMatchObject({
    signer: { logs: [] },
    warnings: [expect.stringContaining('«acme»'), expect.stringContaining('«umbra»')],
  })
  const refused = restore({ file: forged, dryRun: true })
  await expect(refused).rejects.toMatchObject({ code: 'BACKUP_SIGNATURE' })
}, 120_000)

it('is not restored unasked', async () => {
  const held = await cli(['restore', FILE, ...WITH])
  expect([held.code, held.stderr]).toEqual([1, expect.stringContaining('RESTORE_UNCONFIRMED')])
})

it.skipIf(!hasScript())(
  'asks once all is checked, and writes where the answer is yes',
  async () => {
    const restoring = ['restore', FILE, '--passphrase-file', at('passphrase')]
    const declined = await answering(restoring, 'no')
    expect([declined.code, declined.told]).toEqual([1, expect.stringMatching(/acme: to go on as/)])
    expect(declined.told).not.toContain('RESTORE_')
    // The database is looked at only now, and this one is not empty.
    const agreed = await answering(restoring, 'yes')
    expect([agreed.code, agreed.told]).toEqual([
      1,
      expect.stringContaining('RESTORE_DATABASE_NOT_EMPTY'),
    ])
  },
  120_000,
)

it('is refused, with nothing written, where something speaks against it', async () => {
  const code = (code: string) => expect.objectContaining({ code })
  await expect(restore()).rejects.toEqual(code('RESTORE_DATABASE_NOT_EMPTY'))
  await expect(restore({}, { service: 'other.test' })).rejects.toEqual(code('SERVICE_MISMATCH'))
  await expect(restore({}, { home: at('none') })).rejects.toEqual(code('RESTORE_REGISTER_LOST'))
  await expect(restore({ known: [await forkAt(5)] })).rejects.toEqual(code('RESTORE_FORK'))
  // An epoch would follow what was not signed last.
  await expect(restore({ known: [await forkAt(4_000)] })).rejects.toEqual(
    code('RESTORE_REGISTER_BEHIND'),
  )
  mkdirSync(at('stranger'), { recursive: true })
  copyFileSync(at('home/register.sqlite'), at('stranger/register.sqlite'))
  // Nobody would know what was erased since; looking for it makes no empty one either.
  await expect(restore({}, { home: at('stranger') })).rejects.toEqual(code('RESTORE_JOURNAL_LOST'))
  const epoch = await cli(['restore', '--new-epoch', '--yes'], { SELVEDGE_HOME: at('stranger') })
  expect([epoch.code, epoch.stderr]).toEqual([1, expect.stringContaining('RESTORE_JOURNAL_LOST')])
  writeFileSync(at('stranger/erasures.sqlite'), 'no database')
  await expect(restore({}, { home: at('stranger') })).rejects.toEqual(code('RESTORE_JOURNAL_LOST'))
  copyFileSync(at('home/erasures.sqlite'), at('stranger/erasures.sqlite'))
  await expect(restore({}, { home: at('stranger') })).rejects.toEqual(code('KEYS_MISMATCH'))
  expect(existsSync(at('stranger/keys'))).toBe(false)
  rmSync(at('stranger/register.sqlite'))
  openRegister(at('stranger/register.sqlite')).close()
  await expect(restore({}, { home: at('stranger') })).rejects.toEqual(code('RESTORE_REGISTER_LOST'))
}, 120_000)

it('comes back whole into an empty database, wherever it was killed, under a new origin', async () => {
  await emptyDatabase()
  rmSync(at('home/objects'), { recursive: true })
  const origin = `${SERVICE}/acme/1`
  const due = [{ outcome: 'due', keptSize: world.written, origin }, { outcome: 'due' }]
  expect(await restore({ dryRun: true })).toMatchObject(due)
  // Told what is due, somebody thinks better of it: the database stays empty.
  const confirm = vi.fn(async () => false)
  expect(await restore({ confirm })).toBeNull()
  expect(confirm.mock.calls).toMatchObject([[due]])
  const command = ['restore', FILE, '--yes', ...WITH]
  for (const failpoint of ['restore-commit:2', 'after-epoch', 'restore-opened']) {
    const killed = await cli(command, { SELVEDGE_FAILPOINT: failpoint })
    expect([failpoint, killed.code, killed.stderr]).toEqual([failpoint, null, expect.anything()])
    // Nobody is shown what is half restored, and nobody writes to it.
    await expect(open()).rejects.toMatchObject({ code: 'RESTORE_UNFINISHED' })
  }
  const done = await cli(command)
  expect([done.code, done.stderr]).toEqual([0, expect.not.stringContaining('rror')])
  const { tenants } = JSON.parse(done.stdout)
  expect(tenants).toMatchObject([
    { tenant: 'acme', erased: 1 },
    { tenant: 'umbra', erased: 0 },
  ])
  expect(tenants[0].compared).toBeGreaterThan(0)
  await expect(restore()).rejects.toMatchObject({ code: 'RESTORE_DATABASE_NOT_EMPTY' })

  const service = await open()
  try {
    const { database, ledger } = service
    const { read } = database.graph('acme')
    expect(await readLog(read)).toMatchObject({ origin, epoch: 1, kept: [world.written] })
    expect(await answerTo(service, world.question, world.written)).toEqual(world.answer)
    const trust = await trustRoot(read, 'acme')
    expect(exitCode(await verifyBundle({ sha256, bytes: world.bundle.bytes, trust }))).toBe(0)
    const after = await weaveBundle({ database, ledger }, world.question)
    const told = await verifyBundle({ sha256, bytes: after.bytes, trust })
    expect([exitCode(told), told.bundle?.records]).toEqual([0, world.bundle.records])
    // What was erased after the backup was made is erased again, though nobody asked.
    const itself = { root: world.erasure.what.entity, direction: 'BOTH', depth: 0 } as const
    const [entity] = (await readLineage(read, itself, { first: 1 }, null))!.nodes
    expect(entity!.entity.name).toBe('')
    const letter = await findAttachment(database.graph('acme'), service.objects, world.attached)
    expect(await new Response(letter.read()).text()).toBe(LETTER)
    const next = await assertOne(ledger, 'acme', dataset('next'))
    expect(next.position.epoch).toBe(1)
    await expectCleanLogs(service)
  } finally {
    await service.close()
  }
}, 420_000)

it('keeps its origin where all servers were stopped before it was made, and that is said', async () => {
  const moved = at('moved.backup')
  expect(await cli(['backup', '--out', moved, ...WITH])).toMatchObject({ code: 0 })
  await emptyDatabase()
  // A register that is older than the backup is found out before anything is written.
  copyFileSync(at('home/register.sqlite'), at('register.new'))
  copyFileSync(at('register.old'), at('home/register.sqlite'))
  await expect(restore({ file: moved })).rejects.toMatchObject({ code: 'RESTORE_REGISTER_BEHIND' })
  copyFileSync(at('register.new'), at('home/register.sqlite'))
  expect(await restore({ file: moved, keepOrigin: true })).toMatchObject([
    { tenant: 'acme', outcome: 'whole' },
    { tenant: 'umbra', outcome: 'whole' },
  ])
  const service = await open()
  expect(await readLog(service.database.graph('acme').read)).toMatchObject({ epoch: 1 })
  await expectCleanLogs(service)
  await service.close()
}, 240_000)

it('is not finished by a journal that knows less than it of what was erased', async () => {
  const file = at('during.backup')
  const service = await open()
  const { database, ledger } = service
  const { outcomes } = await assertOne(ledger, 'umbra', dataset('mail'), {
    fields: { mail: 'bob@example.org' },
  })
  const [{ id, seq }] = outcomes as [(typeof outcomes)[number]]
  copyFileSync(at('home/erasures.sqlite'), at('erasures.old'))
  const keys = await openServiceKeys(config)
  await writeArchive({
    ...{
      database,
      path: file,
      passphrase: PASSPHRASE,
      tenants: ['umbra'],
      logN: 10,
      objects: null,
    },
    keyFor: (kids) => heldKey(keys, kids.at(-1)!),
    async before(tenant) {
      await ledger.checkpointOf(tenant, (await readLog(database.graph(tenant).read))!.written)
      await ledger.erase({
        ...{ tenant, subject: 'dpo', request: 'erase mail', what: { entity: id } },
        because: {
          id: `urn:selvedge:erasure:${uuidv7()}`,
          ground: 'consent-withdrawn',
          reason: 'case 8',
        },
      })
    },
  })
  await service.close()
  await emptyDatabase()
  copyFileSync(at('home/erasures.sqlite'), at('erasures.new'))
  copyFileSync(at('erasures.old'), at('home/erasures.sqlite'))
  await expect(restore({ file })).rejects.toMatchObject({
    code: 'RESTORE_JOURNAL_BEHIND',
    details: { tenant: 'umbra', seqs: [seq] },
  })
  await expect(open()).rejects.toMatchObject({ code: 'RESTORE_UNFINISHED' })
  copyFileSync(at('erasures.new'), at('home/erasures.sqlite'))
  expect(await restore({ file })).toMatchObject([{ tenant: 'umbra', outcome: 'whole' }])
  const again = await open()
  expect(await erasedAmong(again.database.graph('umbra').read, [seq])).toHaveLength(1)
  await again.close()
}, 240_000)
