import { expect, it } from 'vitest'
import type { JobEvent, RunEvent } from '../../domains/openlineage/event.ts'
import {
  MAX_COLUMN_DATASETS,
  MAX_DATASETS,
  MAX_FACET_BYTES,
  MAX_NAME_BYTES,
  MAX_SYMLINKS,
} from '../../domains/openlineage/limits.ts'
import { parseEvent } from '../../domains/openlineage/parse-event.ts'
import { type Json, parseForeignJson } from '../../proofs/json.ts'
import { fixture, fixtureLines, head, runId } from './events.ts'

const at = '2026-01-01T00:00:00Z'
const job = { namespace: 'jobs', name: 'etl' }
const run = { runId: runId(1) }
const runEvent = (more: object = {}) => ({ ...head(at), run, job, ...more }) as Json
const table = (name: string, more: object = {}) => ({ namespace: 'db', name, ...more })
const facetOfBytes = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) })
const tables = (many: number) => Array.from({ length: many }, (_, i) => table(`t${i}`))
const withSymlinks = (many: number) =>
  runEvent({ inputs: [table('t', { facets: { symlinks: { identifiers: tables(many) } } })] })

const withColumns = (columnLineage: object) =>
  runEvent({ outputs: [table('t', { facets: { columnLineage } })] })
const withColumnInputs = (many: number) =>
  withColumns({
    fields: { a: { inputFields: tables(many).map((named) => ({ ...named, field: 'a' })) } },
  })
const inputColumn = { namespace: 'db', name: 's', field: 'a' }
const withInput = (more: object) =>
  withColumns({ fields: { a: { inputFields: [{ ...inputColumn, ...more }] } } })

it.each(['food-delivery', 'airflow', 'column-lineage', 'client'])(
  'takes every event of %s',
  (name) => {
    for (const line of fixtureLines(name)) {
      const { value, numbersAsText } = parseForeignJson(line)
      parseEvent(value, numbersAsText)
    }
  },
)

it('tells the three kinds of event apart by their members', () => {
  const kinds = fixture('client').map((event) => parseEvent(event).type)
  expect(kinds).toEqual(['run', 'run', 'dataset', 'run', 'run'])
  expect(parseEvent({ ...head(at), job }).type).toBe('job')
  expect(parseEvent({ ...head(at), dataset: table('t') }).type).toBe('dataset')
})

it('takes an event with run and job for a run event, even with a stray dataset beside them', () => {
  const [first] = fixture('food-delivery')
  expect(first).toHaveProperty('dataset')
  expect(parseEvent(first).type).toBe('run')
})

it('keeps apart an empty list and one that is left out', () => {
  const event = parseEvent({ ...head(at), job, inputs: [] }) as JobEvent
  expect([event.inputs, event.outputs]).toEqual([[], undefined])
})

it('gives one event one stamp, however its members are ordered', () => {
  const one = parseEvent(runEvent())
  const other = parseEvent(Object.fromEntries(Object.entries(runEvent() as object).reverse()))
  expect(other.stamp).toEqual(one.stamp)
  expect(one.stamp[0]).toBe('2026-01-01T00:00:00.000000000Z')
})

it('reads names in NFC and run ids in lower case', () => {
  const event = parseEvent(
    runEvent({
      run: { runId: 'D46E465B-D358-4D32-83D4-DF660FF614DD' },
      job: { namespace: 'jobs', name: 'cafe\u0301' },
    }),
  ) as RunEvent
  expect(event.run.id).toBe('d46e465b-d358-4d32-83d4-df660ff614dd')
  expect(event.job.name.name).toBe('caf\u00e9')
})

it('keeps facets untouched, with the places of numbers that a double cannot hold', () => {
  const source = `{"eventTime":"${at}","producer":"urn:x:y","schemaURL":"urn:x:z",
    "run":{"runId":"${runId(1)}"},"job":{"namespace":"jobs","name":"etl"},"extra":12345678901234567890,
    "inputs":[{"namespace":"db","name":"t","facets":{"a/b~":{"id":[0,12345678901234567890],"__proto__":1}},
      "inputFacets":{"stats":{"rows":9007199254740993}}}]}`
  const { value, numbersAsText } = parseForeignJson(source)
  const { inputs } = parseEvent(value, numbersAsText) as RunEvent
  expect(inputs[0]!.facets).toEqual([
    {
      field: 'facet:dataset:a/b~',
      value: JSON.parse('{"id":[0,"12345678901234567890"],"__proto__":1}'),
      numbersAsText: ['/id/1'],
    },
    {
      field: 'facet:input:stats',
      value: { rows: '9007199254740993' },
      numbersAsText: ['/rows'],
    },
  ])
})

it('takes a facet without _producer and _schemaURL', () => {
  const event = parseEvent(runEvent({ run: { ...run, facets: { mine: {} } } })) as RunEvent
  expect(event.run.facets).toEqual([{ field: 'facet:run:mine', value: {}, numbersAsText: [] }])
})

it('reads a deleted facet as one without a value', () => {
  const facets = { gone: { _deleted: true, rest: 1 }, symlinks: { _deleted: true, identifiers: 1 } }
  const event = parseEvent(runEvent({ outputs: [table('t', { facets })] })) as RunEvent
  expect(event.outputs[0]!.facets.map(({ value }) => value)).toEqual([undefined, undefined])
  expect(event.outputs[0]!.symlinks).toEqual([])
})

it.each(['parent', 'parentRun'])('reads what started a run from the facet %s', (name) => {
  const parent = { run: { runId: runId(2).toUpperCase() }, job: { namespace: 'jobs', name: 'dag' } }
  const event = parseEvent(runEvent({ run: { ...run, facets: { [name]: parent } } })) as RunEvent
  expect(event.run.parents).toEqual([{ run: runId(2), job: parent.job }])
})

it('reads what stands at the root of what started a run, unless it is the run itself', () => {
  const dag = { run: { runId: runId(2) }, job: { namespace: 'jobs', name: 'dag' } }
  const root = { run: { runId: runId(3).toUpperCase() }, job: { namespace: 'jobs', name: 'all' } }
  const parentsOf = (parent: object) =>
    (parseEvent(runEvent({ run: { ...run, facets: { parent } } })) as RunEvent).run.parents
  expect(parentsOf({ ...dag, root })).toEqual([
    { run: runId(2), job: dag.job },
    { run: runId(3), job: root.job },
  ])
  expect(parentsOf({ ...dag, root: { ...root, run } })).toEqual([{ run: runId(2), job: dag.job }])
})

it('reads which datasets columns come from, each once, in NFC', () => {
  const input = (name: string, field: string) => ({ namespace: 'db', name, field })
  const facet = {
    fields: {
      a: { inputFields: [input('s', 'a'), input('s', 'b')] },
      b: { inputFields: [input('cafe\u0301', 'c')] },
      c: { inputFields: [] },
    },
    dataset: [input('s', 'd'), input('u', 'e')],
  }
  const event = parseEvent(withColumns(facet)) as RunEvent
  expect(event.outputs[0]!.columnInputs.map(({ name }) => name)).toEqual(['s', 'caf\u00e9', 'u'])
  expect(event.outputs[0]!.facets[0]!.value).toEqual(facet)
})

it('reads nothing of a facet that is deleted', () => {
  const event = parseEvent(withColumns({ _deleted: true })) as RunEvent
  expect(event.outputs[0]!.columnInputs).toEqual([])
})

it('takes an event at each limit', () => {
  parseEvent(runEvent({ inputs: tables(MAX_DATASETS - 1), outputs: [table('o')] }))
  parseEvent(runEvent({ run: { ...run, facets: { big: facetOfBytes(MAX_FACET_BYTES) } } }))
  parseEvent(runEvent({ job: { namespace: 'é'.repeat(MAX_NAME_BYTES / 2), name: 'etl' } }))
  parseEvent(withSymlinks(MAX_SYMLINKS))
  parseEvent(withColumnInputs(MAX_COLUMN_DATASETS))
})

const parentFacet = (parent: object) => runEvent({ run: { ...run, facets: { parent } } })

it.each<[string, Json, code: string, path: string]>([
  ['no object', [] as Json, 'MEMBER_INVALID', ''],
  ['none of the kinds', { ...head(at) }, 'EVENT_KIND_UNKNOWN', ''],
  ['a run without a job', { ...head(at), run }, 'EVENT_KIND_UNKNOWN', ''],
  ['a job and a dataset', { ...head(at), job, dataset: table('t') }, 'EVENT_KIND_UNKNOWN', ''],
  ['a run and a dataset', { ...head(at), run, dataset: table('t') }, 'EVENT_KIND_UNKNOWN', ''],
  ['no time', { run, job }, 'MEMBER_INVALID', '/eventTime'],
  [
    'a time without an offset',
    runEvent({ eventTime: '2026-01-01T00:00:00' }),
    'TIME_INVALID',
    '/eventTime',
  ],
  ['no producer', runEvent({ producer: null }), 'MEMBER_INVALID', '/producer'],
  ['a producer that is no URI', runEvent({ producer: '/mine' }), 'URI_INVALID', '/producer'],
  ['a producer with a space', runEvent({ producer: 'https://a b' }), 'URI_INVALID', '/producer'],
  ['a schema that is no URI', runEvent({ schemaURL: '' }), 'URI_INVALID', '/schemaURL'],
  ['an unknown transition', runEvent({ eventType: 'DONE' }), 'EVENT_TYPE_UNKNOWN', '/eventType'],
  ['a run that is null', runEvent({ run: null }), 'MEMBER_INVALID', '/run'],
  [
    'a run id that is no UUID',
    runEvent({ run: { runId: 'run-1' } }),
    'RUN_ID_INVALID',
    '/run/runId',
  ],
  ['a job without a name', runEvent({ job: { namespace: 'jobs' } }), 'MEMBER_INVALID', '/job/name'],
  [
    'an empty namespace',
    runEvent({ job: { namespace: '', name: 'etl' } }),
    'NAME_INVALID',
    '/job/namespace',
  ],
  [
    'a name too long',
    runEvent({ job: { namespace: 'jobs', name: 'x'.repeat(MAX_NAME_BYTES + 1) } }),
    'NAME_INVALID',
    '/job/name',
  ],
  [
    'a name too long in UTF-8',
    runEvent({ job: { namespace: 'jobs', name: 'é'.repeat(MAX_NAME_BYTES / 2 + 1) } }),
    'NAME_INVALID',
    '/job/name',
  ],
  ['inputs that are no array', runEvent({ inputs: {} }), 'MEMBER_INVALID', '/inputs'],
  ['an output that is no object', runEvent({ outputs: ['t'] }), 'MEMBER_INVALID', '/outputs/0'],
  [
    'a dataset without a name',
    runEvent({ inputs: [table('t'), { namespace: 'db' }] }),
    'MEMBER_INVALID',
    '/inputs/1/name',
  ],
  [
    'facets that are no object',
    runEvent({ inputs: [table('t', { facets: [] })] }),
    'MEMBER_INVALID',
    '/inputs/0/facets',
  ],
  [
    'a facet that is no object',
    runEvent({ inputs: [table('t', { inputFacets: { 'a/b': 1 } })] }),
    'MEMBER_INVALID',
    '/inputs/0/inputFacets/a~1b',
  ],
  [
    'a facet too long',
    runEvent({ run: { ...run, facets: { big: facetOfBytes(MAX_FACET_BYTES + 1) } } }),
    'FACET_TOO_LARGE',
    '/run/facets/big',
  ],
  [
    'too many datasets',
    runEvent({ inputs: tables(MAX_DATASETS), outputs: [table('o')] }),
    'TOO_MANY_DATASETS',
    '/outputs',
  ],
  [
    'too many inputs',
    runEvent({ inputs: tables(MAX_DATASETS + 1) }),
    'TOO_MANY_DATASETS',
    '/inputs',
  ],
  ['too many symlinks', withSymlinks(MAX_SYMLINKS + 1), 'TOO_MANY_DATASETS', ''],
  [
    'symlinks that are no array',
    runEvent({ inputs: [table('t', { facets: { symlinks: { identifiers: {} } } })] }),
    'MEMBER_INVALID',
    '/inputs/0/facets/symlinks/identifiers',
  ],
  [
    'a symlink without a namespace',
    runEvent({ inputs: [table('t', { facets: { symlinks: { identifiers: [{ name: 'x' }] } } })] }),
    'MEMBER_INVALID',
    '/inputs/0/facets/symlinks/identifiers/0/namespace',
  ],
  ['a parent without a run', parentFacet({ job }), 'MEMBER_INVALID', '/run/facets/parent/run'],
  [
    'a parent run that is no UUID',
    parentFacet({ job, run: { runId: '7' } }),
    'RUN_ID_INVALID',
    '/run/facets/parent/run/runId',
  ],
  ['a parent without a job', parentFacet({ run }), 'MEMBER_INVALID', '/run/facets/parent/job'],
  [
    'a root without a job',
    parentFacet({ run, job, root: { run } }),
    'MEMBER_INVALID',
    '/run/facets/parent/root/job',
  ],
  [
    'a root run that is no UUID',
    parentFacet({ run, job, root: { job, run: { runId: '7' } } }),
    'RUN_ID_INVALID',
    '/run/facets/parent/root/run/runId',
  ],
  [
    'columns from too many datasets',
    withColumnInputs(MAX_COLUMN_DATASETS + 1),
    'TOO_MANY_DATASETS',
    '',
  ],
  ...(
    [
      ['column lineage without fields', withColumns({}), 'MEMBER_INVALID', ''],
      ['fields that are no object', withColumns({ fields: [] }), 'MEMBER_INVALID', ''],
      [
        'a field without inputs',
        withColumns({ fields: { a: {} } }),
        'MEMBER_INVALID',
        '/a/inputFields',
      ],
      [
        'an input without a dataset',
        withInput({ name: null }),
        'MEMBER_INVALID',
        '/a/inputFields/0/name',
      ],
      [
        'an input without a column',
        withInput({ field: '' }),
        'NAME_INVALID',
        '/a/inputFields/0/field',
      ],
      [
        'a transformation without a type',
        withInput({ transformations: [{}] }),
        'MEMBER_INVALID',
        '/a/inputFields/0/transformations/0/type',
      ],
      [
        'a transformation that masks a little',
        withInput({ transformations: [{ type: 'DIRECT', masking: 'a little' }] }),
        'MEMBER_INVALID',
        '/a/inputFields/0/transformations/0/masking',
      ],
    ] as [string, Json, string, string][]
  ).map(([what, given, code, path]): [string, Json, string, string] => [
    ...([what, given, code] as const),
    `/outputs/0/facets/columnLineage/fields${path}`,
  ]),
  [
    'what all columns depend on that is no array',
    withColumns({ fields: {}, dataset: {} }),
    'MEMBER_INVALID',
    '/outputs/0/facets/columnLineage/dataset',
  ],
  [
    'an event too long',
    runEvent({ extra: Array.from({ length: 10 }, () => 'x'.repeat(200_000)) }),
    'EVENT_TOO_LARGE',
    '',
  ],
])('refuses an event with %s, and says where', (_what, event, code, path) => {
  expect(() => parseEvent(event)).toThrow(
    expect.objectContaining({
      code: `OPENLINEAGE_${code}`,
      details: expect.objectContaining({ path }),
    }),
  )
})
