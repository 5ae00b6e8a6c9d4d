import fc from 'fast-check'
import { head, runId } from './events.ts'
import type { RawEvent } from './reference.ts'

/** Few names, times and values, so that everything meets everything, at the same time too. */
const datasetName = fc.constantFrom('d0', 'd1', 'd2', 'd3', 'd4', 'd5').map((name) => ({
  namespace: 'db',
  name,
}))
const jobName = fc.constantFrom('j0', 'j1').map((name) => ({ namespace: 'jobs', name }))
const time = fc.constantFrom(...[0, 1, 2, 3, 4].map((n) => `2026-01-01T00:00:0${n}Z`))
const facet = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 2 }).map((value) => ({ value })) },
  { weight: 1, arbitrary: fc.constant({ _deleted: true }) },
)
const facets = fc.dictionary(fc.constantFrom('a', 'b'), facet, {
  maxKeys: 2,
  noNullPrototype: true,
})
const symlinks = fc.option(
  fc.array(datasetName, { minLength: 1, maxLength: 2 }).map((identifiers) => ({
    symlinks: { identifiers: identifiers.map((name) => ({ ...name, type: 'TABLE' })) },
  })),
  { freq: 4 },
)
const column = fc.constantFrom('x', 'y')
const inputColumns = fc.array(
  fc.record({ of: datasetName, field: column }).map(({ of, field }) => ({ ...of, field })),
  { maxLength: 2 },
)
/** What a facet says of the columns, of the dataset itself and of none too. */
const columns = fc.option(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .record({
          fields: fc.dictionary(
            column,
            inputColumns.map((inputFields) => ({ inputFields })),
            { maxKeys: 2, noNullPrototype: true },
          ),
          dataset: fc.option(inputColumns, { freq: 2 }),
        })
        .map(({ fields, dataset: all }) => ({
          columnLineage: { fields, ...(all && { dataset: all }) },
        })),
    },
    { weight: 1, arbitrary: fc.constant({ columnLineage: { _deleted: true } }) },
  ),
)
const dataset = fc
  .record({ name: datasetName, facets, symlinks, columns, part: facets })
  .map(({ name, facets: own, symlinks: other, columns: said, part }) => ({
    ...name,
    facets: { ...own, ...other, ...said },
    inputFacets: part,
    outputFacets: part,
  }))
const datasets = fc.array(dataset, { maxLength: 3 })
const job = fc
  .record({ name: jobName, facets })
  .map(({ name, facets: own }) => ({ ...name, facets: own }))
const started = fc
  .record({ run: fc.integer({ min: 0, max: 3 }), job: jobName })
  .map(({ run, job: named }) => ({ run: { runId: runId(run) }, job: named }))
const parent = fc.option(
  fc
    .record({ by: started, root: fc.option(started) })
    .map(({ by, root }) => ({ parent: { ...by, ...(root && { root }) } })),
  { freq: 3 },
)
const runEvent = fc
  .record({
    time,
    run: fc.integer({ min: 0, max: 2 }),
    eventType: fc.option(
      fc.constantFrom('START', 'START', 'RUNNING', 'COMPLETE', 'FAIL', 'ABORT', 'OTHER'),
    ),
    job,
    facets,
    parent,
    inputs: datasets,
    outputs: datasets,
  })
  .map(({ time: at, run, eventType, facets: own, parent: from, ...rest }) => ({
    ...head(at),
    ...(eventType && { eventType }),
    run: { runId: runId(run), facets: { ...own, ...from } },
    ...rest,
  }))
const jobEvent = fc
  .record({ time, job, inputs: fc.option(datasets), outputs: fc.option(datasets) })
  .map(({ time: at, job: named, inputs, outputs }) => ({
    ...head(at),
    job: named,
    ...(inputs && { inputs }),
    ...(outputs && { outputs }),
  }))
const datasetEvent = fc
  .record({ time, dataset })
  .map(({ time: at, dataset: named }) => ({ ...head(at), dataset: named }))
/** Histories of events about few things, which meet in every way. */
export const events: fc.Arbitrary<RawEvent[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: runEvent },
    { weight: 2, arbitrary: jobEvent },
    { weight: 1, arbitrary: datasetEvent },
  ),
  { minLength: 1, maxLength: 12 },
)
