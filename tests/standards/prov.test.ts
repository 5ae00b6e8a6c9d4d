import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { edge, node, seedWorld } from '../make/world.ts'
import { dataset, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { hasPython, installPython } from '../setup/python.ts'

/** The package that the W3C's own test cases are checked with, too. */
const PROV = 'prov==3.2.3'

const test = await testApp()
const { app, ask, database, freshTenant } = test

const get = (tenant: string, notation: string, query: string, headers = {}) =>
  app.fetch(
    new Request(`http://localhost/api/v1/lineage/${notation}?${query}`, {
      headers: { 'x-selvedge-tenant': tenant, 'x-request-id': 'the-request', ...headers },
    }),
  )

type Group = Record<string, Record<string, unknown>>

async function inJson(tenant: string, query: string) {
  const response = await get(tenant, 'prov-json', query)
  const said = (await response.json()) as Record<string, Group>
  expect(response.status, JSON.stringify(said)).toBe(200)
  return said
}

/** Sends events of the public examples; gives the id of a dataset that has much upstream of it. */
async function deliver(tenant: string, fixture: string, name: string) {
  const events = readFileSync(`tests/fixtures/openlineage/${fixture}.ndjson`, 'utf8')
  const sent = await app.fetch(
    new Request('http://localhost/api/v1/lineage/batch', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
      body: `[${events.trim().split('\n').join(',')}]`,
    }),
  )
  expect(sent.status).toBe(200)
  const { data } = await ask<{ entities: { nodes: { id: string; name: string }[] } }>(
    '{ entities(kind: Dataset, first: 500) { nodes { id name } } }',
    { tenant },
  )
  return data.entities.nodes.find((one) => one.name === name)!.id
}

let tenant = ''
let root = ''
let delivered = ''
let odd = ''

beforeAll(async () => {
  tenant = await freshTenant()
  delivered = await deliver(tenant, 'food-delivery', 'public.delivery_7_days')
  const outcomes = await recorded(test, tenant, [
    dataset('raw'),
    dataset('"quoted" \\ line\nbreak \t \u0001 ü 🌾', { derivedFrom: [near('raw')] }),
    dataset('there', { derivedFrom: [near('raw')] }),
    dataset('back', { derivedFrom: [near('there')] }),
    dataset('there', { derivedFrom: [near('raw'), near('back'), near('there')] }),
    dataset('report', {
      derivedFrom: [near('there'), near('"quoted" \\ line\nbreak \t \u0001 ü 🌾')],
    }),
  ])
  root = outcomes.at(-1)!.id
  odd = outcomes[1]!.id
})

describe('the answer to a lineage question in PROV', () => {
  it('has just the entities and edges that `lineage` tells', async () => {
    const { data } = await ask<{
      lineage: { nodes: { entity: { id: string } }[]; edges: { from: string; to: string }[] }
    }>(
      `{ lineage(root: "${delivered}", depth: 20) { nodes { entity { id } } edges { from to } } }`,
      { tenant },
    )
    const { prefix, entity, wasInfluencedBy, wasDerivedFrom } = await inJson(
      tenant,
      `root=${delivered}&depth=20`,
    )
    const meant = (name: unknown) => {
      const [word, local] = String(name).split(':') as [string, string]
      return `${String(prefix![word])}${local}`
    }
    expect(data.lineage.edges.length).toBeGreaterThan(5)
    expect(Object.keys(entity!).map(meant).sort()).toEqual(
      data.lineage.nodes.map(({ entity: { id } }) => id).sort(),
    )
    const said = [...Object.values(wasInfluencedBy!), ...Object.values(wasDerivedFrom ?? {})]
    expect(
      said
        .map(({ 'prov:influencee': near, 'prov:influencer': far, ...derived }) =>
          [near ?? derived['prov:generatedEntity'], far ?? derived['prov:usedEntity']]
            .map(meant)
            .join(' '),
        )
        .sort(),
    ).toEqual(data.lineage.edges.map(({ from, to }) => `${from} ${to}`).sort())
  })

  it('shows runs where they are asked for, the newest of each job, and says where there are more', async () => {
    const without = await inJson(tenant, `root=${delivered}&depth=20`)
    expect(without.activity).toBeUndefined()
    const { activity, used, wasGeneratedBy, wasAssociatedWith, specializationOf, entity } =
      await inJson(tenant, `root=${delivered}&depth=20&runs=1`)
    const jobs = Object.keys(entity!).filter((name) => name.startsWith('job:'))
    const plans = Object.values(wasAssociatedWith!).map((said) => String(said['prov:plan']))
    expect(plans.sort()).toEqual(jobs.sort())
    expect(Object.keys(activity!)).toHaveLength(jobs.length)
    expect(Object.keys(used!).length).toBeGreaterThan(0)
    expect(Object.keys(wasGeneratedBy!)).toHaveLength(Object.keys(specializationOf!).length)
    for (const said of Object.values(activity!)) expect(said).toHaveProperty('prov:endTime')
  })

  it('is of the moment that is asked for, and says of which', async () => {
    const { data } = await ask<{ log: { size: number } }>('{ log { size } }', { tenant })
    const asOf = `0:${data.log.size}`
    const asked = `root=${root}&asOf=${asOf}`
    const before = await (await get(tenant, 'prov-json', asked)).text()
    await recorded(test, tenant, [dataset('report', { derivedFrom: [] })])
    const now = await get(tenant, 'prov-json', `root=${root}`)
    expect(Object.keys(((await now.json()) as Record<string, Group>).entity!)).toHaveLength(1)
    const after = await get(tenant, 'prov-json', asked)
    expect(after.headers.get('x-selvedge-position')).toBe(asOf)
    expect(await after.text()).toBe(before)
    await recorded(test, tenant, [
      dataset('report', {
        derivedFrom: [near('there'), near('"quoted" \\ line\nbreak \t \u0001 ü 🌾')],
      }),
    ])
  })

  it.each([
    ['prov-json', 'application/json'],
    ['prov-n', 'text/provenance-notation; charset="UTF-8"'],
  ])('has its own content type as %s, and is not kept', async (notation, type) => {
    const response = await get(tenant, notation, `root=${root}`)
    expect(response.headers.get('content-type')).toBe(type)
    expect(response.headers.get('cache-control')).toBe('no-store')
    await response.body?.cancel()
  })
})

describe('what is refused', () => {
  const missing = `urn:selvedge:dataset:h:${'A'.repeat(43)}`

  it.each([
    ['no root', '', 400, 'QUERY_INVALID'],
    ['a root that is no id', 'root=raw', 400, 'ENTITY_ID_INVALID'],
    ['a root that is not there', `root=${missing}`, 404, 'LINEAGE_ROOT_UNKNOWN'],
    ['a parameter that is none', `root=${missing}&limit=1`, 400, 'QUERY_INVALID'],
    ['a parameter given twice', `root=${missing}&root=${missing}`, 400, 'QUERY_INVALID'],
    ['a direction that is none', `root=${missing}&direction=UP`, 400, 'QUERY_INVALID'],
    ['a depth that is no number', `root=${missing}&depth=-1`, 400, 'QUERY_INVALID'],
    ['a depth beyond the most', `root=${missing}&depth=21`, 400, 'LINEAGE_DEPTH_OUT_OF_RANGE'],
    ['too many runs', `root=${missing}&runs=101`, 400, 'PROVENANCE_RUNS_OUT_OF_RANGE'],
    ['a moment without an offset', `root=${missing}&asOf=2026-03-31`, 400, 'QUERY_INVALID'],
    ['a moment before the log', `root=${missing}&asOf=0:1`, 404, 'AS_OF_BEFORE_LOG'],
  ])('%s', async (_what, query, status, code) => {
    const response = await get(tenant, 'prov-n', query)
    expect(await response.json()).toMatchObject({ code, status, requestId: 'the-request' })
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  })

  it('tells another tenant nothing: what is not theirs is as unknown as what is not there', async () => {
    const other = await freshTenant()
    const [theirs, none] = [
      await get(other, 'prov-n', `root=${root}`),
      await get(other, 'prov-n', `root=${missing}`),
    ]
    const [first, second] = [await theirs.text(), await none.text()]
    expect(first.replaceAll(root, missing)).toBe(second)
    expect(JSON.parse(second)).toMatchObject({ code: 'LINEAGE_ROOT_UNKNOWN' })
  })

  it('an answer of more than 10,000 entities; one of just so many is told whole', async () => {
    const wide = `wide-${crypto.randomUUID()}`
    const all = Array.from({ length: 10_001 }, (_, i) => ({
      ...node(i, i),
      id: `urn:selvedge:dataset:h:${String(i).padStart(42, 'A')}A`,
    }))
    const [first, ...others] = all as [(typeof all)[0], ...typeof all]
    const last = others.at(-1)!
    const edges = others.map((far) => (far === last ? edge(far, first) : edge(first, far)))
    await seedWorld(database, wide, { size: all.length, nodes: all, edges })
    const { entity } = await inJson(wide, `root=${first.id}`)
    expect(Object.keys(entity!)).toHaveLength(10_000)
    const both = await get(wide, 'prov-json', `root=${first.id}&direction=BOTH`)
    expect(await both.json()).toMatchObject({ code: 'PROVENANCE_TOO_LARGE', entities: 10_001 })
  })
})

describe.skipIf(!hasPython("no others' software reads PROV"))('the package prov for Python', () => {
  interface Look {
    same: boolean
    again: boolean
    lost: string[]
    counts: Record<string, number>
  }
  let looks: Look[]

  beforeAll(async () => {
    const questions = [
      `root=${delivered}&depth=20&runs=100`,
      `root=${root}&depth=20`,
      `root=${odd}&direction=BOTH&depth=20`,
    ]
    const documents = await Promise.all(
      questions.map(async (query) => ({
        json: await (await get(tenant, 'prov-json', query)).text(),
        n: await (await get(tenant, 'prov-n', query)).text(),
      })),
    )
    const python = await installPython(PROV)
    const script = fileURLToPath(new URL('check_prov.py', import.meta.url))
    const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] })
    child.stdin.end(JSON.stringify(documents))
    const [told, wrong] = await Promise.all([text(child.stdout), text(child.stderr)])
    expect(wrong).toBe('')
    looks = JSON.parse(told) as Look[]
  }, 180_000)

  it('reads the same from both notations, and finds it valid', () => {
    expect(looks.map(({ same }) => same)).toEqual([true, true, true])
    expect(looks[0]!.counts).toMatchObject({ Association: looks[0]!.counts.Activity })
    expect(looks[1]!.counts).toMatchObject({ Derivation: 4, Influence: 3, Entity: 5 })
  })

  it('writes it again without loss', () => {
    expect(looks.map(({ again, lost }) => ({ again, lost }))).toEqual(
      looks.map(() => ({ again: true, lost: [] })),
    )
  })
})
