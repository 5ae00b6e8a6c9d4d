import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, describe, expect, it } from 'vitest'
import { confirmErasure } from '../../domains/erasure/confirm-erasure.ts'
import { listErasures } from '../../domains/erasure/list-erasures.ts'
import { type ErasureJournal, openErasureJournal } from '../../ledger/erasures.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { copyOf, setBack } from './copies.ts'
import { assertOne, dataset, expectClean, headers, rawDatabase, withCode } from './support.ts'

const { database, ledger, journal, keys, home } = await testLedger()
const raw = rawDatabase()
const folder = mkdtempSync(join(tmpdir(), 'selvedge-erasures-'))
const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true })]
afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

const objects = openObjectFiles(join(home, 'objects'))
const because = (id = `urn:selvedge:erasure:${uuidv7()}`) =>
  ({ id, ground: 'objection', reason: 'case 7' }) as const

/** Another server on the same database that neither checks nor signs, with this journal. */
async function openAnother(used: ErasureJournal | null, pendingDays = 30) {
  const another = await openLedger({
    database,
    service: SERVICE_NAME,
    keys,
    register: null,
    erasing: used && { journal: used, objects, pendingDays },
    onError: (error) => {
      throw error
    },
  })
  ends.push(() => another.close())
  return another
}

/** A journal that a server which starts finds nothing to do in, so that only a restore does it. */
const atRest = (used: ErasureJournal): ErasureJournal => ({ ...used, tenants: async () => [] })

function freshJournal() {
  const made = openErasureJournal(join(folder, `${uuidv7()}.sqlite`))
  ends.push(() => made.close())
  return made
}

type What = { entity: string; records?: readonly number[] } | { actorOf: string }

const erase = (tenant: string, what: What, on = ledger, why = because()) =>
  on.erase({ tenant, subject: 'dpo', request: JSON.stringify([what, why.id]), because: why, what })

async function personalTenant(on = ledger) {
  const tenant = await freshTenant(ledger, 'journal')
  const { outcomes } = await assertOne(
    on,
    tenant,
    dataset('people'),
    { fields: { mail: 'ada@example.org' } },
    { subject: 'lovelace' },
  )
  return { tenant, id: outcomes[0]!.id }
}

const storedText = async (tenant: string) =>
  JSON.stringify(
    await raw('MATCH (n {tenant: $tenant}) RETURN properties(n) AS properties', { tenant }),
  )

describe('the journal', () => {
  it('keeps what it is told, adds to it, and is read by another process that opens it', async () => {
    const path = join(folder, 'kept.sqlite')
    const first = openErasureJournal(path)
    const entry = {
      erasure: because().id,
      tenant: 'acme',
      entity: `urn:selvedge:dataset:${uuidv7()}`,
      actor: null,
      bodies: ['a'],
      files: [],
      ground: 'objection' as const,
      reason: 'case 7',
      at: '2026-03-31T09:15:02.113Z',
    }
    await first.begin([entry])
    await first.applied(entry.erasure)
    const second = openErasureJournal(path)
    expect(await second.of('acme')).toEqual([{ ...entry, applied: true }])
    await second.begin([{ ...entry, bodies: ['b', 'a'], files: ['f'] }])
    expect(await first.of('acme')).toEqual([
      { ...entry, bodies: ['a', 'b'], files: ['f'], applied: false },
    ])
    expect(await first.of('other')).toEqual([])
    expect(await second.tenants()).toEqual(['acme'])
    first.close()
    second.close()
  })

  it('knows an erasure by what outlasts a restore, and holds nothing of what was erased', async () => {
    const { tenant, id } = await personalTenant()
    const [asserted] = await headers(database, tenant)
    const why = because()
    await erase(tenant, { entity: id }, ledger, why)
    const [entry] = await journal.of(tenant)
    expect(entry).toMatchObject({
      erasure: why.id,
      entity: id,
      actor: null,
      bodies: [asserted!.body],
      ground: 'objection',
      applied: true,
    })
    expect(JSON.stringify(entry)).not.toContain('ada')
  })

  it('is what a server must have to erase', async () => {
    const { tenant, id } = await personalTenant()
    const without = await openAnother(null)
    for (const what of [{ entity: id }, { actorOf: 'lovelace' }]) {
      await expect(erase(tenant, what, without)).rejects.toEqual(withCode('ERASE_NO_JOURNAL'))
    }
  })

  it('is not written to by what is refused', async () => {
    const { tenant } = await personalTenant()
    await expect(erase(tenant, { actorOf: 'nobody' })).rejects.toEqual(withCode('ACTOR_UNKNOWN'))
    expect(await journal.of(tenant)).toEqual([])
  })
})

describe('an actor', () => {
  it('stands for nobody any more, and gets another pseudonym when it writes again', async () => {
    const { tenant } = await personalTenant()
    const [before] = await headers(database, tenant)
    await erase(tenant, { actorOf: 'lovelace' })
    expect(await storedText(tenant)).not.toContain('lovelace')
    expect((await headers(database, tenant))[0]!.actor).toBe(before!.actor)
    const [told] = await listErasures(database.graph(tenant))
    expect(told).toMatchObject({ actor: before!.actor, ground: 'objection', status: 'pending' })
    await assertOne(ledger, tenant, dataset('more'), {}, { subject: 'lovelace' })
    const after = (await headers(database, tenant)).at(-1)!
    expect(after.actor).not.toBe(before!.actor)
    await expectClean(database, tenant)
  })

  it('that erases itself leaves not even the command that did so', async () => {
    const { tenant } = await personalTenant()
    await ledger.erase({
      tenant,
      subject: 'lovelace',
      key: 'mine',
      request: 'erase me',
      because: because(),
      what: { actorOf: 'lovelace' },
    })
    expect(await storedText(tenant)).not.toContain('lovelace')
    await expectClean(database, tenant)
  })
})

describe('a database that is set back to before an erasure', () => {
  it('has it erased again when the next server starts, under the same id and ground', async () => {
    const used = freshJournal()
    const on = await openAnother(used)
    const { tenant, id } = await personalTenant()
    const yesterday = await copyOf(raw, tenant)
    const why = because()
    await erase(tenant, { entity: id }, on, why)
    await erase(tenant, { actorOf: 'lovelace' }, on)
    await setBack(raw, tenant, yesterday)
    expect(await storedText(tenant)).toContain('ada@example.org')
    await openAnother(used)
    const text = await storedText(tenant)
    expect(text).not.toContain('ada@example.org')
    expect(text).not.toContain('lovelace')
    const listed = await listErasures(database.graph(tenant))
    expect(listed.map((one) => one.id)).toContain(why.id)
    expect(listed).toMatchObject([{ reason: 'case 7' }, { reason: 'case 7' }])
    await expectClean(database, tenant)
  })

  it('has it erased again by a restore, and nothing more the second time', async () => {
    const used = freshJournal()
    const on = await openAnother(used)
    const { tenant, id } = await personalTenant()
    await assertOne(ledger, tenant, dataset('people'), { fields: { phone: '7946' } })
    const yesterday = await copyOf(raw, tenant)
    await erase(tenant, { entity: id }, on)
    await setBack(raw, tenant, yesterday)
    const restored = await openAnother(atRest(used))
    expect(await restored.reapplyErasures(tenant)).toEqual({ erased: 1, entries: 1 })
    expect(await storedText(tenant)).not.toContain('7946')
    const size = await expectClean(database, tenant)
    expect(await restored.reapplyErasures(tenant)).toEqual({ erased: 0, entries: 1 })
    expect(await expectClean(database, tenant)).toBe(size)
  })

  it('gets the bodies erased that the journal names, and keeps those that came later', async () => {
    const used = freshJournal()
    const on = await openAnother(used)
    const { tenant, id } = await personalTenant()
    const yesterday = await copyOf(raw, tenant)
    await erase(tenant, { entity: id }, on)
    await setBack(raw, tenant, yesterday)
    const restored = await openAnother(atRest(used))
    await assertOne(restored, tenant, dataset('people'), { fields: { mail: undefined, rows: 7 } })
    expect(await restored.reapplyErasures(tenant)).toMatchObject({ erased: 1 })
    const text = await storedText(tenant)
    expect(text).not.toContain('ada@example.org')
    expect(text).toContain('\\"rows\\":7')
    await expectClean(database, tenant)
  })

  it('from before there was anything to erase needs nothing done', async () => {
    const used = freshJournal()
    const on = await openAnother(used)
    const tenant = await freshTenant(ledger, 'journal')
    const empty = await copyOf(raw, tenant)
    const { outcomes } = await assertOne(on, tenant, dataset('people'))
    await erase(tenant, { entity: outcomes[0]!.id }, on)
    await setBack(raw, tenant, empty)
    const restored = await openAnother(atRest(used))
    expect(await restored.reapplyErasures(tenant)).toEqual({ erased: 0, entries: 1 })
    await expectClean(database, tenant)
  })
})

describe('an erasure', () => {
  const confirm = (tenant: string, id: string) =>
    confirmErasure(ledger, { tenant, subject: 'operator', id })

  it('is pending until backups may be gone, and complete when an operator says so after that', async () => {
    const { tenant, id } = await personalTenant()
    const why = because()
    await erase(tenant, { entity: id }, ledger, why)
    const [pending] = await listErasures(database.graph(tenant))
    const days = Date.parse(pending!.pendingUntil!) - Date.parse(pending!.at)
    expect([pending!.status, days]).toEqual(['pending', 30 * 86_400_000])
    await expect(confirm(tenant, why.id)).rejects.toEqual(withCode('ERASURE_PENDING'))
    await expect(confirm(tenant, id)).rejects.toEqual(withCode('ERASURE_UNKNOWN'))

    const soon = await openAnother(freshJournal(), 0)
    const second = await personalTenant()
    await erase(second.tenant, { entity: second.id }, soon, why)
    expect((await confirm(second.tenant, why.id)).outcomes).toMatchObject([{ changed: true }])
    expect((await confirm(second.tenant, why.id)).outcomes).toMatchObject([{ changed: false }])
    const [complete] = await listErasures(database.graph(second.tenant))
    expect(complete).toMatchObject({ status: 'complete', confirmedAt: expect.any(String) })
    await expectClean(database, second.tenant)
  })

  it('asked for again under its key is the same one', async () => {
    const { tenant, id } = await personalTenant()
    const once = (why = because()) =>
      ledger.erase({
        tenant,
        subject: 'dpo',
        key: 'once',
        request: 'erase people',
        because: why,
        what: { entity: id },
      })
    const first = await once()
    const again = await once()
    expect(again).toEqual({ ...first, replayed: true })
    expect(await journal.of(tenant)).toHaveLength(1)
  })
})
