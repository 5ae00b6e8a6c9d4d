import type { Draft, Outcome } from '../../ledger/draft.ts'
import { assertDatasets } from './assert-datasets.ts'
import { changeEdges } from './design-edges.ts'
import type { JobEvent, RunEvent } from './event.ts'
import type { Identities } from './identity.ts'
import { StampedBody } from './stamped-body.ts'

/** Asserts the job of a run or job event, its inputs before it and its outputs after it. */
export async function applyJob(
  draft: Draft,
  identities: Identities,
  event: RunEvent | JobEvent,
): Promise<Outcome[]> {
  const { inputs = [], outputs = [], stamp } = event
  const { namespace, name } = event.job.name
  const id = draft.urn('Job', namespace, name)
  const body = new StampedBody(draft.get(id)?.fields)
  for (const facet of event.job.facets) body.write({ ...facet, stamp })
  const of = { id, job: body, identities }
  const used = await changeEdges(draft, event, { ...of, rel: 'USED' })
  const generated = await changeEdges(draft, event, { ...of, rel: 'WAS_GENERATED_BY' })
  await draft.load(generated.drop)
  // An input that gets no edge still exists once it was named, whenever the event arrives.
  const unlinked = event.type === 'job' && used.add.length === 0
  const stated = inputs.filter(({ facets }) => unlinked || facets.length > 0)
  const edge = [{ rel: 'WAS_GENERATED_BY' as const, id }]
  const gained = new Set(generated.add)
  return [
    ...assertDatasets(draft, { identities, stamp, by: id }, stated),
    draft.assert({
      kind: 'Job',
      id,
      namespace,
      name,
      fields: body.patch(),
      link: [
        ...used.add.map((dataset) => ({ rel: 'USED' as const, ...identities.targetOf(dataset) })),
        ...parentJobs(event),
      ],
      unlink: used.drop.map((dataset) => ({ rel: 'USED' as const, id: dataset })),
    }),
    ...assertDatasets(draft, { identities, stamp, by: id }, outputs, (output) =>
      gained.has(output) ? { link: edge } : {},
    ),
    ...generated.drop.map((dataset) =>
      draft.assert({ kind: 'Dataset', id: dataset, unlink: edge }),
    ),
  ]
}

const parentJobs = (event: RunEvent | JobEvent) =>
  event.type === 'job'
    ? []
    : event.run.parents.map(({ job }) => ({
        rel: 'PART_OF' as const,
        to: { kind: 'Job' as const, ...job },
      }))
