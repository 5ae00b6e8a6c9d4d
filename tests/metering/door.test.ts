import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { metering, usage } from './support.ts'

const test = await testApp()
const { app, freshTenant, faults } = test
const { post, send, sendBatch, sendBinary, windows, eventsOf } = metering(test)

it('takes an event in each mode of HTTP, and counts the same event once, whatever the mode', async () => {
  const tenant = await freshTenant()
  const event = usage('1', { subject: 'Zoë €', traceparent: '00-ab', datacontenttype: null })
  const first = await sendBinary(tenant, { ...event, datacontenttype: undefined })
  expect(first).toMatchObject({ status: 200, duplicate: false, late: false })
  expect(await send(tenant, event)).toMatchObject({ ...first, duplicate: true })
  expect((await sendBatch(tenant, [event])).results).toMatchObject([
    { index: 0, ok: true, duplicate: true, window: first.window },
  ])
  const [row] = await eventsOf(tenant, first.window!)
  expect(JSON.parse(row!.event!)).toEqual(
    JSON.parse(JSON.stringify({ ...event, datacontenttype: undefined })),
  )
  expect(await windows(tenant)).toMatchObject([{ count: 1, subject: 'Zoë €' }])
})

it('refuses another event of the same source and id, and keeps the first', async () => {
  const tenant = await freshTenant()
  await send(tenant, usage('1'))
  const other = usage('1', { data: { value: 2, unit: 'calls' } })
  expect(await send(tenant, other)).toMatchObject({ status: 409, code: 'METERING_EVENT_CONFLICT' })
  expect(await send(tenant, { ...other, source: '/other' })).toMatchObject({ status: 200 })
  const { results, status } = await sendBatch(tenant, [usage('2'), other, usage('2'), usage('3')])
  expect(status).toBe(200)
  expect(results).toMatchObject([
    { ok: true, duplicate: false },
    { ok: false, code: 'METERING_EVENT_CONFLICT' },
    { ok: true, duplicate: true },
    { ok: true, duplicate: false },
  ])
})

it('does not take "a" of "b-c" for "a-b" of "c"', async () => {
  const tenant = await freshTenant()
  expect(await send(tenant, usage('b-c', { source: 'a' }))).toMatchObject({ duplicate: false })
  expect(await send(tenant, usage('c', { source: 'a-b' }))).toMatchObject({ duplicate: false })
})

it('answers for each event of a batch, and keeps those that are well', async () => {
  const tenant = await freshTenant()
  const answer = await sendBatch(tenant, [usage('1'), { id: 'x' }, 7, usage('2', { time: 'now' })])
  expect(answer).toMatchObject({
    ...{ status: 200, summary: { received: 4, successful: 1, failed: 3 } },
    results: [
      { index: 0, ok: true, id: '1' },
      { index: 1, ok: false, code: 'METERING_EVENT_INVALID', path: '/specversion' },
      { index: 2, ok: false, code: 'METERING_EVENT_INVALID', path: '' },
      { index: 3, ok: false, code: 'METERING_EVENT_INVALID', path: '/time' },
    ],
  })
  expect(await windows(tenant)).toMatchObject([{ count: 1 }])
})

it('takes a batch of none, and one of 1,000', async () => {
  const tenant = await freshTenant()
  expect(await sendBatch(tenant, [])).toMatchObject({ status: 200, results: [] })
  const events = Array.from({ length: 1_001 }, (_, i) => usage(`${i}`))
  expect(await sendBatch(tenant, events)).toMatchObject({
    ...{ status: 413, code: 'METERING_BATCH_TOO_LARGE' },
  })
  expect(await windows(tenant)).toEqual([])
  expect((await sendBatch(tenant, events.slice(1))).summary).toMatchObject({ successful: 1_000 })
  expect(await windows(tenant)).toMatchObject([{ count: 1_000 }])
})

const STRUCTURED = 'application/cloudevents+json'
const BATCHED = 'application/cloudevents-batch+json'
const EVENT = JSON.stringify(usage('1'))
const ONE = { 'content-type': STRUCTURED }
const GZIP = { 'content-encoding': 'gzip' }

it('takes gzip in each mode, up to the same limits', async () => {
  const tenant = await freshTenant()
  const first = await post(tenant, { ...ONE, ...GZIP }, gzipSync(EVENT.padEnd(65_536)))
  expect(first).toMatchObject({ status: 200, duplicate: false })
  const batch = gzipSync(`[${EVENT}]`.padEnd(4_000_000))
  expect(await post(tenant, { 'content-type': BATCHED, ...GZIP }, batch)).toMatchObject({
    ...{ status: 200, results: [{ ok: true, duplicate: true }] },
  })
  const { data, ...attributes } = usage('1')
  const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value])
  expect(
    await post(
      tenant,
      { ...Object.fromEntries(headers), 'content-type': 'application/json', ...GZIP },
      gzipSync(JSON.stringify(data)),
    ),
  ).toMatchObject({ status: 200, duplicate: true })
  expect(await windows(tenant)).toMatchObject([{ count: 1 }])
})

it.each([
  [
    'JSON that is no CloudEvent',
    { 'content-type': 'application/json' },
    EVENT,
    415,
    'CONTENT_TYPE',
  ],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, EVENT, 415, 'CONTENT_TYPE'],
  [
    'another format',
    { 'content-type': 'application/cloudevents+avro' },
    EVENT,
    415,
    'CONTENT_TYPE',
  ],
  [
    'another charset',
    { 'content-type': `${STRUCTURED}; charset=utf-16` },
    EVENT,
    415,
    'CONTENT_TYPE',
  ],
  ['another encoding', { ...ONE, 'content-encoding': 'br' }, EVENT, 415, 'CONTENT_ENCODING'],
  ['two encodings', { ...ONE, 'content-encoding': 'gzip, gzip' }, EVENT, 415, 'CONTENT_ENCODING'],
  ['what is no gzip', { ...ONE, ...GZIP }, EVENT, 400, 'BODY_UNREADABLE'],
  ['gzip cut short', { ...ONE, ...GZIP }, gzipSync(EVENT).subarray(0, -9), 400, 'BODY_UNREADABLE'],
  ['gzip of too much', { ...ONE, ...GZIP }, gzipSync(EVENT.padEnd(65_537)), 413, 'EVENT_TOO_LARGE'],
  [
    'gzip of too long a batch',
    { 'content-type': BATCHED, ...GZIP },
    gzipSync('[]'.padEnd(4_000_001)),
    413,
    'BODY_TOO_LARGE',
  ],
  ['no JSON', { 'content-type': STRUCTURED }, '{', 400, 'JSON_INVALID'],
  ['nothing', { 'content-type': STRUCTURED }, '', 400, 'JSON_INVALID'],
  ['a batch as one', { 'content-type': STRUCTURED }, `[${EVENT}]`, 400, 'EVENT_INVALID'],
  ['one as a batch', { 'content-type': BATCHED }, EVENT, 400, 'NOT_A_BATCH'],
  ['an array that does not end', { 'content-type': BATCHED }, `[${EVENT}`, 400, 'NOT_A_BATCH'],
  ['too much', { 'content-type': STRUCTURED }, EVENT.padEnd(65_537), 413, 'EVENT_TOO_LARGE'],
  ['too long a batch', { 'content-type': BATCHED }, '[]'.padEnd(4_000_001), 413, 'BODY_TOO_LARGE'],
  [
    'binary mode without an id',
    { 'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-type': 'a' },
    '{"value":1}',
    400,
    'EVENT_INVALID',
  ],
])('refuses %s by a problem, and writes nothing', async (_what, headers, body, status, code) => {
  const tenant = await freshTenant()
  const told = await post(tenant, headers as Record<string, string>, body as string)
  expect(told).toMatchObject({ status, code: `METERING_${code}` })
  expect(await windows(tenant)).toEqual([])
})

it('has one event of a tenant that is not there refused', async () => {
  expect(await send('nobody-at-all', usage('1'))).toMatchObject({
    status: 404,
    code: 'TENANT_UNKNOWN',
  })
})

it('takes events by POST alone', async () => {
  const response = await app.fetch(new Request('http://localhost/events'))
  expect(response.status).toBe(405)
})

it('had no fault of its own', () => expect(faults).toEqual([]))
