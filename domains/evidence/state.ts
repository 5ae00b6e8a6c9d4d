import { sha256 } from '../../core/sha256.ts'
import type { Ask } from '../../lineage/graph.ts'
import { inEdges } from '../../lineage/in-edges.ts'
import { DESIGN } from '../../lineage/kinds.ts'
import { equal } from '../../proofs/hash.ts'
import type { Question } from '../../proofs/manifest.ts'
import { compareLinks } from '../../proofs/outset.ts'
import type { ShownRecord } from '../../proofs/records.ts'
import { isDesign } from '../../proofs/relations.ts'
import { proveKeys } from '../../proofs/sparse-proof.ts'
import { entityKey, type InEdge, inRoot } from '../../proofs/state.ts'
import type { StatePart } from '../../proofs/state-part.ts'
import { compareUtf16 } from '../../proofs/utf8.ts'
import { readStateView } from './state-view.ts'

/** The relations whose edges stand in the in-set at design level. */
const IN_DESIGN = [...DESIGN, 'ALIAS_OF'] as const

/**
 * Makes what a bundle shows of the state tree: that each of its records is its entity's latest at
 * `leaf`, and who lies downstream of those whose neighbours the answer had to follow
 * (docs/specs/state.md, "In a bundle").
 *
 * @param records Those in force at `leaf`, with their out-sets.
 * @throws {Problem} `STATE_TOO_OLD`
 */
export async function readStatePart(
  ask: Ask,
  { leaf, last }: Pick<StatePart, 'leaf' | 'last'>,
  { question, records }: { question: Question; records: readonly ShownRecord[] },
): Promise<StatePart> {
  const ids = records.map(({ header }) => header.id).sort(compareUtf16)
  const followed = followedDown(question, records)
  const [{ tree, entities }, lists] = await Promise.all([
    readStateView(ask, leaf, ids),
    designLists(ask, followed, leaf.size),
  ])
  const proof = proveKeys(
    tree,
    ids.map((id) => entityKey(sha256, id)),
  )
  return {
    leaf,
    last,
    entities: ids.map((id) => {
      const { design, run } = entities.get(id)!
      const list = lists.get(id)
      if (list && !equal(inRoot(sha256, list), design)) {
        throw new Error(`the edges to ${id} are not those of the state at ${leaf.size}`)
      }
      return { id, design: list ?? design, run }
    }),
    proof,
  }
}

/** Sorted, as bundles show them. An entity that nobody points to has an empty list. */
async function designLists(ask: Ask, ids: readonly string[], position: number) {
  const rows = await inEdges(ask, ids, { position, rels: IN_DESIGN })
  return new Map(
    rows.map(({ id, edges }): [string, InEdge[]] => [
      id,
      edges.map(([rel, from, leaf]) => ({ rel, id: from, leaf })).sort(compareLinks),
    ]),
  )
}

/** The entities whose downstream neighbours the answer holds: nearer to the root than the depth. */
function followedDown({ root, direction, depth }: Question, records: readonly ShownRecord[]) {
  if (direction === 'UPSTREAM') return []
  const edges = records.flatMap(({ header, out }) =>
    (out ?? []).filter(({ rel }) => isDesign(rel)).map(({ id }) => ({ up: id, down: header.id })),
  )
  const downOf = Map.groupBy(edges, ({ up }) => up)
  const distances = new Map([[root, 0]])
  // A Map goes on over what is added while it is walked, in order: it is its own queue.
  for (const [id, distance] of distances) {
    if (distance === depth) continue
    for (const { down } of downOf.get(id) ?? []) {
      if (!distances.has(down)) distances.set(down, distance + 1)
    }
  }
  return [...distances].filter(([, distance]) => distance < depth).map(([id]) => id)
}
