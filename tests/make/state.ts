import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { canonicalBytes } from '../../proofs/canonical.ts'
import { leafHash } from '../../proofs/hash.ts'
import type { Json } from '../../proofs/json.ts'
import type { Leaf, StateLeaf } from '../../proofs/leaf.ts'
import { compareLinks } from '../../proofs/outset.ts'
import { proveKeys } from '../../proofs/sparse-proof.ts'
import { changeKeys, emptyTree, treeRoot } from '../../proofs/sparse-tree.ts'
import { entityKey, type InEdge, inLevel, inRoot, stateValue } from '../../proofs/state.ts'
import type { StatePart } from '../../proofs/state-part.ts'

/** An entity as a state tree has it, its in-sets in full. */
export interface TestState {
  leaf: Uint8Array
  design: InEdge[]
  run: InEdge[]
}

/** By id: all entities of a state. */
export type TestStates = Map<string, TestState>

const hashOf = (leaf: Leaf) => leafHash(sha256, canonicalBytes(leaf as unknown as Json))

/** The state after these leaves, worked out from their headers in as plain a way as can be. */
export function statesOf(leaves: readonly Leaf[]): TestStates {
  const latest = new Map<string, Uint8Array>()
  const edges = new Map<string, InEdge & { up: string }>()
  for (const leaf of leaves) {
    if (leaf.v !== 'selvedge/record/1') continue
    latest.set(leaf.id, hashOf(leaf))
    const keyOf = (edge: { rel: string; id: string }) => `${leaf.id} ${edge.rel} ${edge.id}`
    if (leaf.action === 'retire') {
      for (const [key, { id }] of edges) if (id === leaf.id) edges.delete(key)
    }
    for (const edge of leaf.unlinks) edges.delete(keyOf(edge))
    for (const edge of leaf.links) {
      edges.set(keyOf(edge), { rel: edge.rel, id: leaf.id, leaf: b64(hashOf(leaf)), up: edge.id })
    }
  }
  const inSet = (up: string, level: 'design' | 'run') =>
    [...edges.values()]
      .filter((edge) => edge.up === up && inLevel(edge.rel) === level)
      .map(({ rel, id, leaf }) => ({ rel, id, leaf }))
      .sort(compareLinks)
  return new Map(
    [...latest].map(([id, leaf]) => [
      id,
      { leaf, design: inSet(id, 'design'), run: inSet(id, 'run') },
    ]),
  )
}

/** The tree over these states. */
export const treeOfStates = (states: TestStates) =>
  changeKeys(
    sha256,
    emptyTree,
    [...states].map(([id, { leaf, design, run }]) => ({
      key: entityKey(sha256, id),
      value: stateValue(sha256, {
        leaf,
        design: inRoot(sha256, design),
        run: inRoot(sha256, run),
      }),
    })),
  )

/** The root of a state, as a state record has it. */
export const rootOfStates = (states: TestStates) => b64(treeRoot(treeOfStates(states)))

/** What a bundle shows of a state: these entities, and the lists of those that owe one. */
export function partOf(
  states: TestStates,
  {
    leaf,
    last,
    ids,
    lists,
  }: { leaf: StateLeaf; last: StateLeaf | null; ids: readonly string[]; lists: Set<string> },
): StatePart {
  const sorted = [...ids].sort()
  return {
    leaf,
    last,
    entities: sorted.map((id) => {
      const { design, run } = states.get(id) ?? { design: [], run: [] }
      const shown = lists.has(id) ? design : inRoot(sha256, design)
      return { id, design: shown, run: inRoot(sha256, run) }
    }),
    proof: proveKeys(
      treeOfStates(states),
      sorted.map((id) => entityKey(sha256, id)),
    ),
  }
}
