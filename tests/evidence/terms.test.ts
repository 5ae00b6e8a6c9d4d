import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { BESIDE_LIMITS, readBeside } from '../../domains/evidence/beside.ts'
import { type ExportRequest, exportBundle, weaveBundle } from '../../domains/evidence/export.ts'
import { readSlice } from '../../domains/evidence/slice.ts'
import { readTermsPart, TEXT_LIMITS } from '../../domains/evidence/terms.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { hex } from '../../proofs/hex.ts'
import { exitCode } from '../../proofs/report.ts'
import { licensePath, type StatedRule, type StatedUnknown } from '../../proofs/terms/stated.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readZip } from '../../proofs/zip.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { recordedKind } from '../kinds/recording.ts'
import { dataset, job, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { DATASETS, step, take } from '../terms/history.ts'
import { worldAt } from '../terms/recorded.ts'
import { termsByHand } from '../terms/reference.ts'
import { told } from '../terms/told.ts'

const test = await testApp()
const { app, ask, database, ledger, freshTenant, home } = test
const objects = openObjectFiles(join(home, 'objects'))
const exporting = { database, ledger, objects }
const TEXT = 'Do with it what you like, and keep this notice.\n'
const sha256Of = (one: string) => hex(sha256(utf8(one)))

const LINKS = 'mutation L($items: [LinksInput!]!) { linksRecord(items: $items) { position } }'

/** A report that a job makes of raw orders, had from a shop under clauses, and of rates under MIT. */
async function shop(tenant: string) {
  const kind = (of: Parameters<typeof recordedKind>[1], ...items: object[]) =>
    recordedKind(test, of, { tenant, items })
  await kind(
    'Clause',
    { ...near('use'), body: { type: 'permission', action: 'use' } },
    { ...near('no sale'), body: { type: 'prohibition', action: 'sell' } },
    { ...near('name us'), body: { type: 'duty', action: 'attribute' } },
  )
  const [, mit] = await kind(
    'License',
    {
      ...{ ...near('shop 2026'), body: { title: 'Terms of the shop' } },
      hasClause: [near('use'), near('no sale'), near('name us')],
    },
    { ...near('mit'), body: { title: 'MIT', spdx: 'MIT', text: { sha256: sha256Of(TEXT) } } },
  )
  await kind('Source', {
    ...{ ...near('shop'), body: { title: 'Orders', description: 'Of the shop' } },
    licensedUnder: [near('shop 2026')],
  })
  await kind('Transformation', {
    ...near('sums'),
    body: {
      ...{ rule: 'aggregation', lifts: [{ type: 'duty', action: 'attribute' }] },
      ...{ justification: 'Sums of many.', approvedBy: 'The board' },
    },
  })
  const [, , , , report] = await recorded(test, tenant, [
    ...[dataset('raw'), dataset('rates'), dataset('list')],
    job('sum up', { uses: [near('raw')] }),
    dataset('report', {
      generatedBy: [near('sum up')],
      derivedFrom: [near('rates'), near('list')],
    }),
  ])
  const entity = (of: 'Job' | 'Dataset', name: string) => ({ kind: of, ...near(name) })
  const { errors } = await ask(LINKS, {
    tenant,
    variables: {
      items: [
        { entity: entity('Dataset', 'raw'), fromSource: [near('shop')] },
        { entity: entity('Dataset', 'rates'), licensedUnder: [near('mit')] },
        { entity: entity('Job', 'sum up'), describedBy: [near('sums')] },
      ],
    },
  })
  expect(errors).toBeUndefined()
  return { report: report!.id, mit: mit!.id }
}

async function attachText(tenant: string, to: string, body = TEXT) {
  const response = await app.fetch(
    new Request(`http://localhost/attachments?to=${to}&name=mit.txt`, {
      method: 'POST',
      headers: { 'x-selvedge-tenant': tenant, 'content-type': 'text/plain' },
      body,
    }),
  )
  expect(response.status).toBe(201)
  return ((await response.json()) as { id: string }).id
}

const asked = (tenant: string, root: string, depth = 20) =>
  ({ tenant, root, direction: 'UPSTREAM', depth }) as const

async function verified(tenant: string, bytes: Uint8Array) {
  const trust = await trustRoot(database.graph(tenant).read, tenant)
  const report = await verifyBundle({ sha256, bytes, trust })
  expect(report.checks.filter(({ result }) => result === 'fail')).toEqual([])
  expect(exitCode(report)).toBe(0)
  expect(report.verdict.terms.result).toBe('pass')
  return report.terms!
}

async function exported(request: Omit<ExportRequest, 'subject'>) {
  const { bytes } = await weaveBundle(exporting, request)
  return { bytes, terms: await verified(request.tenant, bytes) }
}

const actions = (rules: readonly StatedRule[]) => rules.map(({ rule }) => rule.action).sort()
const whys = (unknowns: readonly StatedUnknown[]) => unknowns.map(({ unknown }) => unknown)
const pathsOf = (bytes: Uint8Array) => readZip(bytes).map(({ path }) => path)

describe('an export', () => {
  it('states the terms of its root, each with the way that brings it, so that they verify offline', async () => {
    const tenant = await freshTenant()
    const { report } = await shop(tenant)
    const { terms } = await exported(asked(tenant, report))
    expect(whys(terms.unknowns)).toEqual(['NO_LICENSE'])
    expect(actions(terms.prohibitions)).toEqual(['sell'])
    // The shop's duty is lifted by the job; that of MIT comes by another way.
    expect(actions(terms.duties)).toEqual(['cc:Notice'])
    expect(actions(terms.permissions)).toEqual(['odrl:use', 'use'])
    expect(terms.prohibitions[0]!.path).toHaveLength(6)
    expect(terms.transformations).toHaveLength(1)
    expect(terms.day).toBe(new Date().toISOString().slice(0, 10))
  })

  it('has the text of a licence that is attached to it, by its hash, and says which it has not', async () => {
    const tenant = await freshTenant()
    const { report, mit } = await shop(tenant)
    const path = licensePath(sha256Of(TEXT))
    const before = await exported(asked(tenant, report))
    expect(before.terms.texts).toEqual([{ sha256: sha256Of(TEXT), licenses: [mit], held: false }])
    expect(pathsOf(before.bytes)).not.toContain(path)
    await attachText(tenant, mit, 'another text')
    await attachText(tenant, mit)
    const { bytes, terms } = await exported(asked(tenant, report))
    expect(terms.texts.map(({ held }) => held)).toEqual([true])
    expect(text(readZip(bytes).find((one) => one.path === path)!.bytes)).toBe(TEXT)
  })

  it('does not take the text that only another tenant has', async () => {
    const [tenant, twin] = [await freshTenant(), await freshTenant()]
    const [{ report }, other] = [await shop(tenant), await shop(twin)]
    await attachText(twin, other.mit)
    const { terms } = await exported(asked(tenant, report))
    expect(terms.texts.map(({ held }) => held)).toEqual([false])
  })

  it('is not handed out any more once a text in it is erased', async () => {
    const tenant = await freshTenant()
    const { report, mit } = await shop(tenant)
    const attachment = await attachText(tenant, mit)
    const { id } = await exportBundle(exporting, { ...asked(tenant, report), subject: 'ada' })
    const get = () =>
      app.fetch(
        new Request(`http://localhost/exports/${id}`, { headers: { 'x-selvedge-tenant': tenant } }),
      )
    expect((await get()).status).toBe(200)
    const { errors } = await ask(
      `mutation E($id: ID!) { erase(id: $id, ground: OTHER, reason: "a test") { position } }`,
      { tenant, variables: { id: attachment } },
    )
    expect(errors).toBeUndefined()
    expect((await get()).status).toBe(410)
    const { terms } = await exported(asked(tenant, report))
    expect(terms.texts.map(({ held }) => held)).toEqual([false])
  })

  it('brings along what says terms at its edge, and says what it does not show', async () => {
    const tenant = await freshTenant()
    const { report } = await shop(tenant)
    // The source of `raw` and the shop's licence lie beyond; `raw` itself is at the edge.
    const { terms } = await exported(asked(tenant, report, 2))
    const whole = await exported(asked(tenant, report))
    expect(terms).toEqual(whole.terms)
    const near = await exported(asked(tenant, report, 1))
    expect(whys(near.terms.unknowns).sort()).toEqual(['NOT_SHOWN', 'NO_LICENSE'])
    expect(actions(near.terms.prohibitions)).toEqual([])
    expect(actions(near.terms.duties)).toEqual(['cc:Notice'])
  })

  it('of what was made from it shows nothing upstream, and says so', async () => {
    const tenant = await freshTenant()
    const { report } = await shop(tenant)
    const { terms } = await exported({ ...asked(tenant, report), direction: 'DOWNSTREAM' })
    expect(whys(terms.unknowns)).toEqual(['NOT_SHOWN', 'NOT_SHOWN', 'NOT_SHOWN'])
    expect(terms.total).toBe(3)
  })

  it('knows no term of a licence or clause that is withheld', async () => {
    const tenant = await freshTenant()
    const { report } = await shop(tenant)
    const { terms } = await exported({
      ...asked(tenant, report),
      withhold: ['Clause.action', 'License.spdx'],
    })
    const unseen = whys(terms.unknowns).filter((why) => why === 'NOT_SHOWN')
    expect(unseen).toHaveLength(4)
    expect(terms.total).toBe(5)
  })

  it('states them as of its position', async () => {
    const tenant = await freshTenant()
    const { report } = await shop(tenant)
    const { size } = await weaveBundle(exporting, asked(tenant, report))
    await recordedKind(test, 'Clause', {
      tenant,
      items: [{ ...near('no sale'), body: { action: 'distribute' } }],
    })
    const before = await exported({ ...asked(tenant, report), asOf: size })
    expect(actions(before.terms.prohibitions)).toEqual(['sell'])
    const now = await exported(asked(tenant, report))
    expect(actions(now.terms.prohibitions)).toEqual(['distribute'])
  })

  it('states them for the day on which it is made, and for none before what it rests on', async () => {
    const tenant = await freshTenant()
    const { report } = await shop(tenant)
    const on = async (now: string) => {
      const { bytes } = await weaveBundle(
        { ...exporting, now: () => Date.parse(now) },
        asked(tenant, report),
      )
      return (await verified(tenant, bytes)).day
    }
    expect(await on('2099-03-31T23:59:59Z')).toBe('2099-03-31')
    expect(await on('1999-03-31T23:59:59Z')).toBe(new Date().toISOString().slice(0, 10))
  })
})

describe('what is brought along', () => {
  it('is bounded, and the rest is not shown', async () => {
    const tenant = await freshTenant()
    const { report } = await shop(tenant)
    const { read } = database.graph(tenant)
    const question = { direction: 'UPSTREAM', depth: 2 } as const
    const slice = await readSlice(read, { tenant, root: report, ...question }, 1_000)
    const count = async (limits: Partial<typeof BESIDE_LIMITS>) =>
      (await readBeside(read, { question, slice, at: 1_000 }, { ...BESIDE_LIMITS, ...limits }))
        .length
    // A source, its licence and its three clauses.
    expect(await count({})).toBe(5)
    expect(await count({ records: 5 })).toBe(5)
    expect(await count({ records: 3 })).toBe(3)
    expect(await count({ steps: 2 })).toBe(2)
    expect(await count({ text: 10 })).toBe(0)
  })

  it('of texts is no more than a bundle takes', async () => {
    const tenant = await freshTenant()
    const { report, mit } = await shop(tenant)
    await attachText(tenant, mit)
    const { read } = database.graph(tenant)
    const { bytes } = await weaveBundle(exporting, asked(tenant, report))
    const trust = await trustRoot(read, tenant)
    const { records } = await verifyBundle({ sha256, bytes, trust })
    const shown = { root: report, records, erased: new Set<number>(), day: '2026-04-01' }
    const held = async (limits: Partial<typeof TEXT_LIMITS>) => {
      const { texts } = await readTermsPart({ ask: read, tenant, objects }, shown, {
        ...TEXT_LIMITS,
        ...limits,
      })
      return texts.length
    }
    expect(await held({})).toBe(1)
    expect(await held({ bytes: TEXT.length })).toBe(1)
    expect(await held({ bytes: TEXT.length - 1 })).toBe(0)
    expect(await held({ together: TEXT.length - 1 })).toBe(0)
    expect(await held({ texts: 0 })).toBe(0)
  })
})

it('after any history states just the terms that trying every way finds', async () => {
  let terms = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 14, maxLength: 22, size: 'max' }),
      async (steps) => {
        const tenant = await freshTenant()
        for (const happening of steps) await take(test, tenant, happening)
        for (const name of DATASETS) {
          const { data } = await ask<{ entity: { id: string } | null }>(
            `{ entity(kind: Dataset, namespace: "db", name: "${name}") { id } }`,
            { tenant },
          )
          if (!data.entity) continue
          const { bytes, stateSize } = await weaveBundle(exporting, asked(tenant, data.entity.id))
          const stated = await verified(tenant, bytes)
          const world = await worldAt(database.graph(tenant).read, stateSize!)
          const all = [
            ...[
              ...stated.unknowns,
              ...stated.prohibitions,
              ...stated.duties,
              ...stated.permissions,
            ],
          ].map(told)
          const reference = termsByHand(world, data.entity.id, stated.day)
          expect(all.sort()).toEqual(reference.terms().sort())
          terms += all.length
        }
      },
    ),
    { numRuns: 3, endOnFailure: true },
  )
  expect(terms).toBeGreaterThan(5)
}, 240_000)
