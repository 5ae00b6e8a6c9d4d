import { sha256 } from '../../core/sha256.ts'
import { loadTrees, PageMissing } from '../../ledger/state-trees.ts'
import type { Ask } from '../../lineage/graph.ts'
import { readLeaves } from '../../lineage/log.ts'
import { inTree, readTreeRoots, STATE_TREE } from '../../lineage/pages.ts'
import { leavesAsOf } from '../../lineage/state-log.ts'
import { unb64 } from '../../proofs/base64.ts'
import { ProofError } from '../../proofs/error.ts'
import { equal } from '../../proofs/hash.ts'
import type { StateLeaf } from '../../proofs/leaf.ts'
import { openReplay } from '../../proofs/replay.ts'
import { emptyTree, type SparseTree, treeRoot, valueAt } from '../../proofs/sparse-tree.ts'
import { type EntityState, entityKey, stateValue } from '../../proofs/state.ts'
import { stateTooOld } from './problems.ts'

/** What a state says of some entities, and enough of its tree to prove it. */
export interface StateView {
  tree: SparseTree
  /** By id; an entity that is not there is one that the tree has not got. */
  entities: ReadonlyMap<string, EntityState>
}

/** A log up to this size is read anew for a state whose pages are gone: some seconds, and a few 100 MB. */
export const MOST_REPLAYED = 100_000
const LEAVES_A_READ = 1_000
const TRIES = 3
const PAUSE_MS = 50

/**
 * Reads what a state says of entities, from its pages; where these are gone, from the headers of the
 * log. Whichever way, the tree must have the root that the state record has, and in it every entity
 * what is stored of it: nothing is handed on that would not verify.
 *
 * @throws {Problem} `STATE_TOO_OLD` where the pages are gone and the log before is long.
 */
export async function readStateView(
  ask: Ask,
  leaf: StateLeaf,
  ids: readonly string[],
): Promise<StateView> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const view = await fromPages(ask, leaf, ids)
    if (view) return view
    // A commit is applied piece by piece: what a read met halfway is whole a moment later.
    await new Promise((resolve) => {
      setTimeout(resolve, PAUSE_MS)
    })
  }
  return fromHeaders(ask, leaf, ids)
}

/** `null` where pages are missing, or are not those of this state. */
async function fromPages(
  ask: Ask,
  { size, root }: StateLeaf,
  ids: readonly string[],
): Promise<StateView | null> {
  const keys = new Map(ids.map((id) => [id, entityKey(sha256, id)]))
  try {
    const [trees, roots, rows] = await Promise.all([
      loadTrees(ask, new Map([[STATE_TREE, [...keys.values()]]]), size),
      readTreeRoots(ask, ids.flatMap(inTreesOf), size),
      leavesAsOf(ask, ids, size),
    ])
    const tree = trees.get(STATE_TREE)!
    const rootOf = (name: string) => {
      const stored = roots.get(name)
      return stored === undefined ? treeRoot(emptyTree) : unb64(stored)
    }
    const entities = new Map(
      rows.map(({ id, leaf }) => {
        const [design, run] = inTreesOf(id).map(rootOf)
        return [id, { leaf: unb64(leaf), design: design!, run: run! }]
      }),
    )
    const holds = ids.every((id) => isSaid(tree, keys.get(id)!, entities.get(id)))
    return holds && equal(treeRoot(tree), unb64(root)) ? { tree, entities } : null
  } catch (error) {
    if (error instanceof PageMissing || error instanceof ProofError) return null
    throw error
  }
}

const inTreesOf = (id: string) => [inTree(id, 'design'), inTree(id, 'run')]

function isSaid(tree: SparseTree, key: Uint8Array, state: EntityState | undefined) {
  const value = valueAt(tree, key)
  if (value === undefined || state === undefined) return value === state
  return equal(value, stateValue(sha256, state))
}

/** Derives the state anew, as anybody could who has the log. */
async function fromHeaders(
  ask: Ask,
  { tenant, size, root }: StateLeaf,
  ids: readonly string[],
): Promise<StateView> {
  if (size > MOST_REPLAYED) throw stateTooOld(size, MOST_REPLAYED)
  const replay = openReplay(sha256, { tenant })
  while (replay.size < size) {
    const rows = await readLeaves(ask, replay.size, Math.min(replay.size + LEAVES_A_READ, size))
    if (rows.length === 0) throw new Error(`leaf ${replay.size} is missing from the store`)
    for (const { header } of rows) replay.add(header)
  }
  const tree = replay.stateTree()
  if (!equal(treeRoot(tree), unb64(root))) {
    throw new Error(`the headers do not give the state at ${size}: selvedge fsck tells more`)
  }
  const entities = ids.flatMap((id) => {
    const state = replay.stateOf(id)
    return state ? [[id, state] as const] : []
  })
  return { tree, entities: new Map(entities) }
}
