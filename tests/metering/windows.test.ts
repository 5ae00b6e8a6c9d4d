import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { checkLog } from '../../domains/fsck/check-log.ts'
import { BODIES } from '../../domains/kinds/bodies.ts'
import type { Json } from '../../proofs/json.ts'
import {
  parseUsageProof,
  readSealed,
  verifyUsage,
  verifyUsageWindow,
} from '../../proofs/usage-proof.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { metering, usage, type WindowTold } from './support.ts'

const test = await testApp()
const { ask, freshTenant, faults, database } = test
const { send, sendBatch, windows, seal, eventsOf, prove } = metering(test)

const sealedOf = ({ record }: WindowTold) => readSealed(withoutNulls(record!.body!))
const withoutNulls = (body: object) =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)) as Json

it('counts each event into the day, meter, subject and unit that it is of', async () => {
  const tenant = await freshTenant()
  const { results } = await sendBatch(tenant, [
    usage('1'),
    usage('2', { time: '2026-03-31T23:59:59.999999Z' }),
    usage('3', { time: '2026-04-01T01:59:59+02:00' }),
    usage('4', { time: '2026-04-01T00:00:00Z' }),
    usage('5', { subject: undefined }),
    usage('6', { data: { value: 1 } }),
    usage('7', { type: 'storage' }),
  ])
  const names = results!.map(({ window }) => window!)
  expect(new Set(names.slice(0, 3)).size).toBe(1)
  expect(new Set(names).size).toBe(5)
  const found = await windows(tenant)
  expect(found.map(({ from }) => from)).toEqual(found.map(({ from }) => from).sort())
  expect(found.find(({ id }) => id === names[0])).toEqual({
    ...{ id: names[0], meter: 'api.calls', subject: 'acme', unit: 'calls', state: 'OPEN' },
    ...{ from: '2026-03-31T00:00:00.000Z', until: '2026-04-01T00:00:00.000Z' },
    ...{ count: 3, record: null },
  })
})

it('seals a window once: a record says what it comes to, and nothing changes it', async () => {
  const tenant = await freshTenant()
  await sendBatch(
    tenant,
    ['0.1', '0.2', '-3', '1000000000000.000000000001'].map((value, i) =>
      usage(`${i}`, { data: { value, unit: 'GB' } }),
    ),
  )
  const [{ id } = { id: '' }] = await windows(tenant)
  const first = await seal(tenant, id)
  expect(first).toMatchObject({ already: false, window: { state: 'SEALED', count: 4 } })
  const { body } = first.window!.record!
  expect(body).toMatchObject({
    ...{ meter: 'api.calls', subject: 'acme', unit: 'GB', count: 4, late: 0 },
    ...{ total: '999999999997.300000000001', least: '-3', greatest: '1000000000000.000000000001' },
  })
  expect(BODIES.MeteringRecord.whole.safeParse(withoutNulls(body!)).error).toBeUndefined()
  await send(tenant, usage('late', { data: { value: 7, unit: 'GB' } }))
  const again = await seal(tenant, id)
  expect(again).toEqual({ ...first, already: true })
  const { data } = await ask<{ entity: { version: number } }>(
    `{ entity(id: "${first.window!.record!.id}") { version } }`,
    { tenant },
  )
  expect(data.entity.version).toBe(1)
})

it('lets what comes after the seal into the next window that is open, with its own time', async () => {
  const tenant = await freshTenant()
  await sendBatch(tenant, [usage('1'), usage('2', { time: '2026-04-01T00:00:00Z' })])
  for (const { id } of await windows(tenant)) await seal(tenant, id)
  const late = await send(tenant, usage('late'))
  expect(late).toMatchObject({ status: 200, late: true, duplicate: false })
  expect(late.window).toMatch(/^2026-04-02\./)
  const again = await send(tenant, usage('late'))
  expect(again).toMatchObject({ window: late.window, late: true, duplicate: true })
  const { window } = await seal(tenant, late.window!)
  expect(window!.record!.body).toMatchObject({ count: 1, late: 1, total: '1' })
  const [event] = await eventsOf(tenant, late.window!)
  expect(JSON.parse(event!.event!)).toMatchObject({ id: 'late', time: '2026-03-31T09:15:02Z' })
  verifyUsageWindow(
    sha256,
    [{ event: JSON.parse(event!.event!), salt: event!.salt! }],
    sealedOf(window!),
  )
})

it.each([
  ['what is not there', '2026-03-31.x', 'METERING_WINDOW_UNKNOWN'],
  ['nothing', '', 'METERING_WINDOW_UNKNOWN'],
])('does not seal %s', async (_what, window, code) => {
  expect((await seal(await freshTenant(), window)).code).toBe(code)
})

it('does not seal a window before it is over', async () => {
  const tenant = await freshTenant()
  const { window } = await send(tenant, usage('1', { time: '2998-01-01T00:00:00Z' }))
  expect((await seal(tenant, window!)).code).toBe('METERING_WINDOW_NOT_OVER')
  expect(await windows(tenant)).toMatchObject([{ state: 'OPEN' }])
})

it('meters the entity that the subject of the events is the id of', async () => {
  const tenant = await freshTenant()
  const [{ id } = { id: '' }] = await recorded(test, tenant, [dataset('raw')])
  const { window } = await send(tenant, usage('1', { subject: id }))
  const unknown = `urn:selvedge:dataset:h:${'A'.repeat(43)}`
  const other = await send(tenant, usage('2', { subject: unknown }))
  const { record } = (await seal(tenant, window!)).window!
  const nobody = (await seal(tenant, other.window!)).window!.record!
  const metersOf = async (of: string) =>
    (
      await ask<{ entity: { meters: { id: string }[] } }>(
        `{ entity(id: "${of}") { ... on MeteringRecord { meters { id } } } }`,
        { tenant },
      )
    ).data.entity.meters
  expect(await metersOf(record!.id)).toEqual([{ id }])
  expect(await metersOf(nobody.id)).toEqual([])
})

it('keeps a record of usage from being retired', async () => {
  const tenant = await freshTenant()
  const { window } = await send(tenant, usage('1'))
  const { record } = (await seal(tenant, window!)).window!
  const { errors } = await ask(`mutation { retire(id: "${record!.id}") { position } }`, { tenant })
  expect(errors).toMatchObject([{ extensions: { code: 'RETIRE_REFUSED' } }])
})

it('proves every event of a sealed window, and none before', async () => {
  const tenant = await freshTenant()
  const events = Array.from({ length: 600 }, (_, i) => usage(`${i}`))
  const { window } = (await sendBatch(tenant, events)).results![0]!
  expect((await prove(tenant, '7')).code).toBe('METERING_WINDOW_NOT_SEALED')
  expect((await prove(tenant, 'none')).code).toBe('METERING_EVENT_UNKNOWN')
  const sealed = (await seal(tenant, window!)).window!
  for (let i = 0; i < events.length; i += 23) {
    const { document, record } = await prove(tenant, `${i}`)
    const proof = parseUsageProof(utf8(document!))
    expect(proof).toMatchObject({ record, event: usage(`${i}`) })
    expect(record).toBe(sealed.record!.id)
    verifyUsage(sha256, proof, sealedOf(sealed))
  }
  const all = await eventsOf(tenant, window!)
  verifyUsageWindow(
    sha256,
    all.map(({ event, salt }) => ({ event: JSON.parse(event!), salt: salt! })),
    sealedOf(sealed),
  )
})

it('has every acknowledged event in exactly one window, whatever is sealed meanwhile', async () => {
  const days = ['2026-03-29', '2026-03-30', '2026-03-31']
  const given = fc.array(
    fc.record({
      id: fc.integer({ min: 0, max: 40 }).map(String),
      day: fc.constantFrom(...days),
      value: fc.integer({ min: -50, max: 50 }),
    }),
    { minLength: 10, maxLength: 40 },
  )
  await fc.assert(
    fc.asyncProperty(given, fc.integer({ min: 1, max: 8 }), async (events, size) => {
      const tenant = await freshTenant()
      const batches = Array.from({ length: Math.ceil(events.length / size) }, (_, i) =>
        events
          .slice(i * size, (i + 1) * size)
          .map(({ id, day, value }) =>
            usage(id, { time: `${day}T12:00:00Z`, data: { value, unit: 'calls' } }),
          ),
      )
      // Whoever counts meanwhile seals whatever is there.
      let isOver = false
      const sealing = (async () => {
        while (!isOver) for (const { id } of await windows(tenant)) await seal(tenant, id)
      })()
      const told = await Promise.all(
        batches.map(async (batch) => (await sendBatch(tenant, batch)).results!),
      )
      isOver = true
      await sealing
      for (const { id } of await windows(tenant)) await seal(tenant, id)

      const taken = new Map<string, { value: number; window: string }>()
      for (const [b, results] of told.entries()) {
        for (const [i, result] of results.entries()) {
          const { id, data } = batches[b]![i]!
          if (!result.ok) expect(result.code).toBe('METERING_EVENT_CONFLICT')
          else if (!result.duplicate) {
            expect(taken.has(id)).toBe(false)
            taken.set(id, { value: data.value, window: result.window! })
          }
        }
      }
      expect([...taken.keys()].sort()).toEqual([...new Set(events.map(({ id }) => id))].sort())
      const all = await windows(tenant)
      const found = new Map<string, string>()
      for (const window of all) {
        const rows = await eventsOf(tenant, window.id)
        for (const { event } of rows) {
          const { id } = JSON.parse(event!)
          expect(found.has(id)).toBe(false)
          found.set(id, window.id)
        }
        const here = [...taken.values()].filter((one) => one.window === window.id)
        expect(window).toMatchObject({
          ...{ state: 'SEALED', count: here.length },
          record: {
            body: {
              count: here.length,
              total: String(here.reduce((sum, { value }) => sum + value, 0)),
              least: String(Math.min(...here.map(({ value }) => value))),
              greatest: String(Math.max(...here.map(({ value }) => value))),
            },
          },
        })
        verifyUsageWindow(
          sha256,
          rows.map(({ event, salt }) => ({ event: JSON.parse(event!), salt: salt! })),
          sealedOf(window),
        )
      }
      expect(found).toEqual(new Map([...taken].map(([id, { window }]) => [id, window])))
      expect(await checkLog(database.graph(tenant))).toMatchObject({ found: 0 })
    }),
    { numRuns: 5 },
  )
}, 60_000)

it('shows a tenant nothing of another', async () => {
  const [tenant, other] = [await freshTenant(), await freshTenant()]
  const { window } = await send(tenant, usage('1'))
  expect(await windows(other)).toEqual([])
  expect((await seal(other, window!)).code).toBe('METERING_WINDOW_UNKNOWN')
  expect((await prove(other, '1')).code).toBe('METERING_EVENT_UNKNOWN')
  const same = await send(other, usage('1'))
  expect(same).toMatchObject({ duplicate: false })
  expect(same.window).not.toBe(window)
})

it('had no fault of its own', () => expect(faults).toEqual([]))
