import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Objects } from '../../core/objects.ts'
import { sha256 } from '../../core/sha256.ts'
import { exportBundle, weaveBundle } from '../../domains/evidence/export.ts'
import { findExport } from '../../domains/evidence/find-export.ts'
import { EXPORT_LIMITS, type ExportStep, readSlice } from '../../domains/evidence/slice.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import type { Relation } from '../../lineage/kinds.ts'
import { recordsAsOf } from '../../lineage/record-slice.ts'
import { exitCode } from '../../proofs/report.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'

const { database, ledger, home } = await testLedger()
const exporting = {
  database,
  ledger,
  objects: openObjectFiles(join(home, 'objects')),
}
const trustIn = (tenant: string) => trustRoot(database.graph(tenant).read, tenant)

const dataset = (name: string) => ({ kind: 'Dataset', namespace: 'db', name }) as const
const job = (name: string) => ({ kind: 'Job', namespace: 'jobs', name }) as const

/** raw <- clean the job <- clean the dataset <- publish <- public, and a job that reads itself. */
async function smallWorld(tenant: string) {
  const names = [dataset('raw'), job('clean'), dataset('clean'), job('publish'), dataset('public')]
  const edges: [number, Relation, number][] = [
    [1, 'USED', 0],
    [2, 'WAS_GENERATED_BY', 1],
    [3, 'USED', 2],
    [4, 'WAS_GENERATED_BY', 3],
  ]
  const { outcomes } = await ledger.submit({
    tenant,
    subject: 'ada',
    request: 'a small world',
    names,
    run: async (draft) =>
      names.map((name, i) =>
        draft.assert({
          ...name,
          id: draft.urn(name.kind, name.namespace, name.name),
          fields: { description: `number ${i}` },
          link: edges
            .filter(([from]) => from === i)
            .map(([, rel, to]) => ({ rel, to: names[to]! })),
        }),
      ),
  })
  return outcomes.map(({ id }) => id)
}

it('exports the upstream of a dataset as a bundle that verifies offline', async () => {
  const tenant = await freshTenant(ledger)
  const ids = await smallWorld(tenant)
  const { bytes, records } = await weaveBundle(exporting, {
    tenant,
    root: ids[4]!,
    direction: 'UPSTREAM',
    depth: 20,
  })
  expect(records).toBe(5)
  const report = await verifyBundle({ sha256, bytes, trust: await trustIn(tenant) })
  expect(report.checks.filter(({ result }) => result === 'fail')).toEqual([])
  expect(exitCode(report)).toBe(0)
})

it.each(['UPSTREAM', 'DOWNSTREAM', 'BOTH'] as const)(
  'verifies %s from the middle',
  async (direction) => {
    const tenant = await freshTenant(ledger)
    const ids = await smallWorld(tenant)
    const woven = await weaveBundle(exporting, { tenant, root: ids[2]!, direction, depth: 1 })
    expect(woven.records).toBe(direction === 'BOTH' ? 3 : 2)
    const report = await verifyBundle({ sha256, bytes: woven.bytes, trust: await trustIn(tenant) })
    expect(exitCode(report)).toBe(0)
  },
)

/** Fails where a repeated export would be made once more. */
const noObjects = new Proxy({} as Objects, {
  get: (_none, asked) => () =>
    Promise.reject(new Error(`nothing is to be asked: ${String(asked)}`)),
})

it('refuses a key that made another export', async () => {
  const tenant = await freshTenant(ledger)
  const ids = await smallWorld(tenant)
  const request = {
    tenant,
    subject: 'ada',
    key: 'once',
    root: ids[4]!,
    direction: 'UPSTREAM',
  } as const
  await exportBundle(exporting, { ...request, depth: 4 })
  await expect(exportBundle(exporting, { ...request, depth: 5 })).rejects.toMatchObject({
    code: 'IDEMPOTENCY_KEY_REUSED',
  })
})

it('records the export, keeps its file, and gives the same export for the same key', async () => {
  const tenant = await freshTenant(ledger)
  const ids = await smallWorld(tenant)
  const request = {
    tenant,
    subject: 'ada',
    key: 'once',
    root: ids[4]!,
    direction: 'UPSTREAM',
    depth: 4,
  } as const
  const first = await exportBundle(exporting, request)
  const again = await exportBundle({ ...exporting, objects: noObjects }, request)
  expect(again).toMatchObject({ id: first.id, replayed: true, position: first.position })
  const file = await findExport(database.graph(tenant).read, exporting.objects, first.id)
  const bytes = new Uint8Array(await new Response(file.read()).arrayBuffer())
  expect(bytes.length).toBe(file.size)
  expect(exitCode(await verifyBundle({ sha256, bytes, trust: await trustIn(tenant) }))).toBe(0)
})

it('says so where the record of an export is there and its file is not', async () => {
  const tenant = await freshTenant(ledger)
  const ids = await smallWorld(tenant)
  const question = { tenant, subject: 'ada', root: ids[0]!, direction: 'BOTH', depth: 1 } as const
  const { id } = await exportBundle(exporting, question)
  const emptied = { ...exporting.objects, get: async () => null }
  await expect(findExport(database.graph(tenant).read, emptied, id)).rejects.toMatchObject({
    code: 'EXPORT_LOST',
  })
})

it('keeps another tenant from an export, and says no more than for one that is not there', async () => {
  const [mine, other] = [await freshTenant(ledger), await freshTenant(ledger)]
  const ids = await smallWorld(mine)
  const { id } = await exportBundle(exporting, {
    tenant: mine,
    subject: 'ada',
    root: ids[0]!,
    direction: 'BOTH',
    depth: 2,
  })
  const read = database.graph(other).read
  await expect(findExport(read, exporting.objects, id)).rejects.toMatchObject({
    code: 'EXPORT_UNKNOWN',
  })
})

it('refuses to export what is not there', async () => {
  const tenant = await freshTenant(ledger)
  const question = {
    tenant,
    root: 'urn:selvedge:dataset:h:x',
    direction: 'BOTH',
    depth: 2,
  } as const
  await expect(weaveBundle(exporting, question)).rejects.toMatchObject({
    code: 'LINEAGE_ROOT_UNKNOWN',
  })
})

it('refuses bodies that are too much together, before they are all in memory', async () => {
  const tenant = await freshTenant(ledger)
  let root = ''
  for (let i = 0; i < 9; i++) {
    const link =
      i === 0 ? [] : [{ rel: 'WAS_DERIVED_FROM' as const, to: dataset(`large ${i - 1}`) }]
    const { outcomes } = await ledger.submit({
      tenant,
      subject: 'ada',
      request: `large ${i}`,
      names: [dataset(`large ${i}`), dataset(`large ${i - 1}`)],
      run: async (draft) => [
        draft.assert({
          ...dataset(`large ${i}`),
          id: draft.urn('Dataset', 'db', `large ${i}`),
          fields: { text: 'x'.repeat(3_900_000) },
          link,
        }),
      ],
    })
    root = outcomes[0]!.id
  }
  const question = { tenant, root, direction: 'UPSTREAM' } as const
  await expect(weaveBundle(exporting, { ...question, depth: 20 })).rejects.toMatchObject({
    code: 'EXPORT_TOO_LARGE',
  })
  expect((await weaveBundle(exporting, { ...question, depth: 1 })).records).toBe(2)
})

describe('what is withheld', () => {
  it('is kept back by field, kind and facet, and the bundle says by which rule', async () => {
    const tenant = await freshTenant(ledger)
    const ids = await smallWorld(tenant)
    const woven = await weaveBundle(exporting, {
      ...{ tenant, root: ids[4]!, direction: 'UPSTREAM', depth: 20 },
      withhold: ['Job.description', 'name'],
    })
    const report = await verifyBundle({ sha256, bytes: woven.bytes, trust: await trustIn(tenant) })
    expect(exitCode(report)).toBe(0)
    expect(report.bundle?.withhold).toEqual(['Job.description', 'name'])
    expect(report.withheld.map(({ names }) => names)).toEqual(
      ['Dataset', 'Job', 'Dataset', 'Job', 'Dataset'].map((kind) =>
        kind === 'Job' ? ['description', 'name'] : ['name'],
      ),
    )
    const text = Buffer.from(woven.bytes).toString('latin1')
    for (const kept of ['publish', 'number 1', 'number 3']) expect(text).not.toContain(kept)
    expect(text).toContain('number 2')
  })

  it('is recorded with the export, and part of what an Idempotency-Key stands for', async () => {
    const tenant = await freshTenant(ledger)
    const ids = await smallWorld(tenant)
    const request = {
      ...{ tenant, subject: 'ada', key: 'once', root: ids[4]!, depth: 2 },
      direction: 'UPSTREAM' as const,
      withhold: ['description'],
    }
    const { id } = await exportBundle(exporting, request)
    const [record] = await recordsAsOf(database.graph(tenant).read, [id], 99)
    expect(JSON.parse(record!.fields!)).toMatchObject({ withhold: ['description'] })
    await expect(exportBundle(exporting, { ...request, withhold: [] })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    })
    expect(await exportBundle(exporting, request)).toMatchObject({ id, replayed: true })
  })

  it.each([
    ['a pattern that meets nothing', ['description', 'descripton'], 'EXPORT_WITHHOLD_UNMATCHED'],
    ['an empty pattern', [''], 'EXPORT_WITHHOLD_INVALID'],
    [
      'too many patterns',
      Array.from({ length: 65 }, (_, i) => `n${i}*`),
      'EXPORT_WITHHOLD_INVALID',
    ],
  ])('is refused with %s', async (_what, withhold, code) => {
    const tenant = await freshTenant(ledger)
    const [root] = await smallWorld(tenant)
    const question = { tenant, root: root!, direction: 'BOTH', depth: 3 } as const
    await expect(weaveBundle(exporting, { ...question, withhold })).rejects.toMatchObject({ code })
  })
})

describe('the limits of an export', () => {
  it('take exactly as many records and characters as they say, and not one more', async () => {
    const tenant = await freshTenant(ledger)
    const ids = await smallWorld(tenant)
    const { read } = database.graph(tenant)
    const question = { tenant, root: ids[4]!, direction: 'UPSTREAM', depth: 20 } as const
    const { records } = await readSlice(read, question, 99)
    const text = records.reduce((sum, { fields }) => sum + fields!.length, 0)
    const limits = { records: 5, text }
    const within = (given: typeof limits) => readSlice(read, question, 99, undefined, given)
    expect((await within(limits)).records).toHaveLength(5)
    for (const less of [{ records: 4 }, { text: text - 1 }]) {
      await expect(within({ ...limits, ...less })).rejects.toMatchObject({
        code: 'EXPORT_TOO_LARGE',
        details: { most: Object.values(less)[0] },
      })
    }
  })

  it('are those that the specification states', () => {
    const spec = readFileSync('docs/specs/bundle.md', 'utf8')
    for (const most of Object.values(EXPORT_LIMITS)) {
      expect(spec).toContain(most.toLocaleString('en-US'))
    }
  })
})

it('tells how far it is, stage by stage', async () => {
  const tenant = await freshTenant(ledger)
  const ids = await smallWorld(tenant)
  const steps: ExportStep[] = []
  await weaveBundle(exporting, {
    ...{ tenant, root: ids[4]!, direction: 'UPSTREAM', depth: 20 },
    tell: (step) => steps.push(step),
  })
  expect(steps).toEqual([
    { stage: 'lineage', done: 5, of: 5 },
    { stage: 'records', done: 5, of: 5 },
    { stage: 'proof', done: 0, of: 1 },
    { stage: 'bundle', done: 0, of: 1 },
  ])
})
