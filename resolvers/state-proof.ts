import { askedState } from '../domains/evidence/asked-state.ts'
import { proveLeaf } from '../domains/evidence/log-proofs.ts'
import { stateNone } from '../domains/evidence/problems.ts'
import { type ProvenEntity, proveEntity } from '../domains/evidence/state-proof.ts'
import { b64 } from '../proofs/base64.ts'
import type { Context } from './context.ts'
import { type EntityNamed, idOfNamed } from './entity.ts'
import type { Log, LogInclusion } from './log.ts'

/** What a state has of an entity, with the proof up to a signed checkpoint. */
export interface StateProof {
  id: string
  asOf: number
  stateSize: number
  entity: ProvenEntity | null
  shape: string
  hashes: string[]
  json: string
  /** The state record, in the log. */
  inclusion: LogInclusion
}

/**
 * Proves what the last state at or before a position has of an entity: its latest record, or that
 * there is none of that id.
 *
 * @throws {Problem} `ENTITY_NOT_NAMED`, `ENTITY_ID_INVALID`, `POSITION_NOT_REACHED`, `STATE_NONE`,
 *   `STATE_TOO_OLD`, `CHECKPOINT_NOT_READY`.
 */
export async function proveState(
  { asOf, ...named }: EntityNamed & { asOf?: number | null },
  { size }: Log,
  context: Context,
): Promise<StateProof> {
  const { services, tenant, graph } = context
  const id = await idOfNamed(named, context)
  const asked = await askedState(services, tenant, { asked: asOf ?? null, least: size })
  if (!asked.leaf) throw stateNone(asked.asOf)
  const { leaf, checkpoint } = asked
  const { note, root } = checkpoint
  const [{ entity, proof, json }, { path, ...inclusion }] = await Promise.all([
    proveEntity(services, tenant, { ...asked, leaf }, id),
    proveLeaf(graph.read, leaf.seq, { note }),
  ])
  return {
    id,
    asOf: asked.asOf,
    stateSize: leaf.size,
    entity,
    shape: proof.shape,
    hashes: proof.hashes.map((hash) => b64(hash)),
    json,
    inclusion: { seq: leaf.seq, root, note, path: path.map(b64), ...inclusion },
  }
}
