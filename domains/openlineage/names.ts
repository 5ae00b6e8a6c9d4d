import type { Name as LedgerName } from '../../ledger/draft.ts'
import { type LineageEvent, mentionsOf, type Name } from './event.ts'

/** A Run's name: OpenLineage knows runs by their id alone. */
export const runName = (id: string): Name => ({ namespace: 'run', name: id })

/** Everything that an event names, so that it can be read in one go. */
export function namesOf(event: LineageEvent): LedgerName[] {
  const datasets = mentionsOf(event).flatMap(({ name, symlinks, columnInputs }) => [
    name,
    ...symlinks,
    ...columnInputs,
  ])
  const [jobs, runs] =
    event.type === 'run'
      ? [
          [event.job.name, ...event.run.parents.map(({ job }) => job)],
          [event.run.id, ...event.run.parents.map(({ run }) => run)].map(runName),
        ]
      : [event.type === 'job' ? [event.job.name] : [], []]
  return [
    ...datasets.map((name) => ({ kind: 'Dataset' as const, ...name })),
    ...jobs.map((name) => ({ kind: 'Job' as const, ...name })),
    ...runs.map((name) => ({ kind: 'Run' as const, ...name })),
  ]
}
