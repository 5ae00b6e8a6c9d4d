import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseRawJson } from '../../proofs/json.ts'
import { defaultLimits } from '../../server/limits/limits.ts'
import { hashOf } from '../../server/limits/operations-file.ts'
import { testApp } from '../setup/app.ts'
import { codeOf, NAMES, namesIn, run, SIZE, save, tryToSave } from './support.ts'

const test = await testApp('on demand')
const tenant = await test.freshTenant()

const INVALID = 'SAVED_QUERY_INVALID'
const x = (n: number) => 'x'.repeat(n)
const listed = (n: number) => `{ nodes(ids: ${'['.repeat(n)}${']'.repeat(n)}) { id } }`
const nested = (n: number) => `${'{ log '.repeat(n)}{ size }${' }'.repeat(n)}`
const aliases = (n: number) => `{ ${Array.from({ length: n }, (_, i) => `a${i}: log { size }`)} }`
const PATHS = `query Paths($from: ID!, $asOf: AsOf, $first: Int = 5) {
  entity(id: $from) { id }
  entities(first: $first, asOf: $asOf) { nodes { id } }
}`
const TWO = 'query A { log { size } } query B { log { origin } }'

const REFUSED: [string, object, string, object][] = [
  ['no name', { name: '' }, INVALID, { what: 'name' }],
  ['a name in capitals', { name: 'Sales' }, INVALID, { what: 'name' }],
  ['a name that is a path', { name: '../a' }, INVALID, { what: 'name' }],
  ['a name that opens with a full stop', { name: '.a' }, INVALID, { what: 'name' }],
  ['a name too long', { name: x(101) }, INVALID, { what: 'name' }],
  ['a title too long', { title: x(201) }, INVALID, { what: 'title' }],
  ['a description too long', { description: x(2_001) }, INVALID, { what: 'description' }],
  ['a document too long', { document: `${SIZE}#${x(8_192)}` }, INVALID, { what: 'document' }],
  ['no document', { document: '' }, INVALID, { what: 'document', line: 1, column: 1 }],
  [
    'what is no GraphQL',
    { document: '{\n  log { size }' },
    INVALID,
    { what: 'document', line: 2, column: 15 },
  ],
  [
    'a field that is not there',
    { document: '{\n  log {\n    sice\n  }\n}' },
    INVALID,
    { what: 'document', line: 3, column: 5 },
  ],
  [
    'a variable that is not declared',
    { document: '{ entities(first: $n) { nodes { id } } }' },
    INVALID,
    { what: 'document', line: 1, column: 19 },
  ],
  [
    'a mutation',
    { document: 'mutation { savedQueryRemove(name: "a") { position } }' },
    INVALID,
    { what: 'document', line: 1, column: 1 },
  ],
  [
    'a mutation behind a query',
    {
      document: 'query A { log { size } }\n  mutation B { retire(id: "x") { position } }',
      operationName: 'A',
    },
    INVALID,
    { what: 'document', line: 2, column: 3 },
  ],
  [
    'a subscription',
    { document: 'subscription { changes { position } }' },
    INVALID,
    { what: 'document', line: 1, column: 1 },
  ],
  [
    'a fragment alone',
    { document: 'fragment F on Log { size }' },
    INVALID,
    { what: 'document', line: 1, column: 1 },
  ],
  ['several operations and none named', { document: TWO }, INVALID, { what: 'operationName' }],
  [
    'an operation that is not there',
    { document: TWO, operationName: 'C' },
    INVALID,
    { what: 'operationName' },
  ],
  ['a depth', { document: nested(16) }, 'OPERATION_TOO_LARGE', { what: 'a depth' }],
  ['aliases', { document: aliases(51) }, 'OPERATION_TOO_LARGE', {}],
  ['a nesting', { document: listed(201) }, 'OPERATION_TOO_LARGE', { what: 'a nesting' }],
  [
    'a price',
    { document: '{ entities(first: 1000) { nodes { facets { name } } } }' },
    'OPERATION_TOO_COSTLY',
    { most: 500 },
  ],
  [
    'a price by its variables',
    { document: NAMES, variables: { first: 1_000 } },
    'OPERATION_TOO_COSTLY',
    { most: 500 },
  ],
  ['variables that are a list', { variables: [1] }, INVALID, { what: 'variables' }],
  ['variables that are a text', { variables: 'x' }, INVALID, { what: 'variables' }],
  ['variables too long', { variables: { a: x(8_192) } }, INVALID, { what: 'variables' }],
  [
    'a variable that the operation has not',
    { variables: { 'a/b': 1 } },
    INVALID,
    { what: 'variables', path: '/a~1b' },
  ],
  [
    'a variable of another type',
    { document: NAMES, variables: { first: 'two' } },
    INVALID,
    { what: 'variables', path: '/first' },
  ],
  [
    'a variable that may not be null',
    { document: NAMES, variables: { first: null } },
    INVALID,
    { what: 'variables', path: '/first' },
  ],
  [
    'a word that is none of an enum',
    { document: NAMES, variables: { kind: 'Nonsense' } },
    INVALID,
    { what: 'variables', path: '/kind' },
  ],
  [
    'an object of which just one field may be given, with two',
    { document: PATHS, variables: { asOf: { position: '0:3', instant: '2026-01-01T00:00:00Z' } } },
    INVALID,
    { what: 'variables', path: '/asOf' },
  ],
  [
    'a field of an object of another type',
    { document: PATHS, variables: { asOf: { instant: 'yesterday' } } },
    INVALID,
    { what: 'variables', path: '/asOf/instant' },
  ],
  [
    'a number that no double holds',
    { document: NAMES, variables: { first: parseRawJson('12345678901234567890') } },
    INVALID,
    { what: 'variables', path: '/first' },
  ],
]

describe('is not saved, and nothing is recorded:', () => {
  const limited = testApp('on demand', { limits: { ...defaultLimits(), mostPrice: 500 } })

  it.each(REFUSED)('%s', async (_what, input, code, details) => {
    const { ask } = code === 'OPERATION_TOO_COSTLY' ? await limited : test
    const answer = await tryToSave({ ask }, tenant, { name: 'a', document: SIZE, ...input })
    expect(answer.errors?.[0]?.extensions).toMatchObject({ code, ...details })
    expect(answer.status).toBe(200)
    expect(await namesIn({ ask }, tenant, 50)).toEqual([])
  })
})

it.each([
  ['a name of 100 characters', { name: `a${x(99)}` }],
  ['a name with all that it may have', { name: '0a._-' }],
  ['a title of 200', { title: x(200) }],
  ['a description of 2,000', { description: x(2_000) }],
  ['a document of 8,192', { document: `${SIZE}#${x(8_192 - SIZE.length - 1)}` }],
  ['no variables at all', { variables: {} }],
  ['one of several operations', { document: TWO, operationName: 'B' }],
  ['a variable that needs a value, without one', { document: NAMES }],
  ['null where that may be', { document: PATHS, variables: { from: 'x', asOf: null } }],
  ['an object as it must be', { document: PATHS, variables: { asOf: { position: '0:3' } } }],
])('is saved: %s', async (_what, input) => {
  await save(test, await test.freshTenant(), { name: 'a', document: SIZE, ...input })
})

it('is saved where it costs the most that is taken, and refused one above it', async () => {
  const document = '{ entities(first: 10) { nodes { recordedAt facets { name } } } }'
  const told = await test.ask(document, { tenant, extensions: { cost: 'only' } })
  const { price } = (told.extensions as unknown as { cost: { price: number } }).cost
  for (const [mostPrice, code] of [
    [price, undefined],
    [price - 1, 'OPERATION_TOO_COSTLY'],
  ] as const) {
    const { ask } = await testApp('on demand', {
      // The mutation has a price too.
      limits: { ...defaultLimits(), mostPrice: Math.max(mostPrice, 21) },
    })
    expect(
      codeOf(await tryToSave({ ask }, await test.freshTenant(), { name: 'a', document })),
    ).toBe(code)
  }
})

describe('where only listed documents may run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-saved-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'listed.json')
  const SAVE =
    'mutation Save($input: SavedQueryInput!) { savedQuerySave(input: $input) { position } }'
  writeFileSync(file, JSON.stringify({ [hashOf(SAVE)]: SAVE, [hashOf(SIZE)]: SIZE }))
  const strict = testApp('on demand', {
    limits: { ...defaultLimits(), operations: file, operationsOnly: true },
  })

  it('no other is saved, and none that was saved before is run', async () => {
    const { ask } = await strict
    const saving = (name: string, document: string) =>
      ask(SAVE, { tenant, variables: { input: { name, document } } })
    expect(codeOf(await saving('size', SIZE))).toBeUndefined()
    expect(codeOf(await saving('more', `${SIZE} `))).toBe('OPERATION_NOT_LISTED')
    const { position } = await save(test, tenant, { name: 'more', document: `${SIZE} ` })
    const headers = { 'x-selvedge-min-position': position }
    const codes = ['size', 'more'].map(async (name) =>
      codeOf(await run({ ask }, tenant, { name }, { headers })),
    )
    expect(await Promise.all(codes)).toEqual([undefined, 'OPERATION_NOT_LISTED'])
  })
})

it('where the schema cannot be asked for, no query is saved that does', async () => {
  const { ask } = await testApp('on demand', {
    limits: { ...defaultLimits(), introspection: 'off' },
  })
  const document = '{ __schema { queryType { name } } }'
  expect(codeOf(await tryToSave({ ask }, tenant, { name: 'schema', document }))).toBe(
    'INTROSPECTION_OFF',
  )
})
