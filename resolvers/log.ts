import { findWitnessed } from '../domains/evidence/covering-checkpoint.ts'
import { proveConsistency, proveLeaf } from '../domains/evidence/log-proofs.ts'
import { leafUncovered } from '../domains/evidence/problems.ts'
import { findPublished, PUBLIC_FIELD } from '../domains/log-files/published.ts'
import type { Receipt } from '../ledger/ledger.ts'
import { notYetSigned } from '../ledger/problems.ts'
import { tenantName } from '../ledger/tenant.ts'
import { type LogHead, readLog } from '../lineage/log.ts'
import { b64 } from '../proofs/base64.ts'
import { parseNote } from '../proofs/note.ts'
import type { Context } from './context.ts'
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
  tlogProof: string
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

/** The newest checkpoint that a quorum of the service's witnesses has cosigned. */
export const findWitnessedCheckpoint = ({ graph }: Context) => findWitnessed(graph.read)

/** A checkpoint's note with the cosignatures, where a quorum has given them to just this one. */
export async function findCosigned({ note }: { note: string }, { graph }: Context) {
  const witnessed = await findWitnessed(graph.read)
  const sameText = (other: string) => parseNote(other).text === parseNote(note).text
  return witnessed && sameText(witnessed.note) ? witnessed.note : null
}

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
  if (seq >= known) throw leafUncovered(seq, known)
  const { root, note } = await services.ledger.checkpointOf(tenant, seq + 1)
  const { path, ...proof } = await proveLeaf(graph.read, seq, { note })
  return { seq, root, note, path: path.map(b64), ...proof }
}

/** Two sizes of the log, and the proof that the later tree begins with the earlier. */
export interface LogConsistency {
  from: number
  to: number
  fromRoot: string
  toRoot: string
  path: string[]
  note: string | null
  addCheckpoint: string | null
}

/**
 * Proves that the log went on from one size to a later one, by default to that of the published
 * checkpoint. Nothing is proven of what no published checkpoint covers.
 *
 * @throws {Problem} `LOG_SIZES_INVALID`, `CHECKPOINT_NOT_READY`
 */
export async function findConsistency(
  asked: { from: number; to?: number | null },
  { tenant, graph, services }: Context,
): Promise<LogConsistency> {
  const published = await services.ledger.checkpoint(tenant)
  if (!published) throw notYetSigned(tenant)
  const sizes = { from: asked.from, to: asked.to ?? published.size }
  const proof = await proveConsistency(graph.read, sizes, published)
  return {
    ...sizes,
    fromRoot: b64(proof.fromRoot),
    toRoot: b64(proof.toRoot),
    path: proof.path.map(b64),
    note: sizes.to === published.size ? published.note : null,
    addCheckpoint: proof.addCheckpoint,
  }
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
