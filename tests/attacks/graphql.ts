import { createHash } from 'node:crypto'
import type { Attack, Theme } from './attack.ts'
import type { World } from './world.ts'

const times = (n: number, text: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => text(i)).join(' ')
const m = (query: string, more?: Record<string, unknown>) => (w: World) =>
  w.ask('mallory', query, { more })
const as = (name: string, type: string, body: string): Attack => [
  `a form of a page of another site: ${name}`,
  (w) => w.post('/graphql', 'mallory', body, { 'content-type': type }),
  415,
  'REQUEST_CONTENT_TYPE',
]
const INTROSPECTION: Attack[] = [
  ['the schema', m('{ __schema { types { name } } }'), 403, 'INTROSPECTION_OFF'],
  ['a type', m('{ __type(name: "Query") { name } }'), 403, 'INTROSPECTION_OFF'],
  [
    'the schema, in a fragment',
    m('{ ...F } fragment F on Query { a: __schema { queryType { name } } }'),
    403,
    'INTROSPECTION_OFF',
  ],
  [
    'the schema, left out by a directive',
    m('query ($no: Boolean = false) { __typename __schema @include(if: $no) { types { name } } }'),
    403,
    'INTROSPECTION_OFF',
  ],
  [
    'the schema, by GET',
    (w) => w.get(`/graphql?query=${encodeURIComponent('{__schema{types{name}}}')}`, 'mallory'),
    403,
    'INTROSPECTION_OFF',
  ],
]

const ATTACKS: Attack[] = [
  ...INTROSPECTION,
  [
    'a batch of operations',
    (w) =>
      w.post(
        '/graphql',
        'mallory',
        JSON.stringify([{ query: '{ log { size } }' }, { query: '{ log { size } }' }]),
      ),
    400,
    'REQUEST_BODY_INVALID',
  ],
  ['200 aliases', m(`{ log { ${times(200, (i) => `a${i}: size`)} } }`), 400, 'OPERATION_TOO_LARGE'],
  [
    '200 fields at the root',
    m(`{ ${times(200, () => '__typename')} }`),
    400,
    'OPERATION_TOO_LARGE',
  ],
  [
    '1,000 directives',
    m(`{ log ${times(1_000, () => '@include(if: true)')} { size } }`),
    200,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    '4,000 directives that are none',
    m(`{ log ${times(4_000, (i) => `@a${i}`)} { size } }`),
    200,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'a circle of fragments',
    m('{ log { ...A } } fragment A on Log { ...B } fragment B on Log { ...A }'),
    200,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'a fragment in itself',
    m('{ log { ...A } } fragment A on Log { size ...A }'),
    200,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'fragments that double',
    m(
      `{ log { ...F0 } } ${times(30, (i) => `fragment F${i} on Log { ${i === 29 ? 'size' : `...F${i + 1} ...F${i + 1}`} }`)}`,
    ),
    400,
    'OPERATION_TOO_LARGE',
  ],
  [
    '500 fragments',
    m(`{ log { size } } ${times(500, (i) => `fragment F${i} on Log { size }`)}`),
    400,
    'OPERATION_TOO_LARGE',
  ],
  ['50 levels', m(`${'{ a '.repeat(50)}${'}'.repeat(50)}`), 400, 'OPERATION_TOO_LARGE'],
  [
    '50,000 brackets',
    m(`{ entity(id: ${'['.repeat(50_000)}) { id } }`),
    400,
    'OPERATION_TOO_LARGE',
  ],
  ['300,000 tokens', m(`{${'a '.repeat(300_000)}}`), 200, 'GRAPHQL_PARSE_FAILED'],
  [
    'a million of everything',
    m('{ entities(first: 1000) { nodes { ... on Job { runs(first: 1000) { nodes { id } } } } } }'),
    400,
    'OPERATION_TOO_COSTLY',
  ],
  [
    'pages of a million',
    m('{ entities(first: 1000000) { nodes { id } } }'),
    200,
    'LINEAGE_PAGE_OUT_OF_RANGE',
  ],
  [
    'many large pages',
    m(
      `{ ${times(20, (i) => `p${i}: entities(first: 1000) { pageInfo { hasNextPage } }`)} a: entities(first: 1000) { pageInfo { hasNextPage } } }`,
    ),
    400,
    'OPERATION_TOO_LARGE',
  ],
  [
    'large pages with other large pages',
    m(
      `{ ${times(5, (i) => `p${i}: lineage(root: "urn:selvedge:dataset:h:${'A'.repeat(43)}", depth: 0, first: 5000) { total }`)} }`,
    ),
    200,
    'REQUEST_ASKS_TOO_MUCH',
  ],
  [
    'a whole number that is none',
    m('{ entities(first: 99999999999999999999) { nodes { id } } }'),
    200,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['a subscription', m('subscription { log { size } }'), 200, 'GRAPHQL_VALIDATION_FAILED'],
  ['a deferred answer', m('{ ... @defer { log { size } } }'), 200, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'two operations and no name',
    m('query A { log { size } } query B { log { size } }'),
    400,
    'OPERATION_RESOLUTION_FAILURE',
  ],
  ['a document of nothing', m(''), 200, 'GRAPHQL_PARSE_FAILED'],
  ['variables that are a list', m('{ log { size } }', { variables: [1] }), 400, 'BAD_REQUEST'],
  [
    'variables that are a text',
    m('{ log { size } }', { variables: '{"a":1}' }),
    400,
    'BAD_REQUEST',
  ],
  ['a query that is a list', m(['{ log { size } }'] as never), 400, 'REQUEST_BODY_INVALID'],
  [
    'another hash than the text has',
    m('{ log { size } }', {
      extensions: {
        persistedQuery: {
          version: 1,
          sha256Hash: createHash('sha256').update('other').digest('hex'),
        },
      },
    }),
    400,
    'PERSISTED_QUERY_INVALID',
  ],
  [
    'a hash that nobody knows',
    m(undefined as never, {
      extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } },
    }),
    404,
    'PERSISTED_QUERY_NOT_FOUND',
  ],
  [
    'a saved query that nobody has saved',
    m(undefined as never, { extensions: { savedQuery: { name: '../../admin' } } }),
    404,
    'SAVED_QUERY_NOT_FOUND',
  ],
  [
    'a saved query by a name that is an object',
    m(undefined as never, { extensions: { savedQuery: { name: { $ne: '' } } } }),
    400,
    'SAVED_QUERY_INVALID',
  ],
  [
    'a saved query beside a text',
    m('{ log { size } }', { extensions: { savedQuery: { name: 'a' } } }),
    400,
    'SAVED_QUERY_INVALID',
  ],
  [
    'a saved query in a version of a prototype',
    m(undefined as never, { extensions: { savedQuery: { name: 'a', version: '__proto__' } } }),
    400,
    'SAVED_QUERY_INVALID',
  ],
  [
    'a mutation that is to be saved',
    m(
      'mutation { savedQuerySave(input: {name: "a", document: "mutation { logPublicSet(public: true) { position } }"}) { position } }',
    ),
    200,
    'SAVED_QUERY_INVALID',
  ],
  [
    'a bomb of fragments that is to be saved',
    m(
      `mutation { savedQuerySave(input: {name: "a", document: "{ ...F0 } ${times(14, (i) => `fragment F${i} on Query { a: log { size } ...F${i + 1} ...F${i + 1} }`)} fragment F14 on Query { log { size } }"}) { position } }`,
    ),
    200,
    'OPERATION_TOO_LARGE',
  ],
  [
    'a price that is none',
    m('{ log { size } }', { extensions: { cost: { report: true } } }),
    400,
    'COST_INVALID',
  ],
  [
    'a position that is an object',
    m('{ log { size } }', { extensions: { minPosition: { epoch: 0 } } }),
    400,
    'POSITION_INVALID',
  ],
  [
    'a mutation by GET',
    (w) =>
      w.get(
        `/graphql?query=${encodeURIComponent('mutation { logPublicSet(public: true) { position } }')}`,
        'mallory',
      ),
    405,
    'METHOD_NOT_ALLOWED',
  ],
  [
    'a mutation by GET, behind a query',
    (w) =>
      w.get(
        `/graphql?query=${encodeURIComponent('query A { log { size } } mutation B { logPublicSet(public: true) { position } }')}&operationName=B`,
        'mallory',
      ),
    405,
    'METHOD_NOT_ALLOWED',
  ],
  as('plain text', 'text/plain', '{"query":"{ log { size } }"}'),
  as('fields of a form', 'application/x-www-form-urlencoded', 'query={log{size}}'),
  as(
    'a form with files',
    'multipart/form-data; boundary=x',
    '--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{"query":"{ log { size } }"}\r\n--x--',
  ),
  as('two types at once', 'application/json, text/plain', '{"query":"{ log { size } }"}'),
  as('another charset', 'application/json; charset=utf-7', '{"query":"{ log { size } }"}'),
]

export const GRAPHQL: Theme = { theme: 'GraphQL', attacks: ATTACKS }
