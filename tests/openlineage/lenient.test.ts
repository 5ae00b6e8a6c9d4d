import { expect, it } from 'vitest'
import type { RunEvent } from '../../domains/openlineage/event.ts'
import { parseEvent } from '../../domains/openlineage/parse-event.ts'
import type { Json } from '../../proofs/json.ts'
import { testApp } from '../setup/app.ts'
import { fixture, head, runId } from './events.ts'

const { app, ask, freshTenant, faults } = await testApp()

const job = { namespace: 'jobs', name: 'etl' }
const lenient = { lenient: true }
const event = (more: object = {}) =>
  ({ ...head('2026-01-01T00:00:00Z'), run: { runId: runId(1) }, job, ...more }) as Json
const { schemaURL: _, ...withoutSchema } = event() as Record<string, Json>
const parent = (run: string, of = 'jobs') => ({
  parent: { run: { runId: run }, job: { namespace: of, name: 'dag' } },
})
const read = (value: Json) => parseEvent(value, [], lenient) as RunEvent
const notesOf = ({ run }: RunEvent) =>
  (
    run.facets.find(({ field }) => field === 'facet:run:selvedge_mended')?.value as {
      mended: Json[]
    }
  )?.mended

/** The quirks that docs/how-to/openlineage.md names, each with what it is refused with otherwise. */
it.each<[string, Json, code: string, mended: { path: string; was: Json; taken: unknown }]>([
  [
    'no schemaURL',
    withoutSchema,
    'MEMBER_INVALID',
    { path: '/schemaURL', was: null, taken: expect.stringMatching(/2-0-2/) },
  ],
  [
    'a schemaURL of null',
    event({ schemaURL: null }),
    'MEMBER_INVALID',
    { path: '/schemaURL', was: null, taken: expect.stringMatching(/2-0-2/) },
  ],
  [
    'a run id that is no UUID',
    event({ run: { runId: 'manual__2026-01-01' } }),
    'RUN_ID_INVALID',
    {
      ...{ path: '/run/runId', was: 'manual__2026-01-01' },
      taken: expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
    },
  ],
  [
    'a parent that is no UUID',
    event({ run: { runId: runId(1), facets: parent('scheduled') } }),
    'RUN_ID_INVALID',
    { path: '/run/facets/parent/run/runId', was: 'scheduled', taken: expect.any(String) },
  ],
  [
    'a time without an offset',
    event({ eventTime: '2026-01-01T00:00:00.5' }),
    'TIME_INVALID',
    { path: '/eventTime', was: '2026-01-01T00:00:00.5', taken: '2026-01-01T00:00:00.500000000Z' },
  ],
])('refuses %s, or mends it and says so in the record', (_what, given, code, mended) => {
  expect(() => parseEvent(given)).toThrow(
    expect.objectContaining({ code: `OPENLINEAGE_${code}`, details: { path: mended.path } }),
  )
  expect(notesOf(read(given))).toEqual([mended])
})

it.each<[string, Json, code: string]>([
  ['no producer', event({ producer: null }), 'MEMBER_INVALID'],
  ['a schemaURL that is no URI', event({ schemaURL: 'mine' }), 'URI_INVALID'],
  ['an empty run id', event({ run: { runId: '' } }), 'RUN_ID_INVALID'],
  ['a run id that is a number', event({ run: { runId: 7 } }), 'MEMBER_INVALID'],
  ['a time that is none', event({ eventTime: 'today' }), 'TIME_INVALID'],
  [
    'a time finer than can be ordered',
    event({ eventTime: '2026-01-01T00:00:00.1234567890' }),
    'TIME_INVALID',
  ],
  ['a time with a space for the T', event({ eventTime: '2026-01-01 00:00:00' }), 'TIME_INVALID'],
])('refuses %s all the same', (_what, given, code) => {
  expect(() => read(given)).toThrow(expect.objectContaining({ code: `OPENLINEAGE_${code}` }))
})

it('takes one text for one run wherever it is named, and for another under another namespace', () => {
  const own = read(event({ run: { runId: 'daily' } })).run.id
  const [started] = read(event({ run: { runId: runId(1), facets: parent('daily') } })).run.parents
  const [other] = read(event({ run: { runId: runId(1), facets: parent('daily', 'else') } })).run
    .parents
  expect(started!.run).toBe(own)
  expect(other!.run).not.toBe(own)
  // By hand: H(JCS(["selvedge/run/1","jobs","daily"])), its first 16 bytes with version and variant set.
  expect(own).toBe('23b347a1-e88c-87be-93f4-01af73a53d0e')
})

it('leaves the facets of the event as they came', () => {
  const facets = parent('scheduled')
  const { run } = read(event({ run: { runId: runId(1), facets } }))
  expect(run.facets[0]).toMatchObject({ field: 'facet:run:parent', value: facets.parent })
})

it.each(['food-delivery', 'airflow', 'column-lineage', 'client'])(
  'reads the events of %s, in which nothing is to be mended, as ever',
  (name) => {
    for (const one of fixture(name)) expect(parseEvent(one, [], lenient)).toEqual(parseEvent(one))
  },
)

const post = (tenant: string, path: string, body: unknown) =>
  app.fetch(
    new Request(`http://localhost/api/v1/lineage${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
      body: JSON.stringify(body),
    }),
  )

it('is asked for in the query, of an event as of a batch, and told by the record', async () => {
  const tenant = await freshTenant()
  const quirky = [
    event({ run: { runId: 'daily' }, eventTime: '2026-01-01T00:00:00' }),
    { ...withoutSchema, run: undefined, job },
    { ...withoutSchema, run: undefined, job: undefined, dataset: { namespace: 'db', name: 'd' } },
  ]
  expect((await post(tenant, '', quirky[0])).status).toBe(400)
  expect((await post(tenant, '?lenient=false', quirky[0])).status).toBe(400)
  expect((await post(tenant, '?lenient=true', quirky[0])).status).toBe(200)
  const strict = (await (await post(tenant, '/batch', quirky)).json()) as { summary: object }
  expect(strict.summary).toMatchObject({ successful: 0, failed: 3 })
  const batch = await post(tenant, '/batch?lenient=true', quirky)
  expect(await batch.json()).toMatchObject({ summary: { successful: 3, failed: 0 } })
  const { data } = await ask<{
    entities: {
      nodes: { kind: string; facets: { group: string; value: { mended: object[] } }[] }[]
    }
  }>('{ entities { nodes { kind facets(name: "selvedge_mended") { group value } } } }', { tenant })
  const told = data.entities.nodes.flatMap(({ kind, facets }) =>
    facets.map(({ group, value }) => [kind, group, value.mended.length]),
  )
  expect(told.sort()).toEqual([
    ['Dataset', 'dataset', 1],
    ['Job', 'job', 1],
    ['Run', 'run', 2],
  ])
  expect(faults).toEqual([])
})

it('refuses to guess whether it is asked for', async () => {
  const refused = await post(await freshTenant(), '?lenient=perhaps', event())
  expect([refused.status, await refused.json()]).toMatchObject([
    400,
    { code: 'OPENLINEAGE_LENIENT_INVALID', given: 'perhaps' },
  ])
})
