import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { type Ledger, openLedger } from '../../ledger/ledger.ts'
import { openRegister, type Register } from '../../ledger/register.ts'
import { readLog } from '../../lineage/log.ts'
import { openKeyring } from '../../server/keyring.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { copyOf, erase, setBack } from './copies.ts'
import { assertOne, dataset, expectClean, rawDatabase, withCode } from './support.ts'

const { database, ledger, keys, home } = await testLedger()
const raw = rawDatabase()
const folder = mkdtempSync(join(tmpdir(), 'selvedge-set-back-'))
const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true })]
afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

/** Another server on the same database, with the register of the first unless told otherwise. */
async function openAnother(
  register: Register | null = openRegister(join(home, 'register.sqlite')),
) {
  const another = await openLedger({
    database,
    service: SERVICE_NAME,
    keys,
    register,
    signing: 'on demand',
  })
  ends.push(async () => {
    await another.close()
    register?.close()
  })
  return another
}

const write = (on: Ledger, tenant: string, name: string) => assertOne(on, tenant, dataset(name))
const writeMany = async (on: Ledger, tenant: string, prefix: string, count: number) =>
  Promise.all(Array.from({ length: count }, (_, i) => write(on, tenant, `${prefix} ${i}`)))
const headOf = async (tenant: string) => (await readLog(database.graph(tenant).read))!
const register = openRegister(join(home, 'register.sqlite'))
ends.push(() => register.close())
const lastSigned = (tenant: string) => register.last(`${SERVICE_NAME}/${tenant}`)

/** A tenant whose database is of yesterday, while ten leaves more are signed. */
async function tenantSetBack() {
  const tenant = await freshTenant(ledger)
  // Nobody else's ledger, which sweeps all tenants, shall stumble over it for ever.
  ends.push(() => erase(raw, tenant))
  await writeMany(ledger, tenant, 'kept', 5)
  const old = await ledger.checkpointOf(tenant, 8)
  const yesterday = await copyOf(raw, tenant)
  await writeMany(ledger, tenant, 'lost', 10)
  const lost = await ledger.checkpointOf(tenant, old.size + 10)
  const today = await copyOf(raw, tenant)
  await setBack(raw, tenant, yesterday)
  return { tenant, old, lost, today }
}

async function expectReadOnly(
  on: Ledger,
  tenant: string,
  { old, lost }: { old: object; lost: { size: number; root: string } },
) {
  await expect(write(on, tenant, 'new')).rejects.toEqual(withCode('LOG_BEHIND_REGISTER'))
  await expect(on.checkpointOf(tenant, lost.size)).rejects.toEqual(withCode('LOG_BEHIND_REGISTER'))
  expect(await on.checkpoint(tenant)).toEqual(old)
  expect(await lastSigned(tenant)).toEqual({ size: lost.size, root: lost.root })
}

describe('a database set back to an earlier copy', () => {
  it('is read-only to a server that starts on it, until it is put right', async () => {
    const { tenant, old, lost, today } = await tenantSetBack()
    const another = await openAnother()
    await expectReadOnly(another, tenant, { old, lost })
    expect((await headOf(tenant)).size).toBe(old.size)
    await setBack(raw, tenant, today)
    expect((await write(another, tenant, 'new')).position.seq).toBe(lost.size + 1)
    await expectClean(database, tenant)
  })

  it('is read-only to a server that was running, until it is put right', async () => {
    const { tenant, old, lost, today } = await tenantSetBack()
    await expectReadOnly(ledger, tenant, { old, lost })
    expect((await headOf(tenant)).size).toBe(old.size)
    await setBack(raw, tenant, today)
    expect((await write(ledger, tenant, 'new')).position.seq).toBe(lost.size + 1)
    await expectClean(database, tenant)
  })

  it('is read-only also where it has grown on with other content, beyond what was signed', async () => {
    const { tenant, old, lost } = await tenantSetBack()
    const unaware = await openAnother(null)
    await writeMany(unaware, tenant, 'other', 30)
    const before = (await headOf(tenant)).size
    expect(before).toBeGreaterThan(lost.size)
    await expectReadOnly(ledger, tenant, { old, lost })
    await expectReadOnly(await openAnother(), tenant, { old, lost })
    expect((await headOf(tenant)).size).toBe(before)
  })

  it('is read-only also where it has grown to just the size that was signed', async () => {
    const { tenant, old, lost } = await tenantSetBack()
    const { size } = await headOf(tenant)
    await writeMany(await openAnother(null), tenant, 'other', lost.size - size)
    expect((await headOf(tenant)).size).toBe(lost.size)
    await expectReadOnly(ledger, tenant, { old, lost })
    await expectReadOnly(await openAnother(), tenant, { old, lost })
  })

  it('does not found a tenant again whose log was signed', async () => {
    const { tenant } = await tenantSetBack()
    await erase(raw, tenant)
    await expect(ledger.createTenant({ tenant, subject: 'ada' })).rejects.toEqual(
      withCode('LOG_BEHIND_REGISTER'),
    )
  })

  it('is read-only where tiles are missing that the log says are there', async () => {
    const { tenant, today } = await tenantSetBack()
    await setBack(raw, tenant, today)
    await raw('MATCH (t:Tile {tenant: $tenant}) DETACH DELETE t', { tenant })
    await expect(write(await openAnother(), tenant, 'new')).rejects.toEqual(
      withCode('LOG_BEHIND_REGISTER'),
    )
  })
})

describe('a register', () => {
  const at = (name: string) => join(folder, name)

  async function expectNoWriting(on: Ledger, tenant: string) {
    const size = (await headOf(tenant)).size
    await expect(write(on, tenant, 'new')).rejects.toEqual(withCode('REGISTER_MISMATCH'))
    await expect(on.createTenant({ tenant: 'not-to-be', subject: 'ada' })).rejects.toEqual(
      withCode('REGISTER_MISMATCH'),
    )
    await expect(on.checkpointOf(tenant, size + 1)).rejects.toEqual(withCode('REGISTER_MISMATCH'))
    expect((await headOf(tenant)).size).toBe(size)
    // Reading goes on.
    expect(await on.checkpoint(tenant)).toEqual(await ledger.checkpoint(tenant))
  }

  it.each([
    ['missing', () => {}],
    ['empty', (path: string) => writeFileSync(path, '')],
    ['not one at all', (path: string) => writeFileSync(path, 'not a register '.repeat(100))],
  ])('that is %s keeps a server from writing and signing, not from reading', async (name, make) => {
    const tenant = await freshTenant(ledger)
    await ledger.checkpointOf(tenant, 3)
    make(at(name))
    await expectNoWriting(await openAnother(openRegister(at(name))), tenant)
  })

  it('that is another service’s does too', async () => {
    const tenant = await freshTenant(ledger)
    await ledger.checkpointOf(tenant, 3)
    const others = openRegister(at('another'))
    await others.found(crypto.randomUUID())
    await expectNoWriting(await openAnother(others), tenant)
  })

  it('that is older than what was published is not signed by', async () => {
    const tenant = await freshTenant(ledger)
    await ledger.checkpointOf(tenant, 3)
    const file = new DatabaseSync(join(home, 'register.sqlite'))
    // The ledger of this very process may hold the register's lock, so this must not block it.
    await vi.waitFor(() => file.prepare('VACUUM INTO ?').run(at('older')), { timeout: 10_000 })
    file.close()
    await write(ledger, tenant, 'a')
    await ledger.checkpointOf(tenant, 5)
    const behind = await openAnother(openRegister(at('older')))
    await expect(write(behind, tenant, 'b')).rejects.toEqual(withCode('REGISTER_MISMATCH'))
    await expect(behind.checkpointOf(tenant, 7)).rejects.toEqual(withCode('REGISTER_MISMATCH'))
  })
})

describe('a service', () => {
  it('refuses a server with other keys, whichever of the two it is', async () => {
    const other = join(folder, 'keys')
    mkdirSync(other)
    const [ours, theirs] = [await keys.list(), await (await openKeyring(other)).list()]
    for (const use of ['checkpoint', 'manifest'] as const) {
      const held = [...ours.filter((key) => key.use !== use), ...theirs]
      const opened = openLedger({
        database,
        service: SERVICE_NAME,
        keys: { ...keys, list: async () => held },
        register: null,
      })
      await expect(opened).rejects.toEqual(withCode('KEYS_MISMATCH'))
    }
  })

  it('takes a server whose keys another made and registered while it was opening', async () => {
    const ours = await keys.list()
    let listed = 0
    const list = async () => {
      listed += 1
      return listed === 1 ? ours.filter(({ use }) => use !== 'manifest') : ours
    }
    const on = await openLedger({
      database,
      service: SERVICE_NAME,
      keys: { ...keys, list },
      register: null,
    })
    await on.close()
    expect(listed).toBe(2)
  })

  it('refuses a server of another name', async () => {
    const opened = openLedger({ database, service: 'other.test', keys, register: null })
    await expect(opened).rejects.toEqual(withCode('SERVICE_MISMATCH'))
  })

  it('refuses a key file that holds no Ed25519 key', async () => {
    const broken = join(folder, 'broken')
    mkdirSync(broken)
    for (const text of ['{}', 'x', '{"kty":"RSA"}']) {
      writeFileSync(join(broken, 'checkpoint.json'), text)
      await expect(openKeyring(broken)).rejects.toEqual(withCode('KEY_FILE_INVALID'))
    }
  })
})

describe('closing', () => {
  it('answers what was accepted, signs it, and accepts nothing more', async () => {
    const tenant = await freshTenant(ledger)
    const closing = await openLedger({ database, service: SERVICE_NAME, keys, register })
    const written = writeMany(closing, tenant, 'late', 20)
    const founded = closing.createTenant({ tenant: `${tenant}-2`, subject: 'ada' })
    await closing.close()
    expect((await written).at(-1)!.position.seq).toBe(23)
    await founded
    // The last leaf of each is the state record that the checkpoint ends in.
    expect(await lastSigned(tenant)).toMatchObject({ size: 24 })
    expect(await lastSigned(`${tenant}-2`)).toMatchObject({ size: 4 })
    await expect(write(closing, tenant, 'x')).rejects.toEqual(withCode('LEDGER_CLOSING'))
    await expect(closing.createTenant({ tenant: 'late', subject: 'ada' })).rejects.toEqual(
      withCode('LEDGER_CLOSING'),
    )
    await expect(closing.checkpointOf(tenant, 25)).rejects.toEqual(withCode('LEDGER_CLOSING'))
  })
})

it('has no checkpoint of a size that the log does not reach', async () => {
  const tenant = await freshTenant(ledger)
  await expect(ledger.checkpointOf(tenant, 99)).rejects.toEqual(withCode('CHECKPOINT_NOT_READY'))
})
