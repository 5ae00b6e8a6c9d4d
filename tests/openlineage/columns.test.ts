import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { COLUMNS, columnsOf, idOf, toldColumns } from './columns.ts'
import { fixture, head, runId } from './events.ts'
import { expectSparkColumns } from './spark-columns.ts'
import { send, sendTogether } from './world.ts'

const test = await testApp()
const { ask, freshTenant, ledger, faults, reads } = test

const input = (name: string, field: string, more = {}) => ({
  namespace: 'db',
  name,
  field,
  ...more,
})
const fields = (said: Record<string, object[]>) =>
  Object.fromEntries(Object.entries(said).map(([of, inputFields]) => [of, { inputFields }]))
const table = (name: string, columnLineage?: object) => ({
  ...{ namespace: 'db', name },
  ...(columnLineage && { facets: { columnLineage } }),
})
let seconds = 0
const event = (more: object) => {
  seconds += 1
  return { ...head(`2026-01-01T00:00:${String(seconds).padStart(2, '0')}Z`), ...more }
}
const run = (job: string, outputs: object[], inputs: object[] = []) =>
  event({ run: { runId: runId(1) }, job: { namespace: 'jobs', name: job }, inputs, outputs })

async function sent(...events: object[]) {
  const tenant = await freshTenant()
  for (const one of events) await send(ledger, tenant, one)
  const id = (name: string) => idOf(test, tenant, ['db', name])
  return { tenant, id }
}

it('gives the columns of real Spark events as a person reads them', async () => {
  const tenant = await freshTenant()
  await sendTogether(ledger, tenant, fixture('column-lineage'))
  await expectSparkColumns(test, tenant)
})

it('tells what columns depend on apart from what all of a dataset depends on', async () => {
  const { tenant, id } = await sent(
    event({
      dataset: {
        ...table('out', {
          fields: fields({ a: [input('raw', 'x')] }),
          dataset: [input('raw', 'when')],
        }),
      },
    }),
    event({ dataset: table('end', { fields: fields({ q: [input('out', 'b')] }) }) }),
  )
  const up = await columnsOf(test, tenant, { dataset: await id('out'), column: 'a' })
  expect(toldColumns(up)).toEqual({
    nodes: ['0 out.a', '1 raw.when', '1 raw.x'],
    edges: ['out.* -> raw.when', 'out.a -> raw.x'],
  })
  expect(up.edges.map(({ scope }) => scope).sort()).toEqual(['COLUMN', 'DATASET'])
  const down = await columnsOf(test, tenant, {
    ...{ dataset: await id('raw'), column: 'when', direction: 'DOWNSTREAM' },
  })
  expect(toldColumns(down)).toEqual({
    nodes: ['0 raw.when', '1 out.a', '1 out.b', '2 end.q'],
    edges: ['end.q -> out.b', 'out.* -> raw.when'],
  })
})

it('keeps what each job says of a dataset that several write, until the job no longer does', async () => {
  const { tenant, id } = await sent(
    run('load', [table('all', { fields: fields({ a: [input('one', 'x')] }) })]),
    run('mend', [table('all', { fields: fields({ b: [input('two', 'y')] }) })]),
  )
  const down = async (name: string, column: string) => {
    const asked = { dataset: await id(name), column, direction: 'DOWNSTREAM' }
    const { edges } = await columnsOf(test, tenant, asked)
    return edges.map(({ statements }) => statements.map(({ job }) => job?.name))
  }
  expect([await down('one', 'x'), await down('two', 'y')]).toEqual([[['load']], [['mend']]])
  const { data } = await ask<{ entity: { facets: { value: object }[]; history: object } }>(
    `{ entity(id: "${await id('all')}") { facets { name value } history { nodes { changes { name } } } } }`,
    { tenant },
  )
  expect(data.entity.facets).toEqual([
    { name: 'columnLineage', value: { fields: fields({ b: [input('two', 'y')] }) } },
  ])
  expect(JSON.stringify(data.entity.history)).not.toContain('facet:columnLineage')
  await send(ledger, tenant, event({ job: { namespace: 'jobs', name: 'load' }, outputs: [] }))
  expect([await down('one', 'x'), await down('two', 'y')]).toEqual([[], [['mend']]])
})

it('ends a dependency with the edge that somebody takes back', async () => {
  const { tenant, id } = await sent(
    event({ dataset: table('out', { fields: fields({ a: [input('raw', 'x')] }) }) }),
  )
  const both = async () => {
    const asked = { dataset: await id('raw'), column: 'x', direction: 'BOTH' }
    return (await columnsOf(test, tenant, asked)).total
  }
  expect(await both()).toBe(2)
  await ask(
    'mutation { record(items: [{ dataset: { namespace: "db", name: "out", derivedFrom: [] } }]) { position } }',
    { tenant },
  )
  expect(await both()).toBe(1)
})

it('tells the older words of the facet as a direct transformation', async () => {
  const lineage = {
    fields: {
      a: {
        inputFields: [input('raw', 'x')],
        ...{ transformationType: 'MASKED', transformationDescription: 'a hash' },
      },
    },
  }
  const { tenant, id } = await sent(event({ dataset: table('out', lineage) }))
  const { edges } = await columnsOf(test, tenant, { dataset: await id('out'), column: 'a' })
  expect(edges[0]!.statements).toEqual([
    {
      job: null,
      transformations: [
        { type: 'DIRECT', subtype: 'MASKED', description: 'a hash', masking: true },
      ],
    },
  ])
})

it('gives all of a wide answer page by page, each column and edge once, at one position', async () => {
  const many = Array.from({ length: 25 }, (_, i) => input(`t${i % 5}`, `c${i}`))
  const { tenant, id } = await sent(
    event({ dataset: table('out', { fields: fields({ a: many }) }) }),
  )
  const asked = { dataset: await id('out'), column: 'a', first: 7 }
  const whole = await columnsOf(test, tenant, { ...asked, first: 1_000 })
  const pages = [await columnsOf(test, tenant, asked)]
  await send(ledger, tenant, event({ dataset: table('out', { _deleted: true }) }))
  while (pages.at(-1)!.pageInfo.hasNextPage) {
    const after = pages.at(-1)!.pageInfo.endCursor
    pages.push(await columnsOf(test, tenant, { ...asked, after }))
  }
  expect(pages.map(({ nodes, truncated }) => [nodes.length, truncated])).toEqual([
    [7, true],
    [7, true],
    [7, true],
    [5, false],
  ])
  expect(pages.flatMap(({ nodes }) => nodes)).toEqual(whole.nodes)
  expect(pages.flatMap(({ edges }) => edges)).toEqual(whole.edges)
  expect([whole.total, whole.edges.length]).toEqual([26, 25])
  expect(new Set(pages.map(({ position }) => position)).size).toBe(1)
})

it('reads hop by hop, however many columns a hop has', async () => {
  const wide = Array.from({ length: 18 }, (_, i) => `w${i}`)
  const { tenant, id } = await sent(
    ...wide.map((name) =>
      event({ dataset: table(name, { fields: fields({ a: [input('raw', 'x')] }) }) }),
    ),
    event({
      dataset: table('end', { fields: fields({ z: wide.map((name) => input(name, 'a')) }) }),
    }),
  )
  const dataset = await id('end')
  reads()
  const { total } = await columnsOf(test, tenant, { dataset, column: 'z' })
  expect(total).toBe(20)
  expect(reads().filter((name) => name === 'bodies of records')).toHaveLength(3)
})

it('knows a column that nobody has named, and where it comes from: from nowhere', async () => {
  const { tenant, id } = await sent(event({ dataset: table('out') }))
  const dataset = await id('out')
  const { nodes, edges } = await columnsOf(test, tenant, { dataset, column: 'no such', depth: 0 })
  expect([nodes.length, edges.length]).toEqual([1, 0])
})

it.each<[string, Record<string, unknown>, code: string]>([
  ['a depth below 0', { depth: -1 }, 'LINEAGE_DEPTH_OUT_OF_RANGE'],
  ['a depth above 20', { depth: 21 }, 'LINEAGE_DEPTH_OUT_OF_RANGE'],
  ['an empty page', { first: 0 }, 'LINEAGE_PAGE_OUT_OF_RANGE'],
  ['a page above 1,000', { first: 1_001 }, 'LINEAGE_PAGE_OUT_OF_RANGE'],
  ['a cursor of another question', { after: 'W10' }, 'LINEAGE_CURSOR_INVALID'],
  ['what is no id', { dataset: 'out' }, 'ENTITY_ID_INVALID'],
])('refuses %s', async (_what, more, code) => {
  const { tenant, id } = await sent(event({ dataset: table('out') }))
  const variables = { dataset: await id('out'), column: 'a', ...more }
  const { errors } = await ask(COLUMNS, { tenant, variables })
  expect(errors).toMatchObject([{ extensions: { code } }])
})

it('refuses what is no dataset, and what is not there', async () => {
  const { tenant, id } = await sent(run('load', [table('out')]))
  const { data } = await ask<{ entities: { nodes: { id: string }[] } }>(
    '{ entities(kind: Job) { nodes { id } } }',
    { tenant },
  )
  const gone = (await id('out')).slice(0, -3).concat('AAA')
  for (const dataset of [data.entities.nodes[0]!.id, gone]) {
    const { errors } = await ask(COLUMNS, { tenant, variables: { dataset, column: 'a' } })
    expect(errors).toMatchObject([{ extensions: { code: 'LINEAGE_ROOT_UNKNOWN' } }])
  }
  expect(faults).toEqual([])
})
