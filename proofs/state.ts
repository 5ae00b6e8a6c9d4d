import { unb64 } from './base64.ts'
import { canonicalBytes } from './canonical.ts'
import { HASH_BYTES, type Sha256 } from './hash.ts'
import { levelOf } from './relations.ts'
import { sparseRoot } from './sparse.ts'
import type { SparseEntry } from './sparse-node.ts'
import { utf8 } from './utf8.ts'

/** The two in-sets that an entity has: who lies downstream of it by design, and what runs did with it. */
export type InLevel = 'design' | 'run'

/** An edge from a downstream neighbour, with the leaf (base64url) of the record that added it. */
export interface InEdge {
  rel: string
  /** The downstream entity, which the edge belongs to. */
  id: string
  leaf: string
}

/** What the state tree says of one entity: the leaf of its latest record, and the roots of its in-sets. */
export interface EntityState {
  leaf: Uint8Array
  design: Uint8Array
  run: Uint8Array
}

/** Told apart from what a log and a sparse tree hash (`docs/specs/state.md`, "State tree"). */
const VALUE = 0x04

/** Gives an entity's key in the state tree: `H(id)`. */
export const entityKey = (sha256: Sha256, id: string): Uint8Array => sha256(utf8(id))

const scratch = new Uint8Array(1 + 3 * HASH_BYTES)

/** Gives an entity's value in the state tree: `H(0x04 ‖ leaf ‖ inDesign ‖ inRun)`. */
export function stateValue(sha256: Sha256, { leaf, design, run }: EntityState): Uint8Array {
  scratch[0] = VALUE
  scratch.set(leaf, 1)
  scratch.set(design, 1 + HASH_BYTES)
  scratch.set(run, 1 + 2 * HASH_BYTES)
  return sha256(scratch)
}

/** Gives the key of an edge in the in-set of its upstream end: `H(JCS([rel, downstream id]))`. */
export const inKey = (sha256: Sha256, rel: string, id: string): Uint8Array =>
  sha256(canonicalBytes([rel, id]))

/** Gives the value of an edge in an in-set: the leaf of the record that added it, as it is. */
export const inValue = (leaf: string): Uint8Array => unb64(leaf)

/** Gives the key and value of an edge in the in-set of its upstream end. */
export const inEntry = (sha256: Sha256, { rel, id, leaf }: InEdge): SparseEntry => ({
  key: inKey(sha256, rel, id),
  value: inValue(leaf),
})

/** Gives the root over an in-set; 32 zero bytes for none. The order of the edges does not matter. */
export const inRoot = (sha256: Sha256, edges: readonly InEdge[]): Uint8Array =>
  sparseRoot(
    sha256,
    edges.map((edge) => inEntry(sha256, edge)),
  )

/**
 * Says in which in-set of its upstream end an edge stands, `undefined` for a relation that is none:
 * `ALIAS_OF` is among the design edges, because it tells what else may be downstream.
 */
export function inLevel(rel: string): InLevel | undefined {
  const level = levelOf(rel)
  return level === 'admin' ? 'design' : level
}
