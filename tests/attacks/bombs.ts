import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { head, runId } from '../openlineage/events.ts'
import { type Attack, TAKEN, type Theme } from './attack.ts'
import type { World } from './world.ts'

const event = (facets = '{}') =>
  `{"eventTime":"2026-01-01T00:00:00Z","producer":"urn:p","schemaURL":"urn:s","eventType":"START","run":{"runId":"${runId(9)}","facets":${facets}},"job":{"namespace":"n","name":"j"}}`
const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth)
const keys = (n: number) => `{${Array.from({ length: n }, (_, i) => `"k${i}":${i}`).join()}}`

const sentTo =
  (path: string, as: string) =>
  (
    name: string,
    body: string | (() => Uint8Array),
    status: number,
    code: string,
    headers = {},
  ): Attack => [
    `${name}, ${as}`,
    (w) => w.post(path, 'mallory', typeof body === 'string' ? body : body(), headers),
    status,
    code,
  ]
const toEvents = sentTo('/api/v1/lineage', 'as an event')
const toGraphql = sentTo('/graphql', 'to GraphQL')
const gzip = { 'content-encoding': 'gzip' }
/** Some 50 KB that inflate to 50 MB. */
const BOMB = gzipSync(Buffer.alloc(50_000_000))
const bomb = () => BOMB
const variables = (json: string) => `{"query":"{ log { size } }","variables":${json}}`

const ATTACKS: Attack[] = [
  toEvents('100,000 lists in each other', nested(100_000), 413, 'OPENLINEAGE_EVENT_TOO_LARGE'),
  toEvents(
    '100,000 objects in each other',
    nested(100_000, '{"a":', '}').replace(':}', ':1}'),
    413,
    'OPENLINEAGE_EVENT_TOO_LARGE',
  ),
  toEvents('100,000 lists that never end', '['.repeat(100_000), 413, 'OPENLINEAGE_EVENT_TOO_LARGE'),
  toEvents('40,000 lists in each other', nested(40_000), 400, 'OPENLINEAGE_JSON_INVALID'),
  toEvents('a facet 70 deep', event(`{"deep":${nested(70)}}`), 400, 'OPENLINEAGE_JSON_INVALID'),
  toEvents('100,000 keys', keys(100_000), 413, 'OPENLINEAGE_EVENT_TOO_LARGE'),
  toEvents(
    'a facet of 100,000 keys',
    event(`{"wide":${keys(100_000)}}`),
    413,
    'OPENLINEAGE_EVENT_TOO_LARGE',
  ),
  toEvents(
    'a number of a million digits',
    event(`{"long":{"n":${'9'.repeat(1_000_000)}}}`),
    413,
    'OPENLINEAGE_FACET_TOO_LARGE',
  ),
  toEvents('a number beyond all numbers', event('{"huge":{"n":1e999999999}}'), 200, TAKEN),
  toEvents('a member twice', '{"eventTime":"a","eventTime":"b"}', 400, 'OPENLINEAGE_JSON_INVALID'),
  toEvents('a lone surrogate', event('{"s":{"t":"\\ud800"}}'), 400, 'OPENLINEAGE_JSON_INVALID'),
  toEvents(
    'half a character',
    () => Buffer.from([0x7b, 0x22, 0xc3, 0x22, 0x7d]),
    400,
    'OPENLINEAGE_BODY_UNREADABLE',
  ),
  toEvents('UTF-16', () => Buffer.from(event(), 'utf16le'), 415, 'OPENLINEAGE_CONTENT_TYPE', {
    'content-type': 'application/json; charset=utf-16',
  }),
  toEvents(
    'three megabytes',
    `${event()}${' '.repeat(3_000_000)}`,
    413,
    'OPENLINEAGE_BODY_TOO_LARGE',
  ),
  toEvents(
    'three megabytes in chunks',
    `${event()}${' '.repeat(3_000_000)}`,
    413,
    'OPENLINEAGE_BODY_TOO_LARGE',
    { 'transfer-encoding': 'chunked' },
  ),
  toEvents('a gzip bomb', bomb, 413, 'OPENLINEAGE_BODY_TOO_LARGE', gzip),
  toEvents(
    'gzip in gzip',
    () => gzipSync(gzipSync(event())),
    400,
    'OPENLINEAGE_BODY_UNREADABLE',
    gzip,
  ),
  toEvents(
    'gzip in gzip, said so',
    () => gzipSync(gzipSync(event())),
    415,
    'OPENLINEAGE_CONTENT_ENCODING',
    { 'content-encoding': 'gzip, gzip' },
  ),
  toEvents(
    'gzip that breaks off',
    () => gzipSync(event()).subarray(0, 40),
    400,
    'OPENLINEAGE_BODY_UNREADABLE',
    gzip,
  ),
  toEvents(
    'gzip of many members',
    () => Buffer.concat(Array.from({ length: 300 }, () => gzipSync(Buffer.alloc(10_000, ' ')))),
    413,
    'OPENLINEAGE_BODY_TOO_LARGE',
    gzip,
  ),
  toEvents('what is no gzip', event(), 400, 'OPENLINEAGE_BODY_UNREADABLE', gzip),
  toEvents(
    'a deflate bomb',
    () => deflateSync(Buffer.alloc(10_000_000)),
    415,
    'OPENLINEAGE_CONTENT_ENCODING',
    { 'content-encoding': 'deflate' },
  ),
  toEvents(
    'a brotli bomb',
    () => brotliCompressSync(Buffer.alloc(10_000_000)),
    415,
    'OPENLINEAGE_CONTENT_ENCODING',
    { 'content-encoding': 'br' },
  ),
  toEvents(
    'a dataset with a name of a megabyte',
    JSON.stringify({
      ...head('2026-01-01T00:00:00Z'),
      dataset: { namespace: 'n', name: 'x'.repeat(1_000_000) },
    }),
    400,
    'OPENLINEAGE_NAME_INVALID',
  ),
  toEvents(
    '2,000 inputs',
    JSON.stringify({
      ...head('2026-01-01T00:00:00Z'),
      job: { namespace: 'n', name: 'j' },
      inputs: Array.from({ length: 2_000 }, (_, i) => ({ namespace: 'n', name: `d${i}` })),
    }),
    413,
    'OPENLINEAGE_TOO_MANY_DATASETS',
  ),
  [
    '2,000 events in a batch',
    (w) => w.post('/api/v1/lineage/batch', 'mallory', `[${'{},'.repeat(1_999)}{}]`),
    413,
    'OPENLINEAGE_BATCH_TOO_LARGE',
  ],
  [
    '2,000 lines of a file in one request',
    (w) =>
      w.post(
        '/api/v1/import',
        'mallory',
        `[${Array.from({ length: 2_000 }, (_, i) => `{"line":${i + 1},"item":{}}`).join(',')}]`,
      ),
    413,
    'IMPORT_BATCH_TOO_LARGE',
  ],
  [
    '3 MB of lines of a file',
    (w) => w.post('/api/v1/import', 'mallory', `[${' '.repeat(3_000_000)}]`),
    413,
    'IMPORT_BATCH_TOO_LARGE',
  ],
  [
    'a gzip bomb, as a batch',
    (w) => w.post('/api/v1/lineage/batch', 'mallory', bomb(), gzip),
    413,
    'OPENLINEAGE_BODY_TOO_LARGE',
  ],
  [
    'an event of a batch that is 70 deep',
    (w) => w.post('/api/v1/lineage/batch', 'mallory', `[${event(`{"deep":${nested(70)}}`)}]`),
    400,
    'OPENLINEAGE_JSON_INVALID',
  ],
  toGraphql('100,000 lists in each other', variables(nested(100_000)), 413, 'REQUEST_TOO_LARGE'),
  toGraphql(
    '100,000 objects in each other',
    variables(`{"v":${nested(100_000, '{"a":', '}').replace(':}', ':1}')}}`),
    413,
    'REQUEST_TOO_LARGE',
  ),
  toGraphql('40,000 lists in each other', variables(nested(40_000)), 400, 'REQUEST_BODY_INVALID'),
  toGraphql('a number beyond all numbers', variables('{"v":1e999999999}'), 200, TAKEN),
  toGraphql(
    'a member twice',
    '{"query":"{ log { size } }","query":"{ __typename }"}',
    400,
    'REQUEST_BODY_INVALID',
  ),
  toGraphql(
    'five megabytes',
    variables(`{"v":"${'x'.repeat(5_000_000)}"}`),
    413,
    'REQUEST_TOO_LARGE',
  ),
  toGraphql(
    'five megabytes in chunks',
    variables(`{"v":"${'x'.repeat(5_000_000)}"}`),
    413,
    'REQUEST_TOO_LARGE',
    { 'transfer-encoding': 'chunked' },
  ),
  toGraphql('a gzip bomb', bomb, 400, 'REQUEST_BODY_INVALID', gzip),
  toGraphql(
    '100,000 keys that nobody asks for',
    variables(keys(100_000)),
    413,
    'REQUEST_TOO_LARGE',
  ),
  toGraphql('40,000 keys that nobody asks for', variables(keys(40_000)), 200, TAKEN),
  toGraphql(
    'a batch of 600 items',
    JSON.stringify({
      query: 'mutation ($i: [RecordItem!]!) { record(items: $i) { position } }',
      variables: {
        i: Array.from({ length: 600 }, (_, i) => ({ dataset: { namespace: 'n', name: `d${i}` } })),
      },
    }),
    200,
    'RECORD_BATCH_TOO_LARGE',
  ),
  [
    'a facet that is 70 deep, recorded',
    (w) =>
      w.ask(
        'mallory',
        'mutation ($v: JSON) { record(items: [{dataset: {namespace: "n", name: "d", facets: [{group: dataset, name: "f", value: $v}]}}]) { position } }',
        { variables: { v: JSON.parse(nested(70)) } },
      ),
    400,
    'REQUEST_BODY_INVALID',
  ],
  [
    'a reason of a megabyte',
    (w: World) =>
      w.ask(
        'mallory',
        'mutation ($id: ID!, $r: String!) { erase(id: $id, ground: OTHER, reason: $r) { position } }',
        { variables: { id: w.own, r: 'x'.repeat(1_000_000) } },
      ),
    200,
    'ERASE_REASON_INVALID',
  ],
]

export const BOMBS: Theme = { writes: true, theme: 'zip and JSON bombs', attacks: ATTACKS }
