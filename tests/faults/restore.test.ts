import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openErasureJournal } from '../../ledger/erasures.ts'
import { assertOne, dataset, expectClean, withCode } from '../ledger/support.ts'
import { restoring } from '../restore/support.ts'
import { testNeo4j } from '../setup/database.ts'
import { SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { selvedge } from '../setup/selvedge.ts'
import { Server } from './client.ts'

const test = await testLedger()
const { database, ledger, home } = test
const { register, newTenant, writeSigned, writeMany, copyOf, setBack, headOf, openAnother } =
  restoring(test)

// As every home has that a server which signs was started in.
openErasureJournal(join(home, 'erasures.sqlite')).close()

/** The command as an operator calls it; with a failpoint it kills itself there. */
function restore(tenant: string, failpoint = '', ...more: string[]) {
  const { uri, username, password } = testNeo4j()
  return selvedge(['restore', '--new-epoch', '--tenant', tenant, '--json', '--yes', ...more], {
    NEO4J_URI: uri,
    NEO4J_USERNAME: username,
    NEO4J_PASSWORD: password,
    SELVEDGE_HOME: home,
    SELVEDGE_SERVICE: SERVICE_NAME,
    SELVEDGE_FAILPOINT: failpoint,
  })
}

/** A tenant set back, which another server has then written to beyond what was signed. */
async function tenantSetBack() {
  const tenant = await newTenant()
  const kept = await writeSigned(tenant, 'kept', 4)
  const yesterday = await copyOf(tenant)
  const lost = await writeSigned(tenant, 'lost', 6)
  await setBack(tenant, yesterday)
  await writeMany(await openAnother('not signing'), tenant, 'other', 3)
  return { tenant, kept, lost }
}

it('is finished by the next call, wherever it was killed, and opens one epoch', async () => {
  const { tenant, kept, lost } = await tenantSetBack()
  for (const failpoint of ['after-cut', 'before-epoch', 'after-epoch']) {
    const killed = await restore(tenant, failpoint, '--drop-unsigned')
    expect([failpoint, killed.code]).toEqual([failpoint, null])
    // Nobody writes to, or signs, what is half restored.
    const server = await openAnother()
    const code = failpoint === 'after-epoch' ? 'REGISTER_MISMATCH' : 'LOG_BEHIND_REGISTER'
    await expect(assertOne(server, tenant, dataset('x'))).rejects.toEqual(withCode(code))
    await expect(server.checkpointOf(tenant, 99)).rejects.toEqual(withCode(code))
  }
  expect((await headOf(tenant)).epoch).toBe(1)
  const done = await restore(tenant)
  expect(done.stderr).not.toMatch(/Error/)
  expect([done.code, JSON.parse(done.stdout).tenants]).toMatchObject([
    0,
    [{ tenant, outcome: 'opened', keptSize: kept.size }],
  ])
  const head = await headOf(tenant)
  expect(head).toMatchObject({ epoch: 1, kept: [kept.size], signed: head.written })
  expect(await register.epochs(SERVICE_NAME, tenant)).toHaveLength(1)
  expect(await register.last(`${SERVICE_NAME}/${tenant}`)).toEqual({
    size: lost.size,
    root: lost.root,
  })
  const again = await restore(tenant)
  expect([again.code, JSON.parse(again.stdout).tenants]).toEqual([
    0,
    [{ tenant, outcome: 'whole' }],
  ])
  await assertOne(ledger, tenant, dataset('after'))
  await expectClean(database, tenant)
}, 240_000)

it('is signed by the next server where it died before it could', async () => {
  const { tenant } = await tenantSetBack()
  const killed = await restore(tenant, 'after-register', '--drop-unsigned')
  expect(killed.code).toBeNull()
  expect(await headOf(tenant)).toMatchObject({ epoch: 1, signed: 0 })
  const server = await openAnother()
  const written = await assertOne(server, tenant, dataset('next'))
  const checkpoint = await server.checkpointOf(tenant, written.position.seq)
  expect(checkpoint.note.split('\n')[0]).toBe(`${SERVICE_NAME}/${tenant}/1`)
  await expectClean(database, tenant)
}, 120_000)

it('is noticed by a server that runs in another process', async () => {
  const tenant = await newTenant()
  const server = await Server.start()
  const write = (key: string) => server.write({ tenant, key, name: `made by ${key}`, job: 'job' })
  for (const key of ['a', 'b', 'c']) await write(key)
  await ledger.checkpointOf(tenant, (await headOf(tenant)).written)
  const yesterday = await copyOf(tenant)
  for (const key of ['d', 'e', 'f']) await write(key)
  await ledger.checkpointOf(tenant, (await headOf(tenant)).written)
  await setBack(tenant, yesterday)
  await expect(write('g')).rejects.toThrow('LOG_BEHIND_REGISTER')
  expect(await restore(tenant)).toMatchObject({ code: 0 })
  const after = await headOf(tenant)
  const written = await write('g')
  expect(written).toMatchObject({ replayed: false })
  expect(written.seq).toBeGreaterThanOrEqual(after.written)
  // What was lost is recorded anew under its old key, what was kept is not.
  expect(await write('f')).toMatchObject({ replayed: false })
  expect(await write('b')).toMatchObject({ replayed: true })
  await server.close()
  await expectClean(database, tenant)
}, 240_000)

it('refuses where the register is lost, and names the cure', async () => {
  const { tenant } = await tenantSetBack()
  const { uri, username, password } = testNeo4j()
  const before = await headOf(tenant)
  const ended = await selvedge(['restore', '--new-epoch', '--tenant', tenant, '--yes'], {
    NEO4J_URI: uri,
    NEO4J_USERNAME: username,
    NEO4J_PASSWORD: password,
    SELVEDGE_HOME: `${home}/elsewhere`,
    SELVEDGE_SERVICE: SERVICE_NAME,
  })
  expect(ended).toMatchObject({ code: 1, stdout: '' })
  expect(ended.stderr).toMatch(/^RESTORE_REGISTER_LOST: .*Bring back its newest copy/m)
  const plain = await restore(tenant, '', '--dry-run')
  expect(JSON.parse(plain.stdout).tenants).toMatchObject([{ outcome: 'due', drops: 3 }])
  expect(await restore(tenant)).toMatchObject({ code: 1 })
  expect(await headOf(tenant)).toMatchObject({ written: before.written, epoch: 0 })
}, 120_000)
