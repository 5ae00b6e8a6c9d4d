import { type Fields, StampedBody } from './stamped-body.ts'

/** The run-level relations to datasets. */
export type RunRelation = 'RUN_USED' | 'RUN_GENERATED'

/**
 * Under which name a Run's `times` keep the latest event that named a dataset in this relation. It
 * holds the job too: clients do rename a run's job between its events, and what one of them said
 * must not count for the other.
 */
export const runTimeKey = (rel: RunRelation, dataset: string, job: string) =>
  `${rel} ${dataset} ${job}`

/**
 * What stands as `time` on the edge of a run: the time itself where the run has one job, else
 * `time@job` for each job that named the dataset, latest first. Either form opens with the latest
 * time and grows as a text whenever one of the times grows.
 *
 * @param jobs All jobs of the run.
 */
export function edgeTime(
  body: StampedBody,
  { rel, dataset, jobs }: { rel: RunRelation; dataset: string; jobs: readonly string[] },
): string | undefined {
  const times = body
    .stamps(`${rel} ${dataset} `)
    .map(([name, [time]]) => ({ time, job: name.split(' ')[2]! }))
  if (jobs.length <= 1) return times[0]?.time
  const each = times.map(({ time, job }) => `${time}@${job}`)
  return each.length === 0 ? undefined : each.sort().reverse().join(',')
}

/** Says what was kept of aliases of a dataset under the dataset itself, the later of both. */
export function moveRunTimes(body: StampedBody, aliases: ReadonlySet<string>, canonical: string) {
  for (const [name, stamp] of [...body.stamps('RUN_USED '), ...body.stamps('RUN_GENERATED ')]) {
    const [rel, dataset, job] = name.split(' ') as [RunRelation, string, string]
    if (!aliases.has(dataset)) continue
    body.forget(name)
    body.advance(runTimeKey(rel, canonical, job), stamp)
  }
}

/** What stands as the time of a run's edge, by the run's body alone. */
export const timeByBody = (fields: Fields, edge: Parameters<typeof edgeTime>[1]) =>
  edgeTime(new StampedBody(fields), edge)
