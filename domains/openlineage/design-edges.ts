import type { Draft } from '../../ledger/draft.ts'
import { neighbours } from '../../ledger/entity.ts'
import { addsEdges, type Replaced, replaceEdges } from './edges.ts'
import type { JobEvent, RunEvent } from './event.ts'
import type { Identities } from './identity.ts'
import type { StampedBody } from './stamped-body.ts'

/** The datasets that a job gains and loses in one relation. */
export interface EdgeChange {
  add: readonly string[]
  drop: readonly string[]
}

const NOTHING: EdgeChange = { add: [], drop: [] }
const PART = { USED: 'inputs', WAS_GENERATED_BY: 'outputs' } as const

/**
 * Decides what an event changes in one design relation of its job (`edges.ts` has the rules).
 *
 * @param job The job's body, in which a replacement leaves its stamp.
 */
export async function changeEdges(
  draft: Draft,
  event: RunEvent | JobEvent,
  {
    rel,
    id,
    job,
    identities,
  }: { rel: Replaced; id: string; job: StampedBody; identities: Identities },
): Promise<EdgeChange> {
  const mentions = event[PART[rel]]
  const lastReplacement = job.stampOf(rel)
  if (!mentions) return NOTHING
  const named = [...new Set(mentions.map(({ name }) => identities.idOf(name)))]
  if (event.type === 'run') {
    return addsEdges(event.stamp, lastReplacement) ? { add: named, drop: [] } : NOTHING
  }
  if (!job.advance(rel, event.stamp)) return NOTHING
  const held = await currentEnds(draft, id, rel)
  // While a merge is under way, an edge to its alias counts as one to what that is going to be.
  const current = [...new Set(held.map(draft.resolve))]
  const latestRunTimes = await draft.latestRunTimes(id, rel)
  const kept = replaceEdges(named, event.stamp, { current, latestRunTimes, lastReplacement })!
  return { add: named, drop: held.filter((end) => !kept.has(draft.resolve(end))) }
}

/** The datasets that the relation joins to the job now. `WAS_GENERATED_BY` is theirs, not the job's. */
const currentEnds = async (draft: Draft, job: string, rel: Replaced): Promise<string[]> =>
  rel === 'USED'
    ? neighbours(draft.get(job), rel)
    : (await draft.incoming(job)).filter((edge) => edge.rel === rel).map(({ id }) => id)
