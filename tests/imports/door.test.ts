import { expect, it } from 'vitest'
import { IMPORT_LIMITS } from '../../domains/kinds/import-line.ts'
import { bodyAt, leastBody } from '../kinds/recording.ts'
import { testApp } from '../setup/app.ts'
import { logSize, near, sendImport } from './sending.ts'

const test = await testApp()
const source = (name: string, more: object = {}) => ({
  ...{ kind: 'Source', ...near(name), body: leastBody('Source') },
  ...more,
})

it('records each line whole or not at all, and tells of each in the order sent', async () => {
  const tenant = await test.freshTenant()
  const founded = await logSize(test, tenant)
  const { status, results } = await sendImport(test, tenant, [
    [3, source('a', { licensedUnder: [near('mit')] })],
    [4, source('b', { body: { title: 7 } })],
    [9, source('c', { licensedUnder: [near('gpl'), { id: 'urn:selvedge:license:h:AAAA' }] })],
    [12, { kind: 'Dataset', ...near('d'), fromSource: [near('a')] }],
  ])
  expect(status).toBe(200)
  expect(results).toMatchObject([
    { line: 3, ok: true, changed: true, replayed: false },
    { line: 4, ok: false, code: 'BODY_INVALID', path: '/body/title', retriable: false },
    { line: 9, ok: false, code: 'RECORD_ITEM_INVALID', path: '/licensedUnder/1' },
    { line: 12, ok: true },
  ])
  // The licence that a is under, a, and d: nothing of what was refused, no stub of gpl either.
  expect(await logSize(test, tenant)).toBe(founded + 3)
  const id = results[0]!.id!
  expect(await bodyAt(test, 'Source', { id, tenant })).toEqual(leastBody('Source'))
})

it('takes a line once under the key of its file, and another text under it not at all', async () => {
  const tenant = await test.freshTenant()
  const key = 'file-1'
  const first = await sendImport(test, tenant, [[1, source('a')]], { key })
  const size = await logSize(test, tenant)
  await sendImport(test, tenant, [[1, source('a', { body: { title: 'Other' } })]], { key: 'x' })
  const again = await sendImport(test, tenant, [[1, source('a')]], { key })
  expect(again.results).toEqual([{ ...first.results[0], replayed: true }])
  expect(await logSize(test, tenant)).toBe(size + 1)
  const other = await sendImport(test, tenant, [[1, source('z')]], { key })
  expect(other.results).toMatchObject([{ ok: false, code: 'IDEMPOTENCY_KEY_REUSED' }])
})

it('decides a dry run as it would be decided, and writes nothing', async () => {
  const tenant = await test.freshTenant()
  const lines: [number, unknown][] = [
    [1, source('a', { licensedUnder: [near('mit')] })],
    [2, source('b', { body: { title: 'no description' } })],
    [3, source('c', { licensedUnder: [{ id: `urn:selvedge:license:h:${'A'.repeat(43)}` }] })],
  ]
  const size = await logSize(test, tenant)
  const dry = await sendImport(test, tenant, lines, { query: '?dryRun=true', key: 'k' })
  expect(await logSize(test, tenant)).toBe(size)
  const real = await sendImport(test, tenant, lines, { key: 'k' })
  const seen = ({ results }: typeof dry) =>
    results.map(({ line, ok, id, code, path }) => ({ line, ok, id, code, path }))
  expect(seen(dry)).toEqual(seen(real))
  expect(real.results).toMatchObject([
    { ok: true, replayed: false },
    { ok: false, code: 'BODY_INVALID', path: '/body/description' },
    { ok: false, code: 'UNKNOWN_NEIGHBOUR' },
  ])
})

it.each([
  ['a kind that is none', { kind: 'Tenant', ...near('a') }, 'IMPORT_KIND_UNKNOWN', '/kind'],
  ['no kind', near('a'), 'IMPORT_KIND_UNKNOWN', '/kind'],
  ['a member that is none', source('a', { owner: 'me' }), 'IMPORT_LINE_INVALID', '/owner'],
  ['a link that it has not', source('a', { trainedOn: [] }), 'IMPORT_LINE_INVALID', '/trainedOn'],
  ['a name that is no text', { ...source('a'), name: 7 }, 'IMPORT_LINE_INVALID', '/name'],
  ['a name too long', source('x'.repeat(2_049)), 'RECORD_ITEM_INVALID', '/name'],
  ['a body that is none', source('a', { body: [] }), 'IMPORT_LINE_INVALID', '/body'],
  [
    'a target of a strange form',
    source('a', { licensedUnder: ['mit'] }),
    'IMPORT_LINE_INVALID',
    '/licensedUnder/0',
  ],
  [
    'a target without a name',
    source('a', { licensedUnder: [{ name: 'mit' }] }),
    'RECORD_ITEM_INVALID',
    '/licensedUnder/0',
  ],
  [
    'an id of another kind',
    { kind: 'Dataset', id: `urn:selvedge:job:h:${'A'.repeat(43)}` },
    'RECORD_ITEM_INVALID',
    '/id',
  ],
  ['a dataset without a name', { kind: 'Dataset' }, 'RECORD_ITEM_INVALID', undefined],
  [
    'a body of a dataset',
    { kind: 'Dataset', ...near('d'), body: {} },
    'IMPORT_LINE_INVALID',
    '/body',
  ],
  ['no object', 7, 'IMPORT_LINE_INVALID', ''],
])('refuses %s by code and place', async (_what, item, code, path) => {
  const tenant = await test.freshTenant()
  const founded = await logSize(test, tenant)
  const { results } = await sendImport(test, tenant, [[5, item]])
  expect(results).toMatchObject([{ line: 5, ok: false, code, ...(path !== undefined && { path }) }])
  expect(await logSize(test, tenant)).toBe(founded)
})

it('reads a line by the rules for JSON that is recorded, and takes no other line down with it', async () => {
  const tenant = await test.freshTenant()
  const { results } = await sendImport(
    test,
    tenant,
    `[{"line":1,"item":{"kind":"Source","kind":"License"}},{"line":2,"item":{"a":1e400}},
      {"line":3,"item":{"a":"\\ud800"}},{"line":4,"item":${JSON.stringify(source('a'))}}]`,
  )
  expect(results.map(({ code, ok }) => code ?? ok)).toEqual([
    ...['IMPORT_JSON_INVALID', 'IMPORT_JSON_INVALID', 'IMPORT_JSON_INVALID'],
    true,
  ])
})

it.each([
  ['no array', '{}', 400, 'IMPORT_BATCH_INVALID'],
  ['nothing', '[]', 400, 'IMPORT_BATCH_INVALID'],
  ['no JSON', '[{"line":1,"item":{}', 400, 'IMPORT_BATCH_INVALID'],
  ['parts of another form', '[{"item":{},"line":1}]', 400, 'IMPORT_BATCH_INVALID'],
  ['a line that is none', '[{"line":0,"item":{}}]', 400, 'IMPORT_BATCH_INVALID'],
  ['a line twice', '[{"line":1,"item":{}},{"line":1,"item":{}}]', 400, 'IMPORT_BATCH_INVALID'],
  [
    'bytes that are no text',
    Buffer.from('[{"line":1,"item":"\xff"}]', 'latin1'),
    400,
    'IMPORT_BATCH_INVALID',
  ],
])('refuses a batch of %s', async (_what, body, status, code) => {
  const tenant = await test.freshTenant()
  const answer = await sendImport(test, tenant, body)
  expect(answer).toMatchObject({ status, code })
})

it('takes JSON alone, and parameters that it knows', async () => {
  const tenant = await test.freshTenant()
  const body = JSON.stringify([{ line: 1, item: source('a') }])
  const typed = await sendImport(test, tenant, body, { headers: { 'content-type': 'text/plain' } })
  expect(typed).toMatchObject({ status: 415, code: 'IMPORT_CONTENT_TYPE' })
  const asked = await sendImport(test, tenant, body, { query: '?dry=true' })
  expect(asked).toMatchObject({ status: 400, code: 'QUERY_INVALID' })
  const kind = await sendImport(test, tenant, body, { query: '?kind=Tenant' })
  expect(kind).toMatchObject({ status: 400, code: 'QUERY_INVALID' })
})

it('takes a line of the greatest length, and refuses a longer one by itself', async () => {
  const tenant = await test.freshTenant()
  const { lineBytes, lineMarks } = IMPORT_LIMITS
  const text = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2))
  const marks = (n: number) => `[${'0,'.repeat(n - 1)}0]`
  const { results } = await sendImport(
    test,
    tenant,
    `[{"line":1,"item":${text(lineBytes)}},{"line":2,"item":${marks(lineMarks)}},{"line":3,"item":${marks(lineMarks + 1)}}]`,
  )
  expect(results.map(({ code }) => code)).toEqual([
    ...['IMPORT_LINE_INVALID', 'IMPORT_LINE_INVALID', 'IMPORT_LINE_TOO_LONG'],
  ])
  const longer = await sendImport(test, tenant, `[{"line":1,"item":${text(lineBytes + 1)}}]`)
  expect(longer.results).toMatchObject([{ code: 'IMPORT_LINE_TOO_LONG' }])
})

it('asks for the permission of each kind that a line is about', async () => {
  const tenant = await test.freshTenant()
  const lines: [number, unknown][] = [
    [1, source('a')],
    [2, { kind: 'Transformation', ...near('t'), body: leastBody('Transformation') }],
    [3, { kind: 'Model', ...near('m'), body: leastBody('Model') }],
  ]
  const as = (role: string) =>
    sendImport(test, tenant, lines, { headers: { 'x-selvedge-roles': role } })
  const codes = async (role: string) => (await as(role)).results.map(({ ok, code }) => code ?? ok)
  expect(await codes('steward')).toEqual([true, true, 'PERMISSION_DENIED'])
  expect(await codes('writer')).toEqual([true, 'PERMISSION_DENIED', true])
  expect(await as('reader')).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' })
})
