import { type Attack, TAKEN, type Theme } from './attack.ts'
import type { World } from './world.ts'

const m = (query: string) => (w: World) => w.ask('mallory', query)

const PROTO =
  '{"__proto__":{"admin":true,"tenant":"polluted"},"constructor":{"prototype":{"admin":true}}}'
const post = (body: string) => (w: World) => w.post('/graphql', 'mallory', body)
const RECORD_PROTO = `{"query":"mutation ($i: [RecordItem!]!) { record(items: $i) { position } }","variables":{"i":[{"dataset":{"namespace":"n","name":"d","__proto__":{"description":"polluted"}}}]}}`

const POLLUTION_ATTACKS: Attack[] = [
  [
    'beside the query',
    post(`{"query":"{ log { size } }","__proto__":{"variables":{}}}`),
    400,
    'BAD_REQUEST',
  ],
  [
    'instead of the query',
    post(`{"__proto__":{"query":"{ log { size } }"}}`),
    400,
    'REQUEST_BODY_INVALID',
  ],
  [
    'as the constructor',
    post(`{"query":"{ log { size } }","constructor":{"prototype":{"a":1}}}`),
    400,
    'BAD_REQUEST',
  ],
  [
    'in the variables',
    post(
      `{"query":"query ($id: ID!) { entity(id: $id) { id } }","variables":{"__proto__":{"id":"urn:x"}}}`,
    ),
    400,
    'BAD_USER_INPUT',
  ],
  ['in an input', post(RECORD_PROTO), 400, 'BAD_USER_INPUT'],
  [
    'in the extensions',
    post(
      `{"query":"{ log { size } }","extensions":{"persistedQuery":{"__proto__":{"version":1,"sha256Hash":"${'0'.repeat(64)}"}}}}`,
    ),
    400,
    'PERSISTED_QUERY_INVALID',
  ],
  [
    'in an address',
    (w) =>
      w.get(
        '/graphql?__proto__[query]={log{size}}&constructor.prototype.query={log{size}}',
        'mallory',
      ),
    400,
    'REQUEST_BODY_INVALID',
  ],
  [
    'in an event',
    (w) =>
      w.post(
        '/api/v1/lineage',
        'mallory',
        `{"eventTime":"2026-01-01T00:00:00Z","producer":"urn:p","schemaURL":"urn:s","__proto__":{"job":{"namespace":"n","name":"j"}}}`,
      ),
    400,
    'OPENLINEAGE_EVENT_KIND_UNKNOWN',
  ],
  [
    'in the job of an event',
    (w) =>
      w.post(
        '/api/v1/lineage',
        'mallory',
        `{"eventTime":"2026-01-01T00:00:00Z","producer":"urn:p","schemaURL":"urn:s","job":{"__proto__":{"namespace":"n","name":"j"}}}`,
      ),
    400,
    'OPENLINEAGE_MEMBER_INVALID',
  ],
  [
    'as the name of an operation',
    post(`{"query":"query A { log { size } }","operationName":"__proto__"}`),
    400,
    'OPERATION_RESOLUTION_FAILURE',
  ],
  [
    'as the name of an operation that every object has',
    post(`{"query":"query A { log { size } }","operationName":"constructor"}`),
    400,
    'OPERATION_RESOLUTION_FAILURE',
  ],
  [
    'as a policy that every object has',
    m('mutation { policyRetire(name: "constructor") { position } }'),
    200,
    'POLICY_UNKNOWN',
  ],
  [
    'as a permission that every object has',
    m(
      '{ policySimulate(changes: [], requests: [{issuer: "i", subject: "s", roles: [], permission: "constructor"}]) { compared } }',
    ),
    200,
    'PERMISSION_UNKNOWN',
  ],
  [
    'as a tenant that every object has',
    (w) =>
      w.ask('operator', '{ log { size } }', { headers: { 'x-selvedge-tenant': 'constructor' } }),
    200,
    'TENANT_UNKNOWN',
  ],
  [
    'as a log that every object has',
    (w) => w.get('/log/constructor/checkpoint', 'mallory'),
    404,
    'LOG_UNKNOWN',
  ],
  [
    'as a kind of event',
    (w) =>
      w.post(
        '/api/v1/lineage',
        'mallory',
        JSON.stringify({
          eventTime: '2026-01-01T00:00:00Z',
          producer: 'urn:p',
          schemaURL: 'urn:s',
          eventType: 'constructor',
          run: { runId: '01936893-9751-7a91-a2a0-a51101a3970c' },
          job: { namespace: 'n', name: 'j' },
        }),
      ),
    400,
    'OPENLINEAGE_EVENT_TYPE_UNKNOWN',
  ],
  ['as a field', m('{ constructor { name } }'), 200, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'as an alias, three times until it is compiled',
    async (w) => {
      const query =
        '{ __proto__: log { constructor: size __defineGetter__: public } toString: __typename }'
      await w.ask('mallory', query)
      await w.ask('mallory', query)
      return w.ask('mallory', query)
    },
    200,
    TAKEN,
  ],
  [
    'as a variable, three times until it is compiled',
    async (w) => {
      const query = 'query ($__proto__: ID!) { entity(id: $__proto__) { id } }'
      const body = JSON.stringify({ query, variables: '<>' }).replace('"<>"', `{"__proto__":"x"}`)
      await post(body)(w)
      await post(body)(w)
      return post(body)(w)
    },
    200,
    'ENTITY_NOT_NAMED',
  ],
]

export const POLLUTION: Theme = { theme: 'prototype pollution', attacks: POLLUTION_ATTACKS }

/** A facet that is all that, which must come back as it was sent. */
export const PROTO_FACET = PROTO
