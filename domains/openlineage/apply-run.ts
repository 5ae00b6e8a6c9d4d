import type { Draft, Outcome } from '../../ledger/draft.ts'
import { type Entity, neighbours } from '../../ledger/entity.ts'
import type { DatasetMention, RunEvent } from './event.ts'
import type { Identities } from './identity.ts'
import { runName } from './names.ts'
import { edgeTime, moveRunTimes, type RunRelation, runTimeKey } from './run-times.ts'
import { StampedBody } from './stamped-body.ts'

/** Asserts the run: its facets and state, its job, what started it, and what it read and wrote. */
export async function applyRun(
  draft: Draft,
  identities: Identities,
  event: RunEvent,
): Promise<Outcome> {
  const { namespace, name } = runName(event.run.id)
  const id = draft.urn('Run', namespace, name)
  const before = draft.get(id)
  const job = draft.urn('Job', event.job.name.namespace, event.job.name.name)
  const body = new StampedBody(before?.fields)
  const moved = movedEdges(draft, before)
  for (const { id: alias, to } of moved) moveRunTimes(body, new Set([alias]), to)
  for (const facet of event.run.facets) body.write({ ...facet, stamp: event.stamp })
  applyTransition(body, event)
  const jobs = [...new Set([...neighbours(before, 'RUN_OF'), job])]
  // With a second job the times of all edges say which job they are of, so all are written anew.
  const held = (rel: RunRelation) =>
    jobs.length > 1
      ? neighbours(before, rel).map(draft.resolve)
      : moved.filter((edge) => edge.rel === rel).map(({ to }) => to)
  await draft.load([...held('RUN_USED'), ...held('RUN_GENERATED')])
  const edges = (rel: RunRelation, mentions: readonly DatasetMention[]) => {
    const named = new Set(mentions.map((mention) => identities.idOf(mention.name)))
    for (const dataset of named) body.advance(runTimeKey(rel, dataset, job), event.stamp)
    return [...new Set([...held(rel), ...named])].map((dataset) => ({
      rel,
      ...identities.targetOf(dataset),
      time: edgeTime(body, { rel, dataset, jobs }),
    }))
  }
  const link = [
    { rel: 'RUN_OF' as const, id: job },
    ...event.run.parents.map(({ run }) => ({
      rel: 'CHILD_OF' as const,
      to: { kind: 'Run' as const, ...runName(run) },
    })),
    ...edges('RUN_USED', event.inputs),
    ...edges('RUN_GENERATED', event.outputs),
  ]
  const unlink = moved.map((edge) => ({ rel: edge.rel, id: edge.id }))
  return draft.assert({ kind: 'Run', id, namespace, name, fields: body.patch(), link, unlink })
}

/**
 * The edges to names that are on their way to become others' (docs/specs/record.md, "Edges over time"):
 * a run that is asserted anew is moved over with it, for the times of its edges are written anew too.
 */
const movedEdges = (draft: Draft, run: Entity | undefined) =>
  (['RUN_USED', 'RUN_GENERATED'] as const).flatMap((rel) =>
    neighbours(run, rel)
      .map((id) => ({ rel, id, to: draft.resolve(id) }))
      .filter(({ id, to }) => id !== to),
  )

const ENDS: readonly unknown[] = ['COMPLETE', 'FAIL', 'ABORT']

/** `state` is the last transition; `startedAt` the earliest start and `endedAt` the latest end. */
function applyTransition(body: StampedBody, { run: { transition }, stamp }: RunEvent) {
  if (!transition || transition === 'OTHER') return
  if (body.advance('state', stamp)) body.set('state', transition)
  const started = body.get('startedAt')
  const ended = body.get('endedAt')
  if (transition === 'START' && !(typeof started === 'string' && started <= stamp[0])) {
    body.set('startedAt', stamp[0])
  }
  if (ENDS.includes(transition) && !(typeof ended === 'string' && ended >= stamp[0])) {
    body.set('endedAt', stamp[0])
  }
}
