import { readLogKeys } from '../../ledger/log-keys.ts'
import { originOf, partsOfOrigin } from '../../ledger/origin.ts'
import { tenantUnknown } from '../../ledger/problems.ts'
import { storedRoots } from '../../ledger/stored-roots.ts'
import type { Ask } from '../../lineage/graph.ts'
import { type LogHead, readLog } from '../../lineage/log.ts'
import type { ScheduledKey } from '../../proofs/key-schedule.ts'
import type { Trust, TrustKey, TrustLog } from '../../proofs/trust.ts'

/** What a trust root says beside the keys. */
export interface TrustAsked {
  /** Further sizes whose roots the reader is to hold for true. */
  anchors?: readonly number[]
  witnessPolicy?: string
  replayers?: readonly string[]
}

/**
 * The whole trust root of a tenant's log: what a verifier must get by a way that he trusts, and then
 * needs nothing else of ours (docs/specs/bundle.md, "Trust root").
 *
 * It lists every origin that the log has had, and every key. Where a checkpoint key is compromised, the log as it was
 * when the compromise began is an anchor, so that what the key had signed till then can still count.
 *
 * @throws {Problem} `TENANT_UNKNOWN`
 */
export async function trustRoot(
  ask: Ask,
  tenant: string,
  { anchors = [], witnessPolicy = '', replayers = [] }: TrustAsked = {},
): Promise<Trust> {
  const head = await readLog(ask)
  if (!head) throw tenantUnknown(tenant)
  const { schedule } = await readLogKeys(ask, tenant)
  const wanted = [...anchors, ...compromises(schedule)].filter(
    (size) => size > 0 && size <= head.signed,
  )
  const roots = await rootsOf(ask, wanted)
  return {
    v: 'selvedge/trust/1',
    logs: [
      ...earlierOrigins(head, schedule, roots),
      { origin: head.origin, keys: schedule.flatMap(listed), anchors: roots },
    ],
    witnessPolicy,
    replayers: [...replayers],
  }
}

/**
 * The origins that the log had before restores, so that bundles of then go on to verify. What came
 * after the cut says nothing of them: a key added then never signed for them, and one that ended then
 * had not ended there.
 */
function earlierOrigins(
  { origin, kept }: LogHead,
  schedule: readonly ScheduledKey[],
  roots: TrustLog['anchors'],
): TrustLog[] {
  const { service, tenant } = partsOfOrigin(origin)
  return kept.map((size, epoch) => ({
    origin: originOf(service, tenant, epoch),
    keys: schedule
      .filter(({ from }) => from <= size)
      .map((key) =>
        key.until !== null && key.until > size && !key.compromised ? { ...key, until: null } : key,
      )
      .flatMap(listed),
    anchors: roots.filter((anchor) => anchor.size <= size),
  }))
}

/** A retired key that has never stood is not worth a line; of a compromise from the start nobody knows when. */
function listed({ use, kid, x, from, until, compromised }: ScheduledKey): TrustKey[] {
  const isEmpty = until !== null && until <= from
  if (isEmpty && !compromised) return []
  return [{ use, kid, x, from, until: isEmpty ? null : until, compromised }]
}

const compromises = (schedule: readonly ScheduledKey[]) =>
  schedule.flatMap(({ use, compromised, until }) =>
    use === 'checkpoint' && compromised && until !== null ? [until] : [],
  )

async function rootsOf(ask: Ask, sizes: readonly number[]): Promise<TrustLog['anchors']> {
  const ascending = [...new Set(sizes)].sort((a, b) => a - b)
  const roots = await storedRoots(ask, ascending)
  return ascending.flatMap((size, i) => {
    const root = roots[i]
    return root ? [{ size, root }] : []
  })
}
