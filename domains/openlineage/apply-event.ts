import type { Draft, Outcome } from '../../ledger/draft.ts'
import { absorbAliases } from './absorb-aliases.ts'
import { applyJob } from './apply-job.ts'
import { applyRun } from './apply-run.ts'
import { assertDatasets } from './assert-datasets.ts'
import { type LineageEvent, mentionsOf } from './event.ts'
import { type Merge, resolveIdentities } from './identity.ts'
import { MOST_OWNERS_AT_ONCE } from './limits.ts'
import { namesOf } from './names.ts'

/**
 * Applies one event to a tenant's draft, in an order in which every neighbour exists when it is
 * needed: merges, inputs, job, outputs, run, new aliases. Applied in any order, late or twice, the
 * same events leave the same edges and bodies (docs/specs/record.md).
 *
 * @param mostOwners How many entities that point at merged names this transaction may move over; where
 *   there are more, merges begin that go on by themselves.
 * @returns What became of each entity that the event asserts.
 * @throws {Problem} `LEDGER_TRANSACTION_TOO_LARGE`
 */
export async function applyEvent(
  draft: Draft,
  event: LineageEvent,
  mostOwners = MOST_OWNERS_AT_ONCE,
): Promise<Outcome[]> {
  await draft.load(
    namesOf(event).map(({ kind, namespace, name }) => draft.urn(kind, namespace, name)),
  )
  const identities = resolveIdentities(draft, mentionsOf(event))
  const outcomes: Outcome[] = []
  let left = mostOwners
  for (const merge of identities.merges) {
    const absorbed = await absorbAliases(draft, merge, left)
    left -= absorbed.moved
    outcomes.push(...absorbed.outcomes)
  }
  if (event.type === 'dataset') {
    outcomes.push(
      ...assertDatasets(draft, { identities, stamp: event.stamp, by: '' }, [event.dataset]),
    )
  } else {
    outcomes.push(...(await applyJob(draft, identities, event)))
    if (event.type === 'run') outcomes.push(await applyRun(draft, identities, event))
  }
  for (const merge of identities.merges) outcomes.push(...foundAliases(draft, merge))
  return outcomes
}

/** Names never seen before are recorded and retired at once, so that aliases are in the log. */
const foundAliases = (draft: Draft, { canonical, fresh }: Merge): Outcome[] =>
  fresh.map((name) => draft.retire(draft.stub({ kind: 'Dataset', ...name }), canonical))
