import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { dataset, job, near, recorded, run } from './recording.ts'

const test = await testApp()
const { ask, freshTenant, reads } = test

const runId = (i: number) => `01936893-9751-7a91-a2a0-${String(i).padStart(12, '0')}`
const RUNS = `query Runs($of: RunsOf!, $first: Int = 50, $after: String) {
  runs(of: $of, first: $first, after: $after) {
    nodes { name } pageInfo { hasNextPage endCursor }
  }
}`
interface Runs {
  runs: { nodes: { name: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
}

/** A job of seven runs: all read `in`, every other one wrote `out`; another job's run did both. */
async function world(tenant: string) {
  const runs = Array.from({ length: 7 }, (_, i) =>
    run(runId(i), {
      job: near('daily'),
      used: [near('in')],
      generated: i % 2 ? [near('out')] : [],
      parents: i < 2 ? [{ runId: runId(9) }] : [],
    }),
  )
  const stranger = run(runId(8), {
    job: near('other'),
    used: [near('in')],
    generated: [near('out')],
  })
  const outcomes = await recorded(test, tenant, [
    job('daily', { uses: [near('in')], partOf: [near('whole')] }),
    dataset('in'),
    dataset('out', { generatedBy: [near('daily')], derivedFrom: [near('in')] }),
    run(runId(9), { job: near('whole') }),
    ...runs,
    stranger,
    job('whole'),
  ])
  const [daily, input, output] = outcomes.map(({ id }) => id) as [string, string, string]
  return { daily, input, output, whole: outcomes.at(-1)!.id }
}

async function runsOf(tenant: string, of: object, more = {}) {
  const { data, errors } = await ask<Runs>(RUNS, { tenant, variables: { of, ...more } })
  expect(errors).toBeUndefined()
  return data.runs
}
const numbers = ({ nodes }: Runs['runs']) => nodes.map(({ name }) => Number(name.slice(-2)))

it('lists the runs of a job, and those that brought an edge about, the newest first', async () => {
  const tenant = await freshTenant()
  const { daily, input, output, whole } = await world(tenant)
  const edge = (relation: string, from: string, to: string) => ({ edge: { relation, from, to } })
  const answers: [object, number[]][] = [
    [{ job: daily }, [6, 5, 4, 3, 2, 1, 0]],
    [edge('USED', daily, input), [6, 5, 4, 3, 2, 1, 0]],
    [edge('WAS_GENERATED_BY', output, daily), [5, 3, 1]],
    [edge('WAS_DERIVED_FROM', output, input), [8, 5, 3, 1]],
    [edge('PART_OF', daily, whole), [1, 0]],
    [edge('LICENSED_UNDER', output, input), []],
    [edge('USED', input, daily), []],
    [{ job: input }, []],
  ]
  for (const [of, expected] of answers) {
    expect(numbers(await runsOf(tenant, of)), JSON.stringify(of)).toEqual(expected)
  }
})

it('pages runs at the position of the first page', async () => {
  const tenant = await freshTenant()
  const { daily } = await world(tenant)
  const of = { job: daily }
  const first = await runsOf(tenant, of, { first: 3 })
  await recorded(test, tenant, [
    run(runId(3), { job: null }),
    run(runId(20), { job: near('daily') }),
  ])
  const after = first.pageInfo.endCursor
  const second = await runsOf(tenant, of, { first: 3, after })
  const third = await runsOf(tenant, of, { first: 3, after: second.pageInfo.endCursor })
  expect([first, second, third].map(numbers)).toEqual([[6, 5, 4], [3, 2, 1], [0]])
  expect(third.pageInfo.hasNextPage).toBe(false)
  expect(numbers(await runsOf(tenant, of))).toEqual([20, 6, 5, 4, 2, 1, 0])
})

it('lists the runs under each edge and job of an answer in one read a relation', async () => {
  const tenant = await freshTenant()
  const { output } = await world(tenant)
  reads()
  const { data, errors } = await ask<{
    lineage: { edges: { relation: string; runs: Runs['runs'] }[] }
  }>(
    `query Under($root: ID!) { lineage(root: $root) {
      nodes { entity { ... on Job { name runs(first: 2) { nodes { name } } } } }
      edges { relation runs(first: 2) { nodes { name } pageInfo { hasNextPage } } }
    } }`,
    { tenant, variables: { root: output } },
  )
  expect(errors).toBeUndefined()
  expect(reads().sort()).toEqual([
    'lineage upstream within 4 hops',
    'runs of PART_OF edges',
    'runs of USED edges',
    'runs of WAS_DERIVED_FROM edges',
    'runs of WAS_GENERATED_BY edges',
    'runs of jobs',
  ])
  const found = data.lineage.edges.map(({ relation, runs }) => [relation, numbers(runs)])
  expect(Object.fromEntries(found)).toEqual({
    WAS_GENERATED_BY: [5, 3],
    WAS_DERIVED_FROM: [8, 5],
    USED: [6, 5],
    PART_OF: [1, 0],
  })
})
