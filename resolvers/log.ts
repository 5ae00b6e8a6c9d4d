import { rangeHashes } from '../domains/evidence/inclusion.ts'
import { findPublished, PUBLIC_FIELD } from '../domains/log-files/published.ts'
import type { Receipt } from '../ledger/ledger.ts'
import { tenantName } from '../ledger/tenant.ts'
import { type LogHead, readLeaves, readLog } from '../lineage/log.ts'
import { b64 } from '../proofs/base64.ts'
import { inclusionRanges } from '../proofs/inclusion.ts'
import type { Context } from './context.ts'
import { leafUnknown } from './problems.ts'
import { keyFor } from './record.ts'

/** The tenant's log as of the request's position. */
export interface Log {
  origin: string
  size: number
}

/** One leaf, and the proof that it stands in the tree of a signed checkpoint. */
export interface LogInclusion {
  seq: number
  size: number
  leaf: string
  header: string
  path: string[]
  root: string
  note: string
}

export async function findLog({ pin, graph }: Context): Promise<Log> {
  let n: number | null = null
  const head = await pin.read<LogHead>((at) => {
    n = at
    return readLog(graph.read)
  })
  return { origin: head.origin, size: n ?? head.size }
}

export const findCheckpoint = ({ tenant, services }: Context) => services.ledger.checkpoint(tenant)

/**
 * Proves that a leaf is in the log, against a signed checkpoint; one is signed now where none covers
 * the leaf yet.
 *
 * @throws {Problem} `LOG_LEAF_UNKNOWN`
 */
export async function proveInclusion(
  seq: number,
  { size: known }: Log,
  { tenant, graph, services }: Context,
): Promise<LogInclusion> {
  if (seq >= known) throw leafUnknown(seq, known)
  const { size, root, note } = await services.ledger.checkpointOf(tenant, seq + 1)
  const [hashes, [leaf]] = await Promise.all([
    rangeHashes(graph.read, inclusionRanges(seq, size)),
    readLeaves(graph.read, seq, seq + 1),
  ])
  return { seq, size, root, note, path: hashes.map(b64), leaf: leaf!.leaf, header: leaf!.header }
}

/** Whether everyone may read the log now. */
export const isLogPublic = async ({ graph }: Context) =>
  (await findPublished(graph.read))?.isPublic ?? false

/**
 * Lets everyone read the log, or no longer: a record of the tenant itself, so that it is in the log
 * who opened it, and when.
 */
export async function setLogPublic(
  { public: isPublic }: { public: boolean },
  context: Context,
  path: { key: string | number },
): Promise<Receipt> {
  const { tenant, caller, services } = context
  const name = tenantName(tenant)
  const receipt = await services.ledger.submit({
    tenant,
    subject: caller.subject,
    key: keyFor(caller, path),
    request: JSON.stringify(['logPublicSet', isPublic]),
    names: [name],
    run: async (draft) => [
      draft.assert({
        ...name,
        id: draft.urn(name.kind, name.namespace, name.name),
        fields: { [PUBLIC_FIELD]: isPublic || undefined },
      }),
    ],
  })
  context.pin.reached(receipt.position)
  return receipt
}
