import { readLogKeys } from '../../ledger/log-keys.ts'
import { originOf, partsOfOrigin } from '../../ledger/origin.ts'
import { tenantUnknown } from '../../ledger/problems.ts'
import { storedRoots } from '../../ledger/stored-roots.ts'
import { type PastEpoch, pastEpochs } from '../../lineage/epochs.ts'
import type { Ask } from '../../lineage/graph.ts'
import { readLog } from '../../lineage/log.ts'
import { type ScheduledKey, scheduleOf } from '../../proofs/key-schedule.ts'
import type { KeyLeaf } from '../../proofs/leaf.ts'
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
 * It lists every origin that the log has had, each as a log of its own, and every key. Where a checkpoint
 * key is compromised, the log as it was when the compromise began is an anchor, so that what the key had
 * signed till then can still count.
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
  const { leaves, schedule } = await readLogKeys(ask, tenant)
  const past = await pastEpochs(ask)
  const wanted = [...anchors, ...compromises(schedule)].filter(
    (size) => size > 0 && size <= head.signed,
  )
  const roots = await rootsOf(ask, wanted)
  return {
    v: 'selvedge/trust/1',
    // The log as it is now comes first.
    logs: [
      { origin: head.origin, keys: schedule.flatMap(listed), anchors: roots },
      ...(await Promise.all(
        past
          .filter(({ size }) => size > 0)
          .map((epoch) => pastLog(ask, { head, leaves, schedule, epoch, roots })),
      )),
    ],
    witnessPolicy,
    replayers: [...replayers],
  }
}

/**
 * A log that a restore has closed: bundles made under its origin go on to verify. The keys are those of
 * the leaves that are kept of it; one that came in what was lost is in the trust roots of that time
 * alone. Nothing is signed for it any more, so what was signed last is an anchor, and a key that is
 * compromised since counts only with that.
 */
async function pastLog(
  ask: Ask,
  of: {
    head: { origin: string }
    leaves: readonly KeyLeaf[]
    schedule: readonly ScheduledKey[]
    epoch: PastEpoch
    roots: TrustLog['anchors']
  },
): Promise<TrustLog> {
  const { kept, size, root } = of.epoch
  const { service, tenant } = partsOfOrigin(of.head.origin)
  const keys = scheduleOf(of.leaves.filter(({ seq }) => seq < kept)).map((key): ScheduledKey => {
    const now = of.schedule.find(({ use, kid }) => use === key.use && kid === key.kid)
    return now?.compromised ? { ...key, compromised: true, until: key.until ?? kept } : key
  })
  const shared = [
    ...of.roots.filter((anchor) => anchor.size < kept),
    ...(await rootsOf(ask, [kept])),
  ]
  return {
    origin: originOf(service, tenant, of.epoch.epoch),
    keys: keys.flatMap(listed),
    anchors: [...shared.filter((anchor) => anchor.size < size), { size, root }],
  }
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
