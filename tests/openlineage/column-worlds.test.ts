import fc from 'fast-check'
import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { type Columns, columnsByHand, type Sent, walkByHand } from './column-reference.ts'
import { type ColumnsAnswer, columnsOf, idOf, toldColumns } from './columns.ts'
import { head, runId } from './events.ts'
import { send } from './world.ts'

const test = await testApp()
const { ask, freshTenant, ledger, faults } = test

const NAMES = ['d0', 'd1', 'd2', 'd3'] as const
const COLUMN = ['x', 'y', 'z'] as const

const name = fc.constantFrom(...NAMES)
const column = fc.constantFrom(...COLUMN)
const inputs = fc.array(
  fc.record({ of: name, field: column }).map(({ of, field }) => ({
    ...{ namespace: 'db', name: of, field },
  })),
  { maxLength: 2 },
)
const columnLineage = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      fields: fc.dictionary(
        column,
        inputs.map((inputFields) => ({ inputFields })),
        { maxKeys: 3, noNullPrototype: true },
      ),
      dataset: inputs,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ _deleted: true }) },
)
const schema = fc
  .uniqueArray(column, { maxLength: 3 })
  .map((names) => ({ fields: names.map((of) => ({ name: of })) }))
const dataset = fc
  .record({
    name,
    columnLineage: fc.option(columnLineage, { freq: 4 }),
    schema: fc.option(schema, { freq: 1 }),
  })
  .map(({ name: of, columnLineage: lineage, schema: listed }) => ({
    ...{ namespace: 'db', name: of },
    facets: { ...(lineage && { columnLineage: lineage }), ...(listed && { schema: listed }) },
  }))
/** One event names a dataset once: which of two facets counts is another test's. */
const several = fc.uniqueArray(dataset, { maxLength: 3, selector: (one) => one.name })
const runEvent = fc
  .record({
    run: fc.integer({ min: 0, max: 2 }),
    job: fc.constantFrom('j0', 'j1', 'j2').map((of) => ({ namespace: 'jobs', name: of })),
    all: several,
    cut: fc.integer({ min: 0, max: 1 }),
  })
  .map(({ run, job, all, cut }) => ({
    ...{ run: { runId: runId(run) }, job },
    ...{ inputs: all.slice(0, cut), outputs: all.slice(cut) },
  }))
const event = fc.oneof(
  { weight: 4, arbitrary: runEvent },
  { weight: 1, arbitrary: dataset.map((one) => ({ dataset: one })) },
)
const happening = fc.oneof(
  { weight: 8, arbitrary: event.map((one) => ({ event: one })) },
  { weight: 1, arbitrary: name.map((retire) => ({ retire })) },
  { weight: 1, arbitrary: name.map((erase) => ({ erase })) },
)
/** Few datasets, which come from each other in circles too; events have their times in any order. */
const histories: fc.Arbitrary<Sent[]> = fc
  .array(happening, { minLength: 2, maxLength: 9 })
  .chain((all) =>
    fc
      .shuffledSubarray(
        all.map((_one, i) => i),
        { minLength: all.length },
      )
      .map((times) =>
        all.map((one, i) =>
          'event' in one
            ? { event: { ...head(`2026-01-01T00:00:${10 + times[i]!}Z`), ...one.event } }
            : one,
        ),
      ),
  )

const ids = (tenant: string) => {
  const aliases = NAMES.map(
    (of) => `${of}: entity(kind: Dataset, namespace: "db", name: "${of}") { id }`,
  )
  return ask<Record<string, { id: string } | null>>(`{ ${aliases.join(' ')} }`, { tenant })
}

/** What is done with a thing that is not there, or again, is refused, and changes nothing. */
async function happens(tenant: string, one: Sent): Promise<boolean> {
  if ('event' in one) return (await send(ledger, tenant, one.event)) !== undefined
  const { data } = await ids(tenant)
  const id = data['retire' in one ? one.retire : one.erase]?.id
  const text =
    'retire' in one
      ? 'mutation Go($id: ID!) { retire(id: $id) { position } }'
      : 'mutation Go($id: ID!) { erase(id: $id, ground: OTHER, reason: "a test") { position } }'
  return id !== undefined && !(await ask(text, { tenant, variables: { id } })).errors
}

/** All that is said of one column of every dataset, at one moment, in one request. */
async function allOf(tenant: string, position?: string) {
  const { data: found } = await ids(tenant)
  const at = position === undefined ? '' : `, asOf: { position: "${position}" }`
  const there = NAMES.filter((of) => found[of])
  const fields = there.flatMap((of) =>
    ASKED.map(
      ([direction, depth]) => `${of}_${direction}_${depth}: columnLineage(
        dataset: "${found[of]!.id}", column: "x", direction: ${direction}, depth: ${depth}${at}
      ) { ...Told }`,
    ),
  )
  if (fields.length === 0) return { read: undefined, answers: {} }
  const { data } = await ask<Record<string, ColumnsAnswer | null>>(
    `query { ${fields.join(' ')} } ${TOLD}`,
    { tenant },
  )
  const answers = Object.entries(data).filter((one): one is [string, ColumnsAnswer] => !!one[1])
  return {
    read: answers[0]?.[1].position,
    answers: Object.fromEntries(answers.map(([key, one]) => [key, nameless(one, found)])),
  }
}

const ASKED = [
  ['UPSTREAM', 20],
  ['DOWNSTREAM', 2],
] as const

const TOLD = `fragment Told on ColumnLineage {
  nodes { distance column dataset { id } } edges { from { dataset column } to { dataset column } } position
}`

/** By the names that the ids had: an erased dataset has none of its own. */
function nameless(answer: ColumnsAnswer, byName: Record<string, { id: string } | null>) {
  const names = new Map(Object.entries(byName).map(([of, found]) => [found?.id, of]))
  return toldColumns({
    edges: answer.edges,
    nodes: answer.nodes.map((node) => ({
      ...node,
      dataset: { ...node.dataset, name: names.get(node.dataset.id)! },
    })),
  })
}

const byHand = (columns: Columns, asked: Iterable<string>) =>
  Object.fromEntries(
    [...asked].map((key) => {
      const [of, way, depth] = key.split('_') as [string, 'UPSTREAM' | 'DOWNSTREAM', string]
      return [key, walkByHand(columns, `${of}.x`, { way, depth: Number(depth) })]
    }),
  )

it('finds just what a reference finds, in circles, late, out of order, after retirements and erasures, and as of then', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const tenant = await freshTenant()
      const sent: Sent[] = []
      const moments: { size: number; read: string }[] = []
      for (const [i, one] of history.entries()) {
        if (await happens(tenant, one)) sent.push(one)
        if (i !== history.length - 1 && i % 3 !== 0) continue
        const { read, answers } = await allOf(tenant)
        expect(answers).toEqual(byHand(columnsByHand(sent, new Set()), Object.keys(answers)))
        if (read !== undefined) moments.push({ size: sent.length, read })
      }
      for (const { size, read } of moments.slice(0, -1)) {
        const erased = sent.slice(size).flatMap((one) => ('erase' in one ? [one.erase] : []))
        const then = columnsByHand(sent.slice(0, size), new Set(erased))
        const { answers } = await allOf(tenant, read)
        expect(answers).not.toEqual({})
        expect(answers).toEqual(byHand(then, Object.keys(answers)))
      }
    }),
    { numRuns: 8 },
  )
  expect(faults).toEqual([])
}, 240_000)

it('is of a dataset under whichever name, whenever it becomes known that it has another', async () => {
  const lineage = (of: string, field: string) => ({
    columnLineage: { fields: { x: { inputFields: [{ namespace: 'db', name: of, field }] } } },
  })
  const all = [
    { dataset: { namespace: 'db', name: 'mid', facets: lineage('raw', 'a') } },
    { dataset: { namespace: 'db', name: 'end', facets: lineage('other name', 'x') } },
    {
      dataset: {
        ...{ namespace: 'db', name: 'mid' },
        facets: { symlinks: { identifiers: [{ namespace: 'db', name: 'other name', type: 'T' }] } },
      },
    },
  ].map((one, i) => ({ ...head(`2026-01-01T00:00:0${i}Z`), ...one }))
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ]
  for (const order of orders) {
    const tenant = await freshTenant()
    for (const i of order) await send(ledger, tenant, all[i])
    const [end, alias, raw] = await Promise.all(
      ['end', 'other name', 'raw'].map((of) => idOf(test, tenant, ['db', of])),
    )
    const up = await columnsOf(test, tenant, { dataset: end, column: 'x' })
    expect(up.nodes.map(({ distance, column: of }) => `${distance} ${of}`)).toEqual([
      '0 x',
      '1 x',
      '2 a',
    ])
    const down = await columnsOf(test, tenant, {
      ...{ dataset: raw, column: 'a', direction: 'DOWNSTREAM' },
    })
    expect(down.nodes.map(({ dataset: { id } }) => id)).toEqual(
      up.nodes.map(({ dataset: { id } }) => id).reverse(),
    )
    const middle = await columnsOf(test, tenant, {
      ...{ dataset: alias, column: 'x', direction: 'BOTH' },
    })
    expect([middle.total, middle.edges.length]).toEqual([3, 2])
    expect(middle.nodes[0]!.dataset.id).toBe(up.nodes[1]!.dataset.id)
  }
})
