import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { openClient } from '../../cli/client.ts'
import { readCsv } from '../../cli/import/csv.ts'
import { NO_HINT, openHint } from '../../cli/import/hint.ts'
import { readNdjson } from '../../cli/import/ndjson.ts'
import { type Counts, importLines, type Refused } from '../../cli/import/run.ts'
import { testApp } from '../setup/app.ts'
import { csvOf } from './csv-of.ts'
import { logSize, near } from './sending.ts'

const test = await testApp()
const folder = mkdtempSync(join(tmpdir(), 'selvedge-imports-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

/** What a line says, and the code that it is refused with where it is. */
interface Written {
  item: Readonly<Record<string, unknown>>
  code?: string
  /** What stands in the file, where that is no JSON of the item. */
  text?: string
}

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const name = fc.constantFrom(...NAMES)
const names = fc.uniqueArray(name, { maxLength: 3 })
const title = fc.constantFrom('One', 'Zwei, "drei"', 'four\nfive', 'é😀')
const far = (some: readonly string[]) => some.map(near)

const license = fc.record({ name, title, clauses: names }).map(
  (of): Written => ({
    item: {
      kind: 'License',
      ...near(of.name),
      body: { title: of.title },
      hasClause: far(of.clauses),
    },
  }),
)
const source = fc.record({ name, title, under: names }).map(
  (of): Written => ({
    item: {
      ...{ kind: 'Source', ...near(of.name), body: { title: of.title, description: 'd' } },
      licensedUnder: far(of.under),
    },
  }),
)
const dataset = fc
  .record({ name, from: names })
  .map((of): Written => ({ item: { kind: 'Dataset', ...near(of.name), fromSource: far(of.from) } }))
const wrong = name.chain((one) => {
  const of = { kind: 'License', ...near(one) }
  const nowhere = [{ id: `urn:selvedge:clause:h:${'A'.repeat(43)}` }]
  return fc.constantFrom<Written>(
    { item: { ...of, body: { spdx: 'MIT' } }, code: 'BODY_INVALID' },
    { item: { ...of, body: { title: ' ' } }, code: 'BODY_INVALID' },
    { item: { ...of, kind: 'Licence' }, code: 'IMPORT_KIND_UNKNOWN' },
    { item: { ...of, name: 'x'.repeat(2_049), body: {} }, code: 'RECORD_ITEM_INVALID' },
    {
      item: { ...of, body: { title: 'T' }, hasClause: [near('stub'), ...nowhere] },
      code: 'UNKNOWN_NEIGHBOUR',
    },
    { item: { ...of, body: { title: 'T' }, hasClause: [{}] }, code: 'RECORD_ITEM_INVALID' },
  )
})
const broken = fc.constantFrom<Written>(
  { item: {}, text: '{"kind":"License"', code: 'IMPORT_JSON_INVALID' },
  { item: {}, text: '{"kind":"License","kind":"Source"}', code: 'IMPORT_JSON_INVALID' },
  { item: {}, text: '[]', code: 'IMPORT_LINE_INVALID' },
  { item: {}, text: '{"kind":"License","namespace":"n","name":7}', code: 'IMPORT_LINE_INVALID' },
)

const said = fc.oneof(license, source, dataset, wrong)
const file = fc.oneof(
  fc.record({
    format: fc.constant('ndjson' as const),
    lines: fc.array(fc.oneof(said, broken), { minLength: 1, maxLength: 15 }),
  }),
  fc.record({
    format: fc.constant('csv' as const),
    lines: fc.array(said, { minLength: 1, maxLength: 15 }),
  }),
)

/** Where each line begins, and all of them as a file. */
function write({ format, lines }: { format: 'csv' | 'ndjson'; lines: readonly Written[] }) {
  const path = join(folder, String(files++))
  if (format === 'ndjson') {
    writeFileSync(path, lines.map(({ item, text }) => text ?? JSON.stringify(item)).join('\n'))
    return { path, numbers: lines.map((_, i) => i + 1) }
  }
  const text = csvOf(lines.map(({ item }) => item))
  writeFileSync(path, text)
  let next = 2
  const numbers = lines.map(({ item }) => {
    const own = next
    next += 1 + JSON.stringify(item).split('\\n').length - 1
    return own
  })
  return { path, numbers }
}

/** What is recorded by a file, and why each other line is not, worked out one line after another. */
function expected(lines: readonly Written[], numbers: readonly number[]) {
  const things = new Map<string, { title?: string; to: string[] }>()
  const refused: [number, string][] = []
  const seen = new Map<string, number>()
  let records = 0
  const add = (key: string, thing: { title?: string; to: string[] }) => {
    if (JSON.stringify(things.get(key)) === JSON.stringify(thing)) return
    things.set(key, thing)
    records += 1
  }
  for (const [i, { item, code, text }] of lines.entries()) {
    const line = numbers[i]!
    const {
      kind,
      name: own,
      body,
    } = item as { kind: string; name: string; body?: { title: string } }
    const key = `${kind} ${own}`
    const isNamed = text === undefined
    const isTwice = isNamed && seen.has(key)
    if (isNamed && !isTwice) seen.set(key, line)
    if (isTwice || code) {
      refused.push([line, isTwice ? 'IMPORT_LINE_TWICE' : code!])
      continue
    }
    const [relation, to] = Object.entries(item).find(([, value]) => Array.isArray(value))! as [
      string,
      { name: string }[],
    ]
    const kinds = { hasClause: 'Clause', licensedUnder: 'License', fromSource: 'Source' }
    const keys = to.map((one) => `${kinds[relation as 'hasClause']} ${one.name}`)
    for (const stub of keys) if (!things.has(stub)) add(stub, { to: [] })
    const thing = { ...(body && { title: body.title }), to: [...keys].sort() }
    add(key, thing)
  }
  return { things, refused, records }
}

const EVERYTHING = `{ entities(first: 500) { nodes { kind name
  ... on License { body { title } hasClause { kind name } }
  ... on Source { body { title } licensedUnder { kind name } }
  ... on Dataset { fromSource { kind name } } } } }`

interface Node {
  kind: string
  name: string
  body?: { title: string } | null
  [link: string]: unknown
}

async function recorded(tenant: string) {
  const { data, errors } = await test.ask<{ entities: { nodes: Node[] } }>(EVERYTHING, { tenant })
  expect(errors).toBeUndefined()
  const of = ({ kind, name: own }: Node) => `${kind} ${own}`
  return new Map(
    data.entities.nodes
      .filter(({ kind }) => kind !== 'Tenant')
      .map((node) => {
        const to = Object.values(node).find(Array.isArray) ?? []
        const thing = { ...(node.body && { title: node.body.title }), to: to.map(of).sort() }
        return [of(node), thing] as const
      }),
  )
}

it('records what a reference says, of any file, however often it is broken off and begun again', async () => {
  await fc.assert(
    fc.asyncProperty(
      file,
      fc.integer({ min: 2, max: 9 }),
      fc.array(fc.record({ after: fc.integer({ min: 0, max: 4 }), forgets: fc.boolean() }), {
        maxLength: 2,
      }),
      async (of, perRequest, breaks) => {
        const tenant = await test.freshTenant()
        const before = await logSize(test, tenant)
        const { path, numbers } = write(of)
        const client = openClient('http://localhost', tenant, { send: test.app.fetch })
        const lines = () => (of.format === 'csv' ? readCsv(path) : readNdjson(path))
        const hintPath = `${path}.json`
        const run = async (most: number, dry = false) => {
          let counts: Readonly<Counts> | undefined
          const refused: Refused[] = []
          let batches = 0
          const isWhole = await importLines({
            ...{ lines, perRequest, hint: dry ? NO_HINT : openHint(hintPath) },
            sending: { client, key: dry ? undefined : 'file' },
            isStopped: () => batches >= most,
            onSettled: (now, some) => {
              batches += 1
              counts = { ...now }
              refused.push(...some)
            },
          })
          return { isWhole, counts: counts!, refused }
        }
        const wanted = expected(of.lines, numbers)
        const dry = await run(Number.POSITIVE_INFINITY, true)
        expect(await logSize(test, tenant)).toBe(before)
        for (const { after, forgets } of breaks) {
          await run(after)
          if (forgets) rmSync(hintPath, { force: true })
        }
        const { isWhole, counts, refused } = await run(Number.POSITIVE_INFINITY)
        expect(isWhole).toBe(true)
        for (const told of [refused, dry.refused]) {
          expect(told.map(({ line, code }) => [line, code])).toEqual(wanted.refused)
        }
        expect(counts).toMatchObject({ lines: of.lines.length, refused: wanted.refused.length })
        expect(counts.recorded + counts.unchanged + counts.earlier).toBe(
          of.lines.length - wanted.refused.length,
        )
        expect(await recorded(tenant)).toEqual(wanted.things)
        expect((await logSize(test, tenant)) - before).toBe(wanted.records)
        const again = await run(Number.POSITIVE_INFINITY)
        expect(again.counts.earlier).toBe(of.lines.length - wanted.refused.length)
        expect((await logSize(test, tenant)) - before).toBe(wanted.records)
      },
    ),
    { numRuns: 8, endOnFailure: true },
  )
}, 120_000)
