import { head, runId } from '../openlineage/events.ts'
import type { Attack, Theme } from './attack.ts'
import { acme, mallory, SECRET, type World } from './world.ts'

const RECORD = 'mutation ($items: [RecordItem!]!) { record(items: $items) { position } }'
const recording = (w: World, dataset: object, headers = {}) =>
  w.ask('mallory', RECORD, {
    variables: { items: [{ dataset: { namespace: 'n', name: 'd', ...dataset } }] },
    headers,
  })

const REST: Attack[] = [
  [
    'the link of an export',
    (w, pick) => w.get(`/exports/${pick(w.exported)}`, 'mallory'),
    404,
    'EXPORT_UNKNOWN',
  ],
  [
    'the link of an export, encoded',
    (w, pick) => w.get(`/exports/${encodeURIComponent(pick(w.exported))}`, 'mallory'),
    404,
    'EXPORT_UNKNOWN',
  ],
  [
    'a part of an export',
    (w, pick) => w.get(`/exports/${pick(w.exported)}`, 'mallory', { range: 'bytes=0-9' }),
    404,
    'EXPORT_UNKNOWN',
  ],
  [
    'the head of an export',
    (w, pick) => w.get(`/exports/${pick(w.exported)}`, 'mallory', { 'if-none-match': '*' }),
    404,
    'EXPORT_UNKNOWN',
  ],
  [
    'an export by the id of a dataset',
    (w) => w.get(`/exports/${w.raw}`, 'acme'),
    404,
    'EXPORT_UNKNOWN',
  ],
  [
    'the checkpoint of a log',
    (w, pick) => w.get(`/log/${pick(acme, missingTenant)}/checkpoint`, 'mallory'),
    404,
    'LOG_UNKNOWN',
  ],
  [
    'a log without a token',
    (w, pick) => w.send({ path: `/log/${pick(acme, missingTenant)}/checkpoint` }),
    404,
    'LOG_UNKNOWN',
  ],
  [
    'a tile of a log',
    (w, pick) => w.get(`/log/${pick(acme, missingTenant)}/tile/0/000.p/3`, 'mallory'),
    404,
    'LOG_UNKNOWN',
  ],
  [
    'the entries of a log',
    (w, pick) => w.get(`/log/${pick(acme, missingTenant)}/tile/entries/000.p/3`, 'mallory'),
    404,
    'LOG_UNKNOWN',
  ],
  [
    'a log of another epoch',
    (w, pick) => w.get(`/log/${pick(acme, missingTenant)}/1/checkpoint`, 'mallory'),
    404,
    'LOG_UNKNOWN',
  ],
  [
    'a log in capitals',
    (w) => w.get(`/log/${acme.toUpperCase()}/checkpoint`, 'acme'),
    404,
    'LOG_UNKNOWN',
  ],
  [
    'a log in percent',
    (w) => w.get(`/log/%61${acme.slice(1)}/checkpoint`, 'mallory'),
    404,
    'LOG_UNKNOWN',
  ],
  ['a log with a dot behind', (w) => w.get(`/log/${acme}./checkpoint`, 'acme'), 404, 'LOG_UNKNOWN'],
  [
    'a log with a NUL behind',
    (w) => w.get(`/log/${acme}%00/checkpoint`, 'acme'),
    404,
    'LOG_UNKNOWN',
  ],
  [
    'a log with a look-alike in it',
    (w) => w.get(`/log/${encodeURIComponent(acme.replace('a', 'а'))}/checkpoint`, 'acme'),
    404,
    'LOG_UNKNOWN',
  ],
  [
    'the log of the service itself',
    (w) => w.get('/log/-/checkpoint', 'operator'),
    404,
    'LOG_UNKNOWN',
  ],
]
const missingTenant = acme.replace(/^..../, 'none')

const named = (name: string, tenant: string | string[], code = 'TENANT_CONFLICT'): Attack => [
  `${name}, in the header`,
  (w) => w.ask('mallory', '{ log { size } }', { headers: { 'x-selvedge-tenant': tenant } }),
  401,
  code,
]

const HEADERS: Attack[] = [
  named('another tenant', acme),
  named('another tenant, twice', [mallory, acme]),
  named('another tenant, first', [acme, mallory]),
  named('one’s own twice', [mallory, mallory]),
  named('one’s own in capitals', mallory.toUpperCase()),
  named('one’s own with a dot behind', `${mallory}.`),
  named('all tenants', '*'),
  named('no tenant', ''),
  named('the service itself', '-'),
  [
    'another tenant, for an export',
    (w, pick) => w.get(`/exports/${pick(w.exported)}`, 'mallory', { 'x-selvedge-tenant': acme }),
    401,
    'TENANT_CONFLICT',
  ],
  [
    'another tenant, for a log',
    (w) => w.get(`/log/${acme}/checkpoint`, 'mallory', { 'x-selvedge-tenant': acme }),
    401,
    'TENANT_CONFLICT',
  ],
  [
    'another tenant, with an event',
    (w) => w.event('mallory', {}, { 'x-selvedge-tenant': acme }),
    401,
    'TENANT_CONFLICT',
  ],
  [
    'a header in other letters',
    (w) => w.ask('mallory', '{ log { size } }', { headers: { 'X-SELVEDGE-Tenant': acme } }),
    401,
    'TENANT_CONFLICT',
  ],
  [
    'a tenant of the service that is none',
    (w) => w.ask('operator', '{ log { size } }', { headers: { 'x-selvedge-tenant': '../acme' } }),
    200,
    'TENANT_UNKNOWN',
  ],
]

/** What is seen by a key that another has used: that the caller has not used it. */
const KEYS: Attack[] = [
  [
    'the key of another, and nothing to record',
    (w, pick) =>
      w.ask('mallory', RECORD, {
        variables: { items: [] },
        headers: { 'idempotency-key': pick(w.key, `${w.key}-`.slice(1)) },
      }),
    200,
    'RECORD_BATCH_EMPTY',
  ],
  [
    'the key of another, with an id of his',
    (w, pick) =>
      recording(
        w,
        { derivedFrom: [{ id: w.raw }] },
        { 'idempotency-key': pick(w.key, `${w.key}-`.slice(1)) },
      ),
    200,
    'UNKNOWN_NEIGHBOUR',
  ],
  [
    'a key that is too long',
    (w) => recording(w, {}, { 'idempotency-key': 'k'.repeat(256) }),
    200,
    'IDEMPOTENCY_KEY_INVALID',
  ],
  [
    'one’s own key for something else',
    async (w) => {
      const headers = { 'idempotency-key': 'twice' }
      await recording(w, { name: 'first' }, headers)
      return recording(w, { name: 'second' }, headers)
    },
    200,
    'IDEMPOTENCY_KEY_REUSED',
  ],
  [
    'an event that names another’s run',
    (w) =>
      w.event('mallory', {
        ...head('2026-01-01T00:00:00Z'),
        eventType: 'START',
        run: { runId: `${runId(1)}x` },
        job: { namespace: `db-${SECRET}`, name: `${SECRET}-load` },
      }),
    400,
    'OPENLINEAGE_RUN_ID_INVALID',
  ],
]

export const TENANTS_BY_DOOR: readonly Theme[] = [
  { theme: 'tenant confusion by export link and log URL', attacks: REST },
  { theme: 'tenant confusion by header and case tricks', attacks: HEADERS },
  { theme: 'tenant confusion by idempotency key', attacks: KEYS, writes: true },
]
