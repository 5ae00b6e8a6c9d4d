import { setImmediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { Problem } from '../../core/problem.ts'
import {
  MAX_BATCH_BYTES,
  MAX_BATCH_EVENTS,
  MAX_EVENT_BYTES,
} from '../../domains/openlineage/limits.ts'
import { readLog } from '../../lineage/log.ts'
import { type LineageCaller, receiveBatch, receiveEvent } from '../../server/openlineage.ts'
import { testApp } from '../setup/app.ts'
import { freshTenant } from '../setup/ledger.ts'
import { fixture, head, runId } from './events.ts'
import { expectedWorld } from './reference.ts'
import { currentWorld } from './world.ts'

const { app, database, ledger, faults } = await testApp()
const report = (error: unknown) => faults.push(error)

const at = '2026-01-01T00:00:00Z'
const job = (name: string) => ({ namespace: 'jobs', name })
const good = (n: number) => ({ ...head(at), run: { runId: runId(n) }, job: job(`job ${n}`) })

function post(body: string | Uint8Array, headers: Record<string, string> = {}, path = '') {
  return new Request(`http://localhost/api/v1/lineage${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body as RequestInit['body'],
  })
}

/** Nobody else is there: it is always one's turn. */
const turns: LineageCaller['turns'] = {
  hold: () => {},
  write: (work) => work(),
  parse: async (_bytes, work) => work(setImmediate),
}

const caller = async (): Promise<LineageCaller> => ({
  ledger,
  tenant: await freshTenant(ledger),
  subject: 'ada',
  report,
  turns,
})
const sizeOf = async ({ tenant }: LineageCaller) =>
  (await readLog(database.graph(tenant).read))!.size
// biome-ignore lint/suspicious/noExplicitAny: tests reach into answers
const json = (response: Response): Promise<any> => response.json()

it('answers an event with its position after the commit', async () => {
  const from = await caller()
  const response = await receiveEvent(post(JSON.stringify(good(1))), from)
  expect(response.status).toBe(200)
  expect(await json(response)).toEqual({
    status: 'success',
    position: `0:${await sizeOf(from)}`,
    seqs: [3, 4],
    replayed: false,
  })
})

it('answers a repeated key with the first position, and refuses it for another event', async () => {
  const from = await caller()
  const key = { 'idempotency-key': 'k-1' }
  const first = await json(await receiveEvent(post(JSON.stringify(good(1)), key), from))
  const again = await json(await receiveEvent(post(JSON.stringify(good(1)), key), from))
  expect(again).toEqual({ ...first, replayed: true })
  await expect(receiveEvent(post(JSON.stringify(good(2)), key), from)).rejects.toMatchObject({
    code: 'IDEMPOTENCY_KEY_REUSED',
  })
})

it('reads a compressed body', async () => {
  const from = await caller()
  const body = gzipSync(JSON.stringify(fixture('food-delivery')))
  const answer = await json(await receiveBatch(post(body, { 'content-encoding': 'gzip' }), from))
  expect(answer.summary).toMatchObject({ received: 27, successful: 27 })
  expect(await currentWorld(database, from.tenant)).toEqual(expectedWorld(fixture('food-delivery')))
})

it('answers a batch item by item, in the form of the standard and in ours', async () => {
  const from = await caller()
  const batch = [good(1), { ...good(2), job: {} }, good(3), 7]
  const answer = await json(await receiveBatch(post(JSON.stringify(batch)), from))
  expect(answer).toMatchObject({
    status: 'partial_success',
    summary: { received: 4, successful: 2, failed: 2, retriable: 0, non_retriable: 2 },
    failed_events: [
      { index: 1, reason: expect.stringContaining('OPENLINEAGE_MEMBER_INVALID'), retriable: false },
      { index: 3, retriable: false },
    ],
    results: [
      { index: 0, ok: true, seqs: [3, 4] },
      { index: 1, ok: false, code: 'OPENLINEAGE_MEMBER_INVALID', path: '/job/namespace' },
      { index: 2, ok: true, seqs: [5, 6] },
      { index: 3, ok: false, code: 'OPENLINEAGE_MEMBER_INVALID', path: '' },
    ],
  })
})

it('records the events of a batch in the order of the batch', async () => {
  const from = await caller()
  const batch = Array.from({ length: MAX_BATCH_EVENTS }, (_, i) => good(i))
  const answer = await json(await receiveBatch(post(JSON.stringify(batch)), from))
  const seqs = answer.results.flatMap((result: { seqs: number[] }) => result.seqs)
  expect(answer.status).toBe('success')
  expect(seqs).toEqual(seqs.toSorted((a: number, b: number) => a - b))
  expect(seqs).toHaveLength(2 * MAX_BATCH_EVENTS)
})

it('gives each event of a batch a key of its own', async () => {
  const from = await caller()
  const send = (batch: object[]) =>
    receiveBatch(post(JSON.stringify(batch), { 'idempotency-key': 'b' }), from).then(json)
  const first = await send([good(1), good(2)])
  const again = await send([good(1), good(3)])
  expect(again.results).toMatchObject([
    { ok: true, replayed: true, position: first.results[0].position },
    { ok: false, code: 'IDEMPOTENCY_KEY_REUSED' },
  ])
})

it('takes a key of any length that one event may have, and no empty one', async () => {
  const from = await caller()
  const send = (key: string) =>
    receiveBatch(post(JSON.stringify([good(1), good(2)]), { 'idempotency-key': key }), from).then(
      json,
    )
  expect(await send('k'.repeat(255))).toMatchObject({ status: 'success' })
  expect((await send('k'.repeat(255))).results).toMatchObject([
    { replayed: true },
    { replayed: true },
  ])
  for (const key of ['', 'k'.repeat(256)]) {
    expect((await send(key)).results).toMatchObject([
      { ok: false, code: 'IDEMPOTENCY_KEY_INVALID' },
      { ok: false, code: 'IDEMPOTENCY_KEY_INVALID' },
    ])
  }
})

it('answers 200 to a batch in which nothing is good, and to an empty one', async () => {
  const from = await caller()
  const bad = await receiveBatch(post('[1,null]'), from)
  expect([bad.status, (await json(bad)).summary.failed]).toEqual([200, 2])
  expect(await json(await receiveBatch(post('[]'), from))).toMatchObject({
    status: 'success',
    summary: { received: 0 },
  })
})

it('tells a failure of ours as one that may be tried again, and reports it', async () => {
  const errors: unknown[] = []
  const broken: LineageCaller = {
    ledger: { submit: () => Promise.reject(new Error('secret')) },
    tenant: 't',
    subject: 's',
    report: (error) => errors.push(error),
    turns,
  }
  const answer = await json(await receiveBatch(post(JSON.stringify([good(1)])), broken))
  expect(answer.summary).toMatchObject({ failed: 1, retriable: 1 })
  expect(JSON.stringify(answer)).not.toContain('secret')
  expect(errors).toHaveLength(1)
})

it('gives back a number that a double cannot hold as it came', async () => {
  const from = await caller()
  const event = { ...good(1), run: { runId: runId(1), facets: { big: { id: 'N' } } } }
  const text = JSON.stringify(event).replace('"N"', '12345678901234567890')
  await receiveEvent(post(text), from)
  const world = await currentWorld(database, from.tenant)
  expect(world.bodies[`run ["run","${runId(1)}"]`]).toMatchObject({
    'facet:run:big': { id: '12345678901234567890' },
  })
})

const padded = (bytes: number) => JSON.stringify(good(1)).padEnd(bytes)

it('takes a body at the limit', async () => {
  const from = await caller()
  await receiveEvent(post(padded(MAX_EVENT_BYTES)), from)
  await receiveEvent(post(gzipSync(padded(MAX_EVENT_BYTES)), { 'content-encoding': 'gzip' }), from)
})

const gzip = { 'content-encoding': 'gzip' }
const event = JSON.stringify(good(1))

it.each<[string, string | Uint8Array, Record<string, string>, code: string, status: number]>([
  ['of another type', event, { 'content-type': 'text/plain' }, 'CONTENT_TYPE', 415],
  [
    'in another charset',
    event,
    { 'content-type': 'application/json; charset=latin1' },
    'CONTENT_TYPE',
    415,
  ],
  ['compressed in another way', event, { 'content-encoding': 'br' }, 'CONTENT_ENCODING', 415],
  ['that is not the gzip it says', event, gzip, 'BODY_UNREADABLE', 400],
  ['that is cut short', gzipSync(event).subarray(0, -9), gzip, 'BODY_UNREADABLE', 400],
  ['that is not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), {}, 'BODY_UNREADABLE', 400],
  ['that is empty', '', {}, 'JSON_INVALID', 400],
  ['that is not JSON', '{"a":', {}, 'JSON_INVALID', 400],
  ['with a member twice', '{"a":1,"a":2}', {}, 'JSON_INVALID', 400],
  ['with a lone surrogate', '{"a":"\\ud800"}', {}, 'JSON_INVALID', 400],
  ['that nests too deep', '['.repeat(65) + ']'.repeat(65), {}, 'JSON_INVALID', 400],
  ['that is too long', padded(MAX_EVENT_BYTES + 1), {}, 'BODY_TOO_LARGE', 413],
  ['that inflates too far', gzipSync(padded(MAX_EVENT_BYTES + 1)), gzip, 'BODY_TOO_LARGE', 413],
])('refuses a body %s and writes nothing', async (_what, body, headers, code, status) => {
  const from = await caller()
  const size = await sizeOf(from)
  const refused = { code: `OPENLINEAGE_${code}`, status }
  await expect(receiveEvent(post(body, headers), from)).rejects.toMatchObject(refused)
  await expect(receiveEvent(post(body, headers), from)).rejects.toBeInstanceOf(Problem)
  expect(await sizeOf(from)).toBe(size)
})

it.each<[string, string, code: string, status: number]>([
  ['that is one event', event, 'NOT_A_BATCH', 400],
  [
    'of too many events',
    JSON.stringify(Array(MAX_BATCH_EVENTS + 1).fill(1)),
    'BATCH_TOO_LARGE',
    413,
  ],
  ['that is too long', '[]'.padEnd(MAX_BATCH_BYTES + 1), 'BODY_TOO_LARGE', 413],
])('refuses a batch %s and writes nothing', async (_what, body, code, status) => {
  const from = await caller()
  const size = await sizeOf(from)
  const refused = { code: `OPENLINEAGE_${code}`, status }
  await expect(receiveBatch(post(body), from)).rejects.toMatchObject(refused)
  expect(await sizeOf(from)).toBe(size)
})

it('stops reading a body that does not end', async () => {
  const from = await caller()
  let sent = 0
  let cut = () => {}
  const isCut = new Promise<void>((resolve) => {
    cut = resolve
  })
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent += 1
      controller.enqueue(new Uint8Array(100_000))
    },
    cancel: () => cut(),
  })
  const request = new Request('http://localhost/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: endless,
    duplex: 'half',
  } as RequestInit)
  await expect(receiveEvent(request, from)).rejects.toMatchObject({
    code: 'OPENLINEAGE_BODY_TOO_LARGE',
  })
  // What was on its way is let go of, so that the refusal is read.
  await isCut
  expect(sent).toBeLessThan(2 + (MAX_EVENT_BYTES + 16_000_000) / 100_000 + 2)
})

it('is mounted in the server, and refuses with a problem that says what, where and how to mend', async () => {
  const tenant = await freshTenant(ledger)
  const headers = { 'x-selvedge-tenant': tenant }
  const taken = await app.fetch(post(event, headers))
  expect([taken.status, (await json(taken)).status]).toEqual([200, 'success'])
  const batch = await app.fetch(post(`[${event},{}]`, headers, '/batch'))
  expect([batch.status, (await json(batch)).status]).toEqual([200, 'partial_success'])
  const refused = await app.fetch(post(JSON.stringify({ ...good(1), eventTime: 'now' }), headers))
  expect([refused.status, refused.headers.get('content-type')]).toEqual([
    400,
    'application/problem+json',
  ])
  expect(await json(refused)).toMatchObject({
    code: 'OPENLINEAGE_TIME_INVALID',
    path: '/eventTime',
    status: 400,
  })
  expect(faults).toEqual([])
})
