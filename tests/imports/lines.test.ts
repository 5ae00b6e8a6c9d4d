import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { inBatches } from '../../cli/import/batches.ts'
import { readCsv } from '../../cli/import/csv.ts'
import type { Line } from '../../cli/import/line.ts'
import { readNdjson } from '../../cli/import/ndjson.ts'
import { openSeen } from '../../cli/import/seen.ts'
import { openSource } from '../../cli/import/source.ts'
import { BODIES } from '../../domains/kinds/bodies.ts'
import { IMPORT_LIMITS, readLine } from '../../domains/kinds/import-line.ts'
import { TYPED_KINDS } from '../../lineage/kinds.ts'
import type { Json } from '../../proofs/json.ts'
import { bodyBy } from '../kinds/arbitrary.ts'
import { csvOf } from './csv-of.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-lines-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

const fileOf = (content: string | Uint8Array) => {
  const path = join(folder, String(files++))
  writeFileSync(path, content)
  return path
}

/** By line: the item, or the code that it is refused with. */
async function read(lines: AsyncIterable<Line>) {
  const all: [number, unknown][] = []
  for await (const { line, item, problem } of lines) {
    all.push([line, problem ? problem.code : JSON.parse(item!)])
  }
  return all
}
const csv = (content: string, usual?: string) => read(readCsv(fileOf(content), usual))
const ndjson = (content: string) => read(readNdjson(fileOf(content)))

const HEADER = 'kind,namespace,name,body.title'

it('reads columns by dotted names, lists by columns that come again, by place or as JSON', async () => {
  const [row] = await csv(
    [
      'namespace,name,body.title,body.keywords,body.keywords,body.themes,body.temporal.from,licensedUnder.namespace,licensedUnder.name,licensedUnder.1.id,attributedTo',
      'n,a,"A, ""quoted""",k,l,"[""ECON"",""TRAN""]",2026-01-01,n,mit,urn:x,"[{""namespace"":""n"",""name"":""ann""}]"',
    ].join('\n'),
    'Source',
  )
  expect(row).toEqual([
    2,
    {
      ...{ namespace: 'n', name: 'a' },
      body: {
        ...{ title: 'A, "quoted"', keywords: ['k', 'l'], themes: ['ECON', 'TRAN'] },
        temporal: { from: '2026-01-01' },
      },
      licensedUnder: [{ namespace: 'n', name: 'mit' }, { id: 'urn:x' }],
      attributedTo: [{ namespace: 'n', name: 'ann' }],
    },
  ])
})

it('says nothing for an empty cell, and clears a list by []', async () => {
  expect(await csv('kind,namespace,name,body.title,licensedUnder\nSource,n,a,,[]\n')).toEqual([
    [2, { kind: 'Source', namespace: 'n', name: 'a', licensedUnder: [] }],
  ])
})

it('counts lines as an editor does, through a BOM, CRLF, blank lines and breaks in quotes', async () => {
  const text = `\ufeff${HEADER}\r\nSource,n,a,"one\r\ntwo\r\nthree"\r\n\r\n,,,\r\nSource,n,b,x\r\nSource,n`
  expect(
    (await csv(text)).map(([line, said]) => [line, (said as Line).item ?? typeof said]),
  ).toEqual([
    ...[
      [2, 'object'],
      [7, 'object'],
    ],
    [8, 'string'],
  ])
})

it.each([
  ['a row that is too short', `${HEADER}\nSource,n\nSource,n,a,b`, [[2, 'IMPORT_ROW_INVALID'], 3]],
  ['a kind that is none', `${HEADER}\nSauce,n,a,b\nSource,n,a,b`, [[2, 'IMPORT_KIND_UNKNOWN'], 3]],
  [
    'what its kind has not',
    `${HEADER},body.version\nSource,n,a,b,1`,
    [[2, 'IMPORT_COLUMN_UNKNOWN']],
  ],
  ['a cell that is no JSON', `${HEADER},body.themes\nSource,n,a,b,[`, [[2, 'IMPORT_CELL_INVALID']]],
  [
    'a quote never closed',
    `${HEADER}\nSource,n,a,b\nSource,n,"c,d\n`,
    [2, [3, 'IMPORT_CSV_INVALID']],
  ],
  ['a quote in a field', `${HEADER}\nSource,n,a"b,c\n`, [[2, 'IMPORT_CSV_INVALID']]],
  ['text after quotes', `${HEADER}\nSource,n,"a"b,c\n`, [[2, 'IMPORT_CSV_INVALID']]],
])('tells of %s by line, and goes on where it can', async (_what, text, expected) => {
  const told = (await csv(text)).map(([line, said]) =>
    typeof said === 'string' ? [line, said] : line,
  )
  expect(told).toEqual(expected)
})

it('refuses a number that a double does not hold, and leaves what is none to the schema', async () => {
  const header = 'namespace,name,body.attributions.feature,body.attributions.value'
  const numbers = ['0.5', '1e3', '9007199254740993', 'many']
  const rows = await csv(
    [header, ...numbers.map((number) => `n,a,f,${number}`)].join('\n'),
    'XaiExport',
  )
  const value = (said: unknown) =>
    typeof said === 'string'
      ? said
      : (said as { body: { attributions: { value: unknown }[] } }).body.attributions[0]!.value
  expect(rows.map(([, said]) => value(said))).toEqual([0.5, 1_000, 'IMPORT_CELL_INVALID', 'many'])
})

it.each([
  ['no column for the kind', 'namespace,name\nn,a', 'IMPORT_HEADER_INVALID'],
  ['nothing', '', undefined],
  ['an empty first line', '\nSource,n,a,b', 'IMPORT_HEADER_INVALID'],
  ['a column that nothing has', `${HEADER},body.titel\nSource,n,a,b,c`, 'IMPORT_COLUMN_UNKNOWN'],
  ['a member of every object', `${HEADER},__proto__.x\nSource,n,a,b,c`, 'IMPORT_COLUMN_UNKNOWN'],
  ['a path through a text', `${HEADER},body.title.x\nSource,n,a,b,c`, 'IMPORT_COLUMN_UNKNOWN'],
])('refuses a file with %s as its first line, before any row', async (_what, text, code) => {
  expect(await csv(text).catch((error) => error.code)).toEqual(code ?? [])
})

it('brings every body through CSV as it is', async () => {
  for (const kind of TYPED_KINDS) {
    const bodies = fc.sample(bodyBy(BODIES[kind].whole), { numRuns: 20 })
    const items = bodies.map((body, i) => ({ kind, namespace: 'n', name: `é${i}`, body }))
    for (const eol of ['\n', '\r\n']) {
      const rows = await csv(csvOf(items, { eol }))
      expect(rows.map(([, item]) => item)).toEqual(items)
    }
  }
})

it('reads NDJSON line by line, through a BOM, CRLF and blank lines', async () => {
  expect(await ndjson('\ufeff{"a":1}\r\n\r\n  {"b":2}\t\n{"c":3')).toEqual([
    [1, { a: 1 }],
    [3, { b: 2 }],
    [4, 'IMPORT_JSON_INVALID'],
  ])
})

it('takes a line at the limit, and refuses one above it without those after it', async () => {
  const { lineBytes } = IMPORT_LIMITS
  const of = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2))
  const lines = await ndjson([of(lineBytes), of(lineBytes + 1), of(5 * lineBytes), '1'].join('\n'))
  expect(lines.map(([line, said]) => [line, String(said).slice(0, 20)])).toEqual([
    [1, 'x'.repeat(20)],
    ...[
      [2, 'IMPORT_LINE_TOO_LONG'],
      [3, 'IMPORT_LINE_TOO_LONG'],
    ],
    [4, '1'],
  ])
  const long = await csv(`${HEADER}\nSource,n,a,b\nSource,n,b,${'x'.repeat(lineBytes)}\n`)
  expect(long.map(([line, said]) => [line, typeof said === 'string' ? said : ''])).toEqual([
    [2, ''],
    [3, 'IMPORT_LINE_TOO_LONG'],
  ])
})

it.each([
  ['Latin-1', Buffer.from('{"a":1}\n{"a":"caf\xe9"}\n', 'latin1'), 2],
  ['UTF-16', Buffer.from('\ufeff{"a":1}', 'utf16le'), 1],
  ['UTF-16 without a mark', Buffer.from('{"a":1}', 'utf16le'), 1],
  ['half a letter at its end', Buffer.from('{}\né').subarray(0, 4), 2],
])('refuses a file in %s as a whole, and says where', async (_what, bytes, line) => {
  await expect(openSource(fileOf(bytes))).rejects.toMatchObject({
    ...{ code: 'IMPORT_ENCODING_INVALID', details: { line } },
  })
})

it('knows a file by all of its bytes, from a pipe as from a disk', async () => {
  const text = '{"a":"é"}\n'.repeat(20_000)
  const file = await openSource(fileOf(text))
  const piped = await openSource('-', Readable.from([Buffer.from(text)]))
  expect([piped.hash, piped.bytes]).toEqual([file.hash, file.bytes])
  await piped.close()
  writeFileSync(file.path, 'other')
  await expect(file.requireUnchanged()).rejects.toMatchObject({ code: 'IMPORT_FILE_CHANGED' })
})

async function* of(lines: Line[]) {
  yield* lines
}

it('cuts batches that a request takes, and sends no second line about one thing', async () => {
  const { batchBytes, batchLines } = IMPORT_LIMITS
  const lines = Array.from({ length: 1_200 }, (_, i) => ({
    ...{ line: i + 1, item: JSON.stringify('x'.repeat(i < 600 ? 1 : 20_000)) },
    about: `${i % 1_100}`,
  }))
  const batches = []
  for await (const batch of inBatches(of(lines))) batches.push(batch)
  const sent = batches.flatMap((batch) => batch.lines)
  expect(sent.map(({ line }) => line)).toEqual(lines.map(({ line }) => line))
  for (const { lines: some } of batches) {
    expect(some.length).toBeLessThanOrEqual(batchLines)
    const bytes = some.reduce(
      (sum, { line, item }) => sum + `{"line":${line},"item":${item}},\n`.length,
      2,
    )
    expect(bytes).toBeLessThanOrEqual(batchBytes)
  }
  expect(
    sent.filter(({ problem }) => problem).map(({ problem }) => problem!.details.first),
  ).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
})

it('remembers where each of many texts was first', () => {
  const seen = openSeen()
  for (let i = 1; i <= 20_000; i++) expect(seen.first(`thing ${i}`, i)).toBeUndefined()
  for (let i = 1; i <= 20_000; i += 7) expect(seen.first(`thing ${i}`, 99_999)).toBe(i)
})

it('takes the form of every line that is well, and refuses any other by code', () => {
  for (const kind of TYPED_KINDS) {
    const [body] = fc.sample(bodyBy(BODIES[kind].whole), { numRuns: 1 })
    const line = { kind, namespace: 'n', name: 'a', body: body as Json }
    expect(readLine(line)).toEqual(line)
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(() => readLine(value as Json)).toThrow(
        expect.objectContaining({
          code: expect.stringMatching(/^IMPORT_(KIND_UNKNOWN|LINE_INVALID)$/),
        }),
      )
    }),
  )
})
