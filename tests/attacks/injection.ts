import { head } from '../openlineage/events.ts'
import type { Attack, Theme } from './attack.ts'
import type { World } from './world.ts'

/** Ends a quoted text, a quoted name and a map, and goes on as Cypher of its own. */
export const CYPHER = `x'}\`"}}) detach delete n with 1 as n match (n) return n //`
export const FORGED = '\r\n{"level":"error","msg":"forged"}\r\n\u001b[2J'

const m =
  (query: string, variables?: Record<string, unknown>, headers?: Record<string, string>) =>
  (w: World) =>
    w.ask('mallory', query, { variables, headers })

const ATTACKS: Attack[] = [
  [
    'Cypher as an id',
    m('query ($id: ID!) { entity(id: $id) { id } }', { id: CYPHER }),
    200,
    'ENTITY_ID_INVALID',
  ],
  [
    'Cypher behind an id',
    (w) =>
      w.ask('mallory', 'query ($id: ID!) { entity(id: $id) { id } }', {
        variables: { id: `${w.own}' OR 1=1 //` },
      }),
    200,
    'ENTITY_ID_INVALID',
  ],
  [
    'a line end behind an id',
    (w) =>
      w.ask('mallory', 'query ($id: ID!) { entity(id: $id) { id } }', {
        variables: { id: `${w.own}\n` },
      }),
    200,
    'ENTITY_ID_INVALID',
  ],
  [
    'a kind of id that is no kind',
    m('{ entity(id: "urn:selvedge:entity`:h:x") { id } }'),
    200,
    'ENTITY_ID_INVALID',
  ],
  [
    'Cypher as a root',
    m('query ($id: ID!) { lineage(root: $id) { total } }', { id: CYPHER }),
    200,
    'ENTITY_ID_INVALID',
  ],
  [
    'Cypher as a depth',
    m('query ($d: Int!) { lineage(root: "x", depth: $d) { total } }', {
      d: '4]->() DETACH DELETE n //',
    }),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'a depth that is no whole number',
    m('query ($d: Int!) { lineage(root: "x", depth: $d) { total } }', { d: 1.5 }),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'a depth without end',
    (w) => w.ask('mallory', `{ lineage(root: "${w.own}", depth: 2147483647) { total } }`),
    200,
    'LINEAGE_DEPTH_OUT_OF_RANGE',
  ],
  [
    'Cypher as a kind',
    m('query ($k: Kind) { entities(kind: $k) { nodes { id } } }', {
      k: 'Dataset) DETACH DELETE (n',
    }),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'Cypher as a relation',
    m(
      'query ($r: Relation!) { runs(of: {edge: {from: "x", relation: $r, to: "x"}}) { nodes { id } } }',
      { r: 'USED]->() //' },
    ),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'Cypher as a cursor',
    m('query ($c: String) { entities(after: $c) { nodes { id } } }', { c: CYPHER }),
    200,
    'LINEAGE_CURSOR_INVALID',
  ],
  [
    'Cypher as a moment',
    m('query ($p: String!) { entities(asOf: { position: $p }) { nodes { id } } }', { p: CYPHER }),
    200,
    'POSITION_INVALID',
  ],
  [
    'Cypher as a checkpoint',
    m('query ($c: String!) { entities(asOf: { checkpoint: $c }) { nodes { id } } }', { c: CYPHER }),
    200,
    'AS_OF_CHECKPOINT_UNKNOWN',
  ],
  [
    'Cypher as a position in the log',
    m('{ log { inclusion(seq: "0 OR 1=1") { leaf } } }'),
    200,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'Cypher as the name of a policy',
    m(
      'mutation ($n: String!) { policyPut(name: $n, text: "permit(principal, action, resource);") { position } }',
      { n: CYPHER },
    ),
    200,
    'POLICY_NAME_INVALID',
  ],
  [
    'Cypher as a policy',
    m('mutation ($t: String!) { policyPut(name: "p", text: $t) { position } }', { t: CYPHER }),
    200,
    'POLICY_INVALID',
  ],
  [
    'Cypher as a permission',
    m(
      '{ policySimulate(changes: [], requests: [{issuer: "i", subject: "s", roles: [], permission: "x\\") //"}]) { compared } }',
    ),
    200,
    'PERMISSION_UNKNOWN',
  ],
  [
    'Cypher as the tenant of a grant',
    (w) =>
      w.ask(
        'mallory',
        'mutation ($r: ID!, $to: String!) { grantCreate(input: {to: $to, root: $r, direction: UPSTREAM, depth: 1, kinds: [Dataset], fields: ["*"], until: "2027-01-01T00:00:00Z"}) { position } }',
        { variables: { r: w.own, to: CYPHER } },
      ),
    200,
    'GRANT_INVALID',
  ],
  [
    'Cypher as a field to withhold',
    (w) =>
      w.ask(
        'mallory',
        'mutation ($r: ID!, $w: [String!]) { exportBundle(root: $r, withhold: $w) { url } }',
        { variables: { r: w.own, w: [CYPHER] } },
      ),
    200,
    'EXPORT_WITHHOLD_UNMATCHED',
  ],
  [
    'a pattern that takes for ever to match',
    (w) =>
      w.ask(
        'mallory',
        'mutation ($r: ID!, $w: [String!]) { exportBundle(root: $r, withhold: $w) { url } }',
        { variables: { r: w.own, w: [`${'*a'.repeat(100)}b`] } },
      ),
    200,
    'EXPORT_WITHHOLD_UNMATCHED',
  ],
  [
    'Cypher as the name of a tenant',
    (w) =>
      w.ask('operator', 'mutation ($n: String!) { tenantCreate(name: $n) { name } }', {
        variables: { n: CYPHER },
      }),
    200,
    'TENANT_NAME_INVALID',
  ],
  [
    'Cypher as a tenant',
    (w) => w.ask('operator', '{ log { size } }', { headers: { 'x-selvedge-tenant': "x' OR 1=1" } }),
    200,
    'TENANT_UNKNOWN',
  ],
  [
    'Cypher as the id of a run',
    m('mutation { record(items: [{run: {runId: "x\' OR 1=1 //"}}]) { position } }'),
    200,
    'RECORD_ITEM_INVALID',
  ],
  [
    'Cypher as the id of a run, by an event',
    (w) =>
      w.event('mallory', {
        ...head('2026-01-01T00:00:00Z'),
        run: { runId: CYPHER },
        job: { namespace: 'n', name: 'j' },
      }),
    400,
    'OPENLINEAGE_RUN_ID_INVALID',
  ],
  [
    'Cypher as a time, by an event',
    (w) =>
      w.event('mallory', {
        ...head(CYPHER),
        run: { runId: '0' },
        job: { namespace: 'n', name: 'j' },
      }),
    400,
    'OPENLINEAGE_TIME_INVALID',
  ],
  [
    'Cypher as an idempotency key',
    m('mutation { logPublicSet(public: false) { position } }', {}, { 'idempotency-key': CYPHER }),
    200,
    'IDEMPOTENCY_KEY_INVALID',
  ],
  [
    'Cypher as a position',
    m('{ log { size } }', {}, { 'x-selvedge-min-position': CYPHER }),
    400,
    'POSITION_INVALID',
  ],
  [
    'Cypher as a time to wait',
    m('{ log { size } }', {}, { 'x-request-timeout': '1) //' }),
    400,
    'TIMEOUT_INVALID',
  ],
  [
    'a line of the log as the name of an operation',
    (w) => w.ask('mallory', 'query A { log { size } }', { more: { operationName: FORGED } }),
    400,
    'OPERATION_RESOLUTION_FAILURE',
  ],
  [
    'a line of the log as a path',
    (w) => w.get(`/${encodeURIComponent(FORGED)}`, 'mallory'),
    404,
    'ROUTE_UNKNOWN',
  ],
  [
    'a line of the log as an export',
    (w) => w.get(`/exports/${encodeURIComponent(FORGED)}`, 'mallory'),
    404,
    'EXPORT_UNKNOWN',
  ],
  [
    'a header with a line end in it',
    (w) => w.bytes(`GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a\nforged\r\n\r\n`),
    400,
    'REQUEST_MALFORMED',
  ],
  [
    'a header with an escape in it',
    (w) => w.bytes(`GET /none HTTP/1.1\r\nHost: localhost\r\nUser-Agent: \u001b[2J\r\n\r\n`),
    400,
    'REQUEST_MALFORMED',
  ],
  [
    'an id of a request that is another line',
    (w) => w.get('/none', 'mallory', { 'x-request-id': '","level":"error","msg":"forged' }),
    404,
    'ROUTE_UNKNOWN',
  ],
  [
    'a template as a subject',
    (w) =>
      w.ask(
        'mallory',
        'mutation { eraseActor(subject: "{{7*7}}#{7*7}<%= 7*7 %>", ground: OTHER, reason: "r") { position } }',
      ),
    200,
    'ACTOR_UNKNOWN',
  ],
]

export const INJECTION: Theme = { theme: 'Cypher and log injection', attacks: ATTACKS }
