import { sha256 } from '../../core/sha256.ts'
import type { Ask } from '../../lineage/graph.ts'
import { readLeaves } from '../../lineage/log.ts'
import { leavesAsOf } from '../../lineage/state-log.ts'
import { b64 } from '../../proofs/base64.ts'
import { canonical } from '../../proofs/canonical.ts'
import type { StateLeaf } from '../../proofs/leaf.ts'
import { proveKeys, type SparseProof } from '../../proofs/sparse-proof.ts'
import { entityKey } from '../../proofs/state.ts'
import { statePartJson } from '../../proofs/state-part.ts'
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
  id: string
  leaf: StateLeaf
  /** `null`: the state has no entity of that id. */
  entity: ProvenEntity | null
  proof: SparseProof
  /** The same as one text, in the form that bundles have it (docs/specs/state.md, "In a bundle"). */
  json: string
}

/**
 * Proves what a state has of one entity (docs/specs/state.md, "Proof").
 *
 * @throws {Problem} `STATE_TOO_OLD`
 */
export async function proveEntity(ask: Ask, leaf: StateLeaf, id: string): Promise<EntityProof> {
  const { tree, entities } = await readStateView(ask, leaf, [id])
  const proof = proveKeys(tree, [entityKey(sha256, id)])
  const state = entities.get(id)
  const shown = state ? [{ id, design: state.design, run: state.run }] : []
  const json = canonical(statePartJson({ leaf, last: null, entities: shown, proof }))
  if (!state) return { id, leaf, entity: null, proof, json }
  const [latest] = await leavesAsOf(ask, [id], leaf.size)
  const [row] = await readLeaves(ask, latest!.seq, latest!.seq + 1)
  const { design, run } = state
  const entity = { header: row!.header, leaf: row!.leaf, design: b64(design), run: b64(run) }
  return { id, leaf, entity, proof, json }
}
