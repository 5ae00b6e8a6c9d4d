import { beforeEach, describe, expect, it } from 'vitest'
import { checkLog } from '../../domains/fsck/check-log.ts'
import { cutLog } from '../../domains/restore/cut-log.ts'
import { backing, backupFolder } from '../backup/support.ts'
import { copyOf, erase, setBack } from '../ledger/copies.ts'
import { rawDatabase } from '../ledger/support.ts'
import { testApp } from '../setup/app.ts'
import { offTheList } from '../setup/ledger.ts'
import { metering, usage } from './support.ts'

const test = await testApp()
const { ask, database, ledger, freshTenant, faults } = test
const { send, sendBatch, windows, seal, eventsOf, prove } = metering(test)
const raw = rawDatabase()
const { fresh } = backupFolder()
// Other files' ledgers sweep all that are listed, and would write to what is being restored.
const unlisted = { ...database, graph: (tenant: string) => offTheList(database.graph(tenant)) }
const { backUp, bringBack } = backing({ ...test, database: unlisted })

/** A window that is sealed, and one that is open. */
async function usedTenant() {
  const tenant = await freshTenant()
  const events = Array.from({ length: 300 }, (_, i) => usage(`${i}`, { data: { value: i } }))
  const next = { time: '2026-04-01T00:00:00Z', data: { value: 1 } }
  await sendBatch(tenant, [...events, usage('next', next)])
  const [first, second] = await windows(tenant)
  await seal(tenant, first!.id)
  return { tenant, sealed: first!.id, open: second!.id }
}

/** As it is stored, in an order of its own. */
const usageIn = async (tenant: string) =>
  (
    await raw(
      `MATCH (n:UsageEvent|UsageWindow {tenant: $tenant})
      RETURN labels(n) AS labels, properties(n) AS props ORDER BY coalesce(n.key, n.id)`,
      { tenant },
    )
  ).map((row) => JSON.stringify(row, (_name, value) => sorted(value)))

const sorted = (value: unknown) =>
  value && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

const sign = async (tenant: string) => {
  const { data } = await ask<{ log: { size: number } }>('{ log { size } }', { tenant })
  await ledger.checkpointOf(tenant, data.log.size)
}
const checked = async (tenant: string) => checkLog(database.graph(tenant))

describe('a backup', () => {
  it('brings events and windows back as they were', async () => {
    const { tenant, sealed } = await usedTenant()
    await sign(tenant)
    const before = await usageIn(tenant)
    const path = fresh()
    await backUp(path, [tenant])
    await erase(raw, tenant)
    await bringBack(path)
    expect(await usageIn(tenant)).toEqual(before)
    expect(await checked(tenant)).toMatchObject({ found: 0 })
    expect((await prove(tenant, '7')).document).toBeTruthy()
    expect(await seal(tenant, sealed)).toMatchObject({ already: true })
  })

  it('has a window closed that a record beyond its checkpoint seals, and sealing it again says the same', async () => {
    const tenant = await freshTenant()
    const { window } = await send(tenant, usage('1'))
    const { record } = (await seal(tenant, window!)).window!
    // As one looks that was sealed while the backup was made.
    await raw('MATCH (w:UsageWindow {tenant: $tenant}) SET w.seq = 1000', { tenant })
    await sign(tenant)
    const path = fresh()
    await backUp(path, [tenant])
    await erase(raw, tenant)
    await bringBack(path)
    expect(await windows(tenant)).toMatchObject([{ state: 'CLOSING', count: 1, record: null }])
    expect((await send(tenant, usage('2'))).window).not.toBe(window)
    const again = await seal(tenant, window!)
    expect(again).toMatchObject({ already: false, window: { state: 'SEALED', record } })
    expect(await checked(tenant)).toMatchObject({ found: 0 })
  })
})

describe('a window that is closed and not sealed', () => {
  it('takes nothing, and is sealed by whoever asks next', async () => {
    const { tenant, open } = await usedTenant()
    const { tenant: other, open: same } = await usedTenant()
    const { record } = (await seal(other, same)).window!
    // As who died between closing it and its record, and between its record and noting that, leave it.
    await raw(
      `MATCH (w:UsageWindow {tenant: $other, id: $same})
      SET w.state = 'closing' REMOVE w.seq, w.blocks, w.firsts`,
      { other, same },
    )
    expect(await seal(other, same)).toMatchObject({ window: { state: 'SEALED', record } })
    await raw(
      `MATCH (w:UsageWindow {tenant: $other, id: $same}) WITH w.record AS record
      MATCH (w:UsageWindow {tenant: $tenant, id: $open}) SET w.state = 'closing', w.record = record`,
      { tenant, open, other, same },
    )
    const late = await send(
      tenant,
      usage('x', { time: '2026-04-01T00:00:00Z', data: { value: 1 } }),
    )
    expect(late.window).not.toBe(open)
    expect(await windows(tenant)).toMatchObject([{}, { state: 'CLOSING', count: 1 }, {}])
    expect((await prove(tenant, 'next')).code).toBe('METERING_WINDOW_NOT_SEALED')
  })
})

describe('a log that is cut before the record of a window', () => {
  it('leaves the window closed', async () => {
    const tenant = await freshTenant()
    const { window } = await send(tenant, usage('1'))
    const { record } = (await seal(tenant, window!)).window!
    const { data } = await ask<{ entity: { seq: number } }>(
      `{ entity(id: "${record!.id}") { seq } }`,
      {
        tenant,
      },
    )
    await cutLog(database.graph(tenant), data.entity.seq, () => undefined)
    expect(await windows(tenant)).toMatchObject([{ state: 'CLOSING', count: 1, record: null }])
    const { differences } = await checked(tenant)
    expect(differences.filter(({ name }) => name.startsWith('USAGE'))).toEqual([])
  })
})

describe('an erasure of the record of a window', () => {
  it('takes what its events say, and leaves the window and the place of each', async () => {
    const { tenant, sealed } = await usedTenant()
    const { record } = (await windows(tenant)).find(({ id }) => id === sealed)!
    const { errors } = await ask(
      `mutation { erase(id: "${record!.id}", ground: OTHER, reason: "a test") { position } }`,
      { tenant },
    )
    expect(errors).toBeUndefined()
    const after = (await windows(tenant)).find(({ id }) => id === sealed)!
    expect(after).toMatchObject({ meter: null, subject: null, state: 'SEALED', count: 300 })
    expect(after.record).toMatchObject({ id: record!.id, body: null })
    const events = await eventsOf(tenant, sealed)
    expect(events).toHaveLength(300)
    expect(events.filter(({ event, salt }) => event !== null || salt !== null)).toEqual([])
    expect((await prove(tenant, '7')).code).toBe('METERING_EVENT_ERASED')
    const stored = (await usageIn(tenant)).join()
    expect(stored).not.toContain('"value":"7"')
    expect(await checked(tenant)).toMatchObject({ found: 0 })
    // It is known by its source and id still, and so is not counted again.
    expect(await send(tenant, usage('7'))).toMatchObject({ window: sealed, duplicate: true })
    expect(await seal(tenant, sealed)).toMatchObject({ already: true })
  })
})

describe('fsck', () => {
  let tenant: string
  let copy: Awaited<ReturnType<typeof copyOf>>
  beforeEach(async () => {
    if (!tenant) {
      tenant = (await usedTenant()).tenant
      copy = await copyOf(raw, tenant)
    } else await setBack(raw, tenant, copy)
  })

  it.each([
    ['an event that says something else', "SET e.text = replace(e.text, 'acme', 'ecma')", 'EVENT'],
    ['an event of another value', "SET e.value = '1000'", 'EVENT'],
    ['an event of another time', "SET e.time = '2026-03-31T00:00:00.000Z'", 'EVENT'],
    ['an event with another salt', 'SET e.salt = e.c', 'EVENT'],
    ['an event that says nothing', 'REMOVE e.text', 'EVENT'],
    ['an event of no window', "SET e.window = 'none'", 'EVENT'],
    ['an event that is gone', 'DELETE e', 'WINDOW'],
    ['an event with another commitment', 'SET e.c = e.salt', 'WINDOW'],
    ['a window of another count', 'SET w.count = 299', 'WINDOW'],
    ['a window of another meter', "SET w.meter = 'x'", 'WINDOW'],
    ['a window with other blocks', 'SET w.blocks = w.blocks[..-1]', 'WINDOW'],
    ['a window that no record seals', 'SET w.seq = 1', 'WINDOW'],
  ])('finds %s', async (_what, change, name) => {
    expect(await checked(tenant)).toMatchObject({ found: 0 })
    await raw(
      `MATCH (w:UsageWindow {tenant: $tenant, state: 'sealed'})
      MATCH (e:UsageEvent {tenant: $tenant, window: w.id}) WHERE e.text CONTAINS '"id":"7"'
      ${change}`,
      { tenant },
    )
    const { differences } = await checked(tenant)
    expect(differences.map((one) => one.name)).toContain(`USAGE_${name}`)
  })
})

it('had no fault of its own', () => expect(faults).toEqual([]))
