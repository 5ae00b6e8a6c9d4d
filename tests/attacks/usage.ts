import { brotliCompressSync, gzipSync } from 'node:zlib'
import { type Attack, NOTHING, TAKEN, type Theme } from './attack.ts'
import { acme, USED, type World } from './world.ts'

const STRUCTURED = 'application/cloudevents+json'
const BATCHED = 'application/cloudevents-batch+json'
const EVENT = JSON.stringify({
  ...{ specversion: '1.0', source: '/mallory', id: '1', type: 'api', subject: 'me' },
  ...{ time: '2026-03-31T09:15:02Z', data: { value: 1 } },
})

const sending = (
  w: World,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): ReturnType<World['post']> =>
  w.post('/events', 'mallory', body, { 'content-type': STRUCTURED, ...headers })

const sent = (
  name: string,
  body: string | (() => Uint8Array),
  [status, code]: readonly [number, string],
  headers?: Record<string, string>,
): Attack => [
  name,
  (w) => sending(w, typeof body === 'string' ? body : body(), headers),
  status,
  `METERING_${code}`,
]

const INVALID = [400, 'EVENT_INVALID'] as const
const NO_JSON = [400, 'JSON_INVALID'] as const
const NO_TYPE = [415, 'CONTENT_TYPE'] as const
const LARGE = [413, 'EVENT_TOO_LARGE'] as const
const NO_ENCODING = [415, 'CONTENT_ENCODING'] as const

const with_ = (more: string) => EVENT.replace('{', `{${more},`)
const valued = (value: string) => EVENT.replace('"value":1', `"value":${value}`)

const SENDING: Attack[] = [
  sent('60,000 lists in each other', '['.repeat(30_000) + ']'.repeat(30_000), NO_JSON),
  sent('lists that never end', '['.repeat(60_000), NO_JSON),
  sent('a member twice', with_('"id":"2"'), NO_JSON),
  sent('half a character', with_('"x":"\\ud800"'), NO_JSON),
  sent('a prototype', with_('"__proto__":{"tenant":"acme"}'), INVALID),
  sent('a constructor', with_('"constructor":{"prototype":{"a":1}}'), INVALID),
  sent('a tenant of its own choice', with_('"Tenant":"acme"'), INVALID),
  sent('a number of 60,000 digits', valued('9'.repeat(60_000)), INVALID),
  sent('a number beyond all numbers', valued('1e999999999'), INVALID),
  sent('no number at all', valued('"NaN"'), INVALID),
  sent('a source with a line of its own', EVENT.replace('/mallory', '/a\\r\\nX: y'), INVALID),
  sent('a year that is none', EVENT.replace('2026-03', '99999-03'), INVALID),
  sent('10 MB', ' '.repeat(10_000_000), LARGE),
  sent('a bomb in gzip', () => gzipSync(Buffer.alloc(10_000_000)), LARGE, {
    'content-encoding': 'gzip',
  }),
  sent('gzip in gzip', () => gzipSync(gzipSync(EVENT)), NO_JSON, {
    'content-encoding': 'gzip',
  }),
  sent('a bomb in brotli', () => brotliCompressSync(Buffer.alloc(10_000_000)), NO_ENCODING, {
    'content-encoding': 'br',
  }),
  sent('a form, as any page could', EVENT, NO_TYPE, { 'content-type': 'text/plain' }),
  sent('another format', EVENT, NO_TYPE, { 'content-type': 'application/cloudevents+xml' }),
  sent('another charset', EVENT, NO_TYPE, { 'content-type': `${STRUCTURED};charset=utf-7` }),
  sent('100,000 events', `[${'1,'.repeat(100_000)}1]`, [413, 'BATCH_TOO_LARGE'], {
    'content-type': BATCHED,
  }),
  sent('a batch that is none', '{"0":1,"length":1}', [400, 'NOT_A_BATCH'], {
    'content-type': BATCHED,
  }),
  sent('data in a header', '{"value":1}', INVALID, {
    ...{ 'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-data': '{}' },
  }),
  sent('bytes of no encoding in a header', '{"value":1}', INVALID, {
    ...{ 'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-id': '%ff%fe' },
  }),
  [
    'for another, by the header',
    (w) => sending(w, EVENT, { 'x-selvedge-tenant': acme }),
    401,
    'TENANT_CONFLICT',
  ],
  [
    'without a token',
    (w) =>
      w.send({
        path: '/events',
        method: 'POST',
        headers: { 'content-type': STRUCTURED },
        body: EVENT,
      }),
    401,
    'TOKEN_MISSING',
  ],
  ['the event of another, anew', (w) => sending(w, JSON.stringify(USED)), 200, TAKEN],
]

/** An id of the same form that is nowhere. */
const NO_WINDOW = `2026-03-31.${'A'.repeat(43)}`

const READING: Attack[] = [
  [
    'the window of another',
    (w, pick) =>
      w.ask(
        'mallory',
        `{ usageWindow(id: "${pick(w.window, NO_WINDOW)}") { id events { nodes { event } } } }`,
      ),
    200,
    NOTHING,
  ],
  [
    'the windows, with its owner in the header',
    (w) =>
      w.ask('mallory', '{ usageWindows { nodes { id } } }', {
        headers: { 'x-selvedge-tenant': acme },
      }),
    401,
    'TENANT_CONFLICT',
  ],
  [
    'the seal of the window of another',
    (w, pick) =>
      w.ask(
        'mallory',
        `mutation { meteringSeal(window: "${pick(w.window, NO_WINDOW)}") { already } }`,
      ),
    200,
    'METERING_WINDOW_UNKNOWN',
  ],
  [
    'the proof of an event of another',
    (w, pick) =>
      w.ask(
        'mallory',
        `{ usageProof(source: "${USED.source}", id: "${pick('u3', 'u2')}") { document } }`,
      ),
    200,
    'METERING_EVENT_UNKNOWN',
  ],
  [
    'a cursor of another list',
    (w) => w.ask('mallory', `{ usageWindows(after: "${w.cursor}") { nodes { id } } }`),
    200,
    'LINEAGE_CURSOR_INVALID',
  ],
  [
    'a page of too many',
    (w) => w.ask('mallory', '{ usageWindows(first: 1001) { nodes { id } } }'),
    200,
    'LINEAGE_PAGE_OUT_OF_RANGE',
  ],
]

export const USAGE: readonly Theme[] = [
  { theme: 'events of usage', attacks: SENDING, writes: true },
  { theme: 'usage of another tenant', attacks: READING },
]
