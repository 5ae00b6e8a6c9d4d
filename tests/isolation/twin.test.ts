import { readFileSync } from 'node:fs'
import neo4j from 'neo4j-driver'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { type Query, queries, query } from '../../lineage/graph.ts'
import { queriesFor } from '../../lineage/search-query.ts'
import { usageKey } from '../../proofs/usage-tree.ts'
import { give, tryToRead } from '../grants/support.ts'
import { usage, metering as usageOf } from '../metering/support.ts'
import { dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { testNeo4j } from '../setup/database.ts'

/**
 * A tenant and its adversarial twin: a copy of the whole subgraph under another tenant, with the very
 * same ids, naming key and idempotency keys, which then writes whatever it can. Nothing of it may
 * show in what the first tenant is told, or in what is stored for it.
 */
const { app, ask, freshTenant, database, ledger } = await testApp('in the background')
const { home: _, ...connection } = testNeo4j()
const driver = neo4j.driver(
  connection.uri,
  neo4j.auth.basic(connection.username, connection.password),
  {
    disableLosslessIntegers: true,
  },
)
afterAll(() => driver.close())

const events = readFileSync('tests/fixtures/openlineage/food-delivery.ndjson', 'utf8')
  .trim()
  .split('\n')

const send = (tenant: string, key: string) =>
  app.fetch(
    new Request('http://localhost/api/v1/lineage/batch', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-selvedge-tenant': tenant,
        'idempotency-key': key,
      },
      body: `[${events.join(',')}]`,
    }),
  )

const ROOT = { namespace: 'food_delivery', name: 'public.delivery_7_days' }

const RECORD = /* GraphQL */ `
  mutation {
    record(items: [{ dataset: { namespace: "db", name: "own", description: "mine", derivedFrom: [{ namespace: "db", name: "raw" }] } }]) {
      results { id seq version changed }
      position
    }
  }`

const SAVE =
  'mutation { savedQuerySave(input: {name: "mine", document: "{ log { size } }"}) { position } }'

/** Everything that can be asked, in the words of one tenant. */
const questions = (
  tenant: string,
  root: string,
  edge: { from: string; to: string },
  cursor: string,
  exported: string,
  received: string,
  attached: string,
) =>
  [
    [
      'tenants, from this one on',
      `{ tenants(first: 1, after: "${tenant.slice(0, -1)}") { name } }`,
    ],
    [
      'entity by id',
      `{ entity(id: "${root}") { id kind namespace name version seq retired facets { group name value } } }`,
    ],
    [
      'entity by name',
      `{ entity(kind: Dataset, namespace: "${ROOT.namespace}", name: "${ROOT.name}") { id version seq } }`,
    ],
    [
      'entities',
      `{ entities(first: 500) { nodes { id kind name seq recordedAt } pageInfo { hasNextPage endCursor } } }`,
    ],
    ['entities of a kind', `{ entities(kind: Job, first: 3) { edges { cursor node { id } } } }`],
    [
      'node and nodes',
      `{ node(id: "${root}") { id } nodes(ids: ["${root}", "${edge.from}"]) { id } }`,
    ],
    ...['UPSTREAM', 'DOWNSTREAM', 'BOTH'].map((direction) => [
      `lineage ${direction}`,
      `{ lineage(root: "${root}", direction: ${direction}, depth: 20) { nodes { distance entity { id name } } edges { relation from to since } truncated beyond position } }`,
    ]),
    [
      'the ways between two',
      `{ path(from: "${root}", to: "${edge.from}") { total distance paths { entities { id name } hops { relation from to since record { seq at } } } } }`,
    ],
    [
      'what is around it',
      `{ neighbourhood(id: "${edge.from}", shown: ["${root}"]) { root { entity { name } } neighbours { entity { id name } upstream { count } downstream { count } } edges { relation from to since } truncated } }`,
    ],
    [
      'on what terms it may be used',
      `{ terms(id: "${root}", at: "2026-03-31T00:00:00Z") { total nodes { unknown path { entities { id name } hops { relation since } } } transformations { id } } mayUse(id: "${root}", action: "use", purpose: "dpv:Marketing", at: "2026-03-31T00:00:00Z") { answer total reasons { code path { entities { id name } } } evidence } }`,
    ],
    [
      'what a change would do',
      `{ impact(id: "${edge.to}", change: ERASE, at: "2026-03-31T00:00:00Z") { nodes { entity { id name } distance effect owners { id } } counts { total byOwner { count } byGrant { to count } } } }`,
    ],
    [
      'where columns come from',
      `{ up: columnLineage(dataset: "${root}", column: "order_id") { nodes { column dataset { id name } } edges { from { column } to { dataset column } statements { job { name } } } total } down: columnLineage(dataset: "${root}", column: "order_id", direction: DOWNSTREAM) { nodes { column dataset { id name } } total } }`,
    ],
    [
      'a page by cursor',
      `{ lineage(root: "${root}", direction: UPSTREAM, depth: 20, first: 2, after: "${cursor}") { nodes { entity { id } } beyond } }`,
    ],
    [
      'what was there before',
      `{ entities(first: 500, asOf: { position: "0:20" }) { nodes { id name version retired } } lineage(root: "${root}", direction: BOTH, depth: 20, asOf: { position: "0:60" }) { total nodes { entity { id name } } } }`,
    ],
    [
      'what changed',
      `{ diff(from: { position: "0:10" }, to: { position: "0:60" }) { nodes { id change after { name } edges { relation to } } } entity(id: "${root}") { history { nodes { version actor changes { name after } linked { to } } } } }`,
    ],
    [
      'a search',
      `{ search(text: "delivery") { total more nodes { id name } facets { kinds { value count } owners { value count } licences { count } risks { value count } } } }`,
    ],
    ['runs of a job', `{ runs(of: { job: "${edge.from}" }, first: 5) { nodes { id } } }`],
    [
      'what is erased',
      '{ entity(kind: Dataset, namespace: "db", name: "raw") { id name erased { seq at ground erasure } } entities(kind: Erasure) { nodes { ... on Erasure { ground reason status entity by records } } } }',
    ],
    ['webhooks', '{ webhooks { nodes { id url state delivery { next behind deadLetters } } } }'],
    [
      'saved queries',
      '{ savedQuery(name: "mine") { id document } savedQueries { nodes { id name version document } } }',
    ],
    ['grants', '{ grants { nodes { id side from to root active reference { seq leaf } } } }'],
    [
      'what is granted',
      `{ granted(grant: "${received}") { from entity(id: "${root}") { id } lineage { nodes { entity { id name } } hidden } } }`,
    ],
    ['the log', `{ log { origin size inclusion(seq: 5) { leaf header } } }`],
    [
      'what a state has',
      `{ log { stateProof(id: "${root}") { stateSize entity { header leaf design run } shape hashes } } }`,
    ],
    [
      'the attachment',
      `{ entity(id: "${attached}") { name ... on Attachment { url sha256 bytes mediaType documents { id } } } }`,
    ],
    [
      'usage',
      '{ usageWindows { nodes { id meter subject state count record { id body { total root } } events { nodes { key event salt } } } } usageProof(source: "/shop", id: "1") { record document } }',
    ],
    ['the export', `{ entity(id: "${exported}") { ... on Export { sha256 bytes asOf records } } }`],
  ] as [string, string][]

/** The whole stored subgraph of a tenant, in an order that does not depend on when it was written. */
async function stored(tenant: string) {
  const session = driver.session({ defaultAccessMode: neo4j.session.READ })
  try {
    const nodes = await session.run(
      'MATCH (n {tenant: $tenant}) RETURN labels(n) AS labels, properties(n) AS properties',
      { tenant },
    )
    const edges = await session.run(
      `MATCH (a {tenant: $tenant})-[r]-(b) RETURN DISTINCT type(r) AS type, properties(r) AS properties,
        a.tenant AS near, b.tenant AS far, startNode(r).id AS from, endNode(r).id AS to`,
      { tenant },
    )
    const texts = [...nodes.records, ...edges.records].map((record) => sorted(record.toObject()))
    return texts.sort()
  } finally {
    await session.close()
  }
}

/** What moves without anything being written: the lock and the checkpoint that is signed in due course. */
const RESTLESS = new Set(['lock', 'applied', 'checkpoint', 'signed'])

const sorted = (value: unknown): string =>
  JSON.stringify(value, (name, part) => {
    if (RESTLESS.has(name)) return undefined
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })

/** Copies a tenant's subgraph under another name: the same ids, keys and hashes, other names and more edges. */
async function makeTwin(of: string, twin: string) {
  const session = driver.session()
  try {
    await session.run(
      `MATCH (n {tenant: $of}) CALL (n) {
         CREATE (m:$(labels(n)))
         SET m = n {.*, tenant: $twin, name: CASE WHEN n.name IS NULL THEN null ELSE 'TWIN ' + n.name END}
       } IN TRANSACTIONS OF 500 ROWS`,
      { of, twin },
    )
    await session.run(
      `MATCH (a:Entity {tenant: $of})-[r]->(b:Entity {tenant: $of})
       MATCH (c:Entity {tenant: $twin, id: a.id}) MATCH (d:Entity {tenant: $twin, id: b.id})
       CREATE (c)-[s:$(type(r))]->(d) SET s = properties(r), s.tenant = $twin`,
      { of, twin },
    )
    await session.run(
      `MATCH (a:Dataset {tenant: $twin}) MATCH (b:Job {tenant: $twin})
       MERGE (a)-[s:WAS_GENERATED_BY]->(b) SET s.tenant = $twin, s.since = 1, s.until = $open`,
      { twin, open: Number.MAX_SAFE_INTEGER },
    )
    // A log of its own name, which it could be given; the origin of another is the service's to give.
    await session.run(
      'MATCH (l:Log {tenant: $twin}) SET l.origin = l.origin + "-b", l.signed = null, l.checkpoint = null',
      { twin },
    )
    await session.run("MERGE (e:TenantEntry {tenant: '-', name: $twin})", { twin })
  } finally {
    await session.close()
  }
}

interface World {
  tenant: string
  root: string
  edge: { from: string; to: string }
  /** Something that was erased, by what, and the pseudonym of who asked. */
  erased: { id: string; erasure: string; seqs: number[]; actor: string }
  /** A grant that it has given, and the leaf of its record. */
  grant: { id: string; leaf: string }
  /** A window of usage that is sealed, and the key of the event in it. */
  used: { window: string; key: string }
}

/** Values for the parameters of every registered text, all of them the first tenant's own. */
function paramsFor({ text }: Query<unknown>, world: World) {
  const { root, edge, erased, grant, used } = world
  const isOfUsage = /:Usage(Event|Window)\b/.test(text)
  const values: Record<string, unknown> = {
    ids: [root, edge.from, edge.to],
    id: isOfUsage ? used.window : text.includes('record.erasure') ? erased.id : root,
    window: used.window,
    version: 1,
    wanted: [{ series: used.window.slice(11), day: '2026-01-01' }],
    states: ['open', 'closing', 'sealed'],
    erasure: erased.erasure,
    actor: erased.actor,
    root,
    job: edge.from,
    from: isOfUsage ? '' : 0,
    to: 100,
    seqs: [1, 2, 3, 4, 5, ...erased.seqs],
    seq: 5,
    above: -1,
    n: null,
    position: 60,
    first: 50,
    kinds: null,
    after: '',
    before: '~',
    ms: 0,
    afterDistance: null,
    afterId: null,
    size: 100,
    shown: [edge.from, edge.to],
    lower: root,
    pairs: [
      [edge.from, edge.to],
      [edge.to, edge.from],
    ],
    upper: edge.from,
    most: 100,
    rel: 'RUN_USED',
    asked: [
      { from: edge.from, to: edge.from },
      { from: edge.from, to: edge.to },
      { from: edge.to, to: edge.from },
    ].map((ends) => ({ ...ends, before: 1_000_000 })),
    except: [],
    subjects: ['local', 'test'],
    places: [{ level: 0, index: 0, tree: '', prefix: '' }],
    trees: ['', `${edge.to}/design`],
    time: '2100-01-01T00:00:00.000Z',
    grant: grant.id,
    grantLeaf: grant.leaf,
    grantKinds: ['Dataset', 'Job'],
    grantUntil: '2100-01-01T00:00:00.000Z',
    grantFollows: true,
    tree: '',
    prefix: '',
    start: 'urn:selvedge:',
    state: 1_000_000,
    rels: ['USED', 'WAS_GENERATED_BY'],
    stopping: ['LICENSED_UNDER', 'DESCRIBED_BY', 'ASSESSED_BY'],
    types: ['USED', 'WAS_GENERATED_BY'],
    ends: { [root]: 0, [edge.to]: 1 },
    among: 100,
    goesOn: true,
    retired: [{ id: edge.from, seq: 60 }],
    level: 0,
    index: 0,
    member: '"logPublic":true',
    query: queriesFor(world.tenant, { text: 'delivery', words: ['delivery'], kinds: [] })[0],
    whole: 'delivery',
    words: ['delivery'],
    rank: -1,
    owner: edge.from,
    noLicence: false,
    noAssessment: false,
    expiredBy: null,
    values: 50,
    keys: isOfUsage
      ? [used.key]
      : ['events#0', 'own/record'].map((key) => ({ principal: 'local', key })),
  }
  const wanted = [...new Set([...text.matchAll(/\$(\w+)/g)].map(([, name]) => name!))]
  const unknown = wanted.filter(
    (name) => !(name in values) && !['tenant', 'service', 'applied', 'appliedEpoch'].includes(name),
  )
  if (unknown.length > 0) throw new Error(`say here what «${unknown}» is: ${text}`)
  return Object.fromEntries(wanted.map((name) => [name, values[name]]))
}

const WRITES = /\b(CREATE|MERGE|SET|DELETE)\b/

/** Of texts that differ in nothing but how many hops they go, these stand for all. */
const HOPS = [0, 1, 2, 20]
const standsForItself = ({ name }: Query<unknown>) => {
  const [, hops] = / within (\d+) hops$/.exec(name) ?? []
  return hops === undefined || HOPS.includes(Number(hops))
}

const readTexts = () =>
  queries().filter(
    (text) => text.scope === 'tenant' && !WRITES.test(text.text) && standsForItself(text),
  )

describe('a twin with the same ids', () => {
  let tenant: string
  let twin: string
  let world: World
  let asked: [string, string][]
  let before: {
    answers: string[]
    texts: string[]
    stored: string[]
    file: string
    attachment: string
    replay: string
  }

  const answersOf = async (of: string) => {
    const answers: string[] = []
    for (const [what, query] of asked) {
      answers.push(`${what}: ${JSON.stringify(await ask(query, { tenant: of }))}`)
    }
    return answers
  }

  const textsOf = async (of: string) => {
    const { read } = database.graph(of)
    const results: string[] = []
    for (const text of readTexts()) {
      const rows = await read(text, paramsFor(text, world))
      results.push(`${text.name}: ${rows.map(sorted).sort().join('\n')}`)
    }
    return results
  }

  const fileOf = async (of: string, id: string, route = 'exports') => {
    const response = await app.fetch(
      new Request(`http://localhost/${route}/${id}`, { headers: { 'x-selvedge-tenant': of } }),
    )
    return `${response.status} ${Buffer.from(await response.arrayBuffer()).toString('base64')}`
  }

  const attachTo = async (of: string, to: string) => {
    const response = await app.fetch(
      new Request(`http://localhost/attachments?name=a.txt&to=${to}`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain', 'x-selvedge-tenant': of },
        body: 'a note',
      }),
    )
    return ((await response.json()) as { id: string }).id
  }

  const eraseSomething = async () => {
    const { data } = await ask<{ entity: { id: string; seq: number } }>(
      '{ entity(kind: Dataset, namespace: "db", name: "raw") { id seq } }',
      { tenant },
    )
    const { id, seq } = data.entity
    const { data: done } = await ask<{ erase: { erasure: { id: string; seq: number } } }>(
      `mutation { erase(id: "${id}", ground: OTHER, reason: "a test") { erasure { id seq } } }`,
      { tenant },
    )
    const { erasure } = done.erase
    const [row] = await database.graph(tenant).read(
      query<{ actor: string }>(`
      // the actor of a test
      MATCH (a:Actor {tenant: $tenant, subject: 'local'}) RETURN a.actor AS actor`),
    )
    return { id, erasure: erasure.id, seqs: [seq, erasure.seq - 1], actor: row!.actor }
  }

  const useSomething = async () => {
    const { window } = await usageOf({ app, ask }).send(tenant, usage('1'))
    await usageOf({ app, ask }).seal(tenant, window!)
    return { window: window!, key: usageKey(sha256, '/shop', '1') }
  }

  /** One grant given to a neighbour, of all that there is, and one received from it. */
  const exchangeGrants = async (root: string) => {
    const neighbour = await freshTenant()
    const terms = { direction: 'BOTH', depth: 20, fields: ['*'] }
    const given = await give({ ask }, tenant, { to: neighbour, root, ...terms })
    const [theirs] = await recorded({ ask }, neighbour, [dataset('theirs')])
    const received = await give({ ask }, neighbour, { to: tenant, root: theirs!.id, ...terms })
    const [row] = await database.graph(tenant).read(
      query<{ leaf: string }>(`
      // the leaf of a test
      MATCH (e:Entity {tenant: $tenant, id: $id}) RETURN e.leaf AS leaf`),
      { id: given.id },
    )
    return { given: { id: given.id, leaf: row!.leaf }, received: received.id }
  }

  beforeAll(async () => {
    tenant = await freshTenant()
    twin = `${tenant}-b`
    expect((await send(tenant, 'events')).status).toBe(200)
    await ask(RECORD, { tenant, headers: { 'idempotency-key': 'own' } })
    await ask(SAVE, { tenant, headers: { 'idempotency-key': 'saved' } })
    const found = await ask<{ entity: { id: string } }>(
      `{ entity(kind: Dataset, namespace: "${ROOT.namespace}", name: "${ROOT.name}") { id } }`,
      { tenant },
    )
    const root = found.data.entity.id
    const page = await ask<{
      lineage: { edges: { from: string; to: string }[]; pageInfo: { endCursor: string } }
    }>(
      `{ lineage(root: "${root}", direction: UPSTREAM, depth: 20, first: 2) { edges { from to } pageInfo { endCursor } } }`,
      { tenant },
    )
    const [edge] = page.data.lineage.edges
    // The first edge leads from the dataset to the job that wrote it.
    const { given: grant, received } = await exchangeGrants(root)
    world = {
      tenant,
      root,
      edge: { from: edge!.to, to: edge!.from },
      erased: await eraseSomething(),
      grant,
      used: await useSomething(),
    }
    const made = await ask<{ exportBundle: { export: { id: string } } }>(
      `mutation { exportBundle(root: "${root}", depth: 20) { export { id } } }`,
      { tenant, headers: { 'idempotency-key': 'export' } },
    )
    const exported = made.data.exportBundle.export.id
    const sent = await attachTo(tenant, root)
    // From here on nothing is signed for the first tenant any more: all that it has is covered.
    const { data } = await ask<{ log: { size: number } }>('{ log { size } }', { tenant })
    await ledger.checkpointOf(tenant, data.log.size)
    asked = questions(
      tenant,
      root,
      world.edge,
      page.data.lineage.pageInfo.endCursor,
      exported,
      received,
      sent,
    )
    before = {
      answers: await answersOf(tenant),
      texts: await textsOf(tenant),
      stored: await stored(tenant),
      file: await fileOf(tenant, exported),
      attachment: await fileOf(tenant, sent, 'attachments'),
      replay: JSON.stringify(await ask(RECORD, { tenant, headers: { 'idempotency-key': 'own' } })),
    }
    await makeTwin(tenant, twin)
    const hostile = [
      RECORD.replace('mine', 'TWIN'),
      'mutation { eraseActor(subject: "local", ground: OTHER, reason: "TWIN") { position } }',
      `mutation { retire(id: "${root}") { results { id } } }`,
      SAVE.replace('size', 'origin'),
      `mutation { record(items: [{ job: { namespace: "food_delivery", name: "etl_orders", uses: [{ id: "${root}" }] } }]) { position } }`,
    ]
    for (const [i, mutation] of hostile.entries()) {
      const answer = await ask(mutation, {
        tenant: twin,
        headers: { 'idempotency-key': `twin-${i}` },
      })
      expect(answer.errors).toBeUndefined()
    }
    await send(twin, 'twin-events')
    const twinUsage = usageOf({ app, ask })
    await twinUsage.sendBatch(twin, [usage('1'), usage('TWIN')])
    for (const { id } of await twinUsage.windows(twin)) await twinUsage.seal(twin, id)
  })

  it('asks something of every kind that answers', () => {
    for (const answer of before.answers) expect(answer).not.toContain('"errors"')
    expect(before.texts.length).toBeGreaterThan(60)
    expect(before.texts.filter((text) => !text.endsWith(': ')).length).toBeGreaterThan(60)
  })

  it('is a working tenant of its own', async () => {
    const answer = await ask<{ entity: { name: string } }>(asked[1]![1], { tenant: twin })
    expect(answer.data.entity.name).toContain('TWIN')
    expect(await stored(twin)).not.toEqual(before.stored)
  })

  it('changes no answer of the API', async () =>
    expect(await answersOf(tenant)).toEqual(before.answers))

  it('changes no row of any registered text', async () =>
    expect(await textsOf(tenant)).toEqual(before.texts))

  it('changes nothing that is stored', async () =>
    expect(await stored(tenant)).toEqual(before.stored))

  it('changes no export, and gets none', async () => {
    const exported = asked.at(-1)![1].match(/urn:[^"]+/)![0]
    expect(await fileOf(tenant, exported)).toBe(before.file)
    expect(before.file).toMatch(/^200 /)
  })

  it('changes no attachment, and gets none, though its log names the same hash', async () => {
    const attached = asked.find(([what]) => what === 'the attachment')![1].match(/urn:[^"]+/)![0]
    expect(await fileOf(tenant, attached, 'attachments')).toBe(before.attachment)
    expect(before.attachment).toMatch(/^200 /)
    expect(await fileOf(twin, attached, 'attachments')).toMatch(/^410 /)
  })

  it('changes no answer to a repeated mutation', async () => {
    const again = await ask(RECORD, { tenant, headers: { 'idempotency-key': 'own' } })
    expect(JSON.stringify(again)).toBe(before.replay)
  })

  it('cannot use a cursor that was not given to it', async () => {
    const [, query] = asked.find(([what]) => what === 'a page by cursor')!
    const answer = await ask(query, { tenant: twin })
    expect(answer.errors?.[0]?.extensions.code).toBe('LINEAGE_CURSOR_INVALID')
  })

  it('cannot read what was granted to the other', async () => {
    const received = asked.find(([what]) => what === 'what is granted')![1].match(/urn:[^"]+/)![0]
    const copied = await ask<{ entity: { from: string } }>(
      `{ entity(id: "${received}") { ... on Grant { from } } }`,
      { tenant: twin },
    )
    expect(copied.data.entity.from).toEqual(expect.any(String))
    const answer = await tryToRead({ ask }, twin, received)
    expect(answer.errors?.[0]?.extensions.code).toBe('GRANT_UNKNOWN')
  })

  it('leaves no edge between the two', async () => {
    const all = [...(await stored(tenant)), ...(await stored(twin))]
    const across = all.filter((text) => {
      const { near, far } = JSON.parse(text) as { near?: string; far?: string }
      return near !== far
    })
    expect(across).toEqual([])
  })
})
