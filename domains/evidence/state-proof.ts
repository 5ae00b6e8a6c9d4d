import { sha256 } from '../../core/sha256.ts'
import type { Ask } from '../../lineage/graph.ts'
import { readLeaves } from '../../lineage/log.ts'
import { leavesAsOf } from '../../lineage/state-log.ts'
import { b64 } from '../../proofs/base64.ts'
import { parseLeaf, type RecordHeader, type StateLeaf } from '../../proofs/leaf.ts'
import { proveKeys, type SparseProof } from '../../proofs/sparse-proof.ts'
import { entityKey } from '../../proofs/state.ts'
import { stateProofPlaces, stateProofText } from '../../proofs/state-proof.ts'
import { type AskedState, otherEnd } from './asked-state.ts'
import type { Exporting } from './export.ts'
import { batchProof } from './inclusion.ts'
import { readStateView } from './state-view.ts'

/** What a state has of an entity. */
export interface ProvenEntity {
  /** The header of its latest record: canonical JSON. */
  header: string
  /** The hash of that record, and the roots of the entity's in-sets, base64url. */
  leaf: string
  design: string
  run: string
}

/** That a state has an entity, with its latest record, or that it has none of that id. */
export interface EntityProof {
  /** `null`: the state has no entity of that id. */
  entity: ProvenEntity | null
  proof: SparseProof
  /** All of it as one text, with what leads to the checkpoint (docs/specs/state.md, "State proof"). */
  json: string
}

/**
 * Proves what a state has of one entity (docs/specs/state.md, "State proof").
 *
 * @throws {Problem} `STATE_TOO_OLD`
 */
export async function proveEntity(
  exporting: Pick<Exporting, 'database'>,
  tenant: string,
  { asOf, leaf, checkpoint }: AskedState & { leaf: StateLeaf },
  id: string,
): Promise<EntityProof> {
  const { read } = exporting.database.graph(tenant)
  const [{ tree, entities }, last] = await Promise.all([
    readStateView(read, leaf, [id]),
    otherEnd(exporting, tenant, { leaf, checkpoint }),
  ])
  const state = entities.get(id)
  const row = state && (await latestLeaf(read, id, leaf.size))
  const current = row && { header: parseLeaf(row.header) as RecordHeader, ...state }
  const shown = { leaf, last, entities: [{ id, current: current ?? null }] }
  const proof = proveKeys(tree, [entityKey(sha256, id)])
  const batch = await batchProof(read, checkpoint.size, stateProofPlaces(shown))
  const json = stateProofText({ ...shown, asOf, proof, batch, checkpoint: checkpoint.note })
  const entity = row && { ...row, design: b64(state.design), run: b64(state.run) }
  return { entity: entity ?? null, proof, json }
}

async function latestLeaf(ask: Ask, id: string, position: number) {
  const [latest] = await leavesAsOf(ask, [id], position)
  const [row] = await readLeaves(ask, latest!.seq, latest!.seq + 1)
  return { header: row!.header, leaf: row!.leaf }
}
