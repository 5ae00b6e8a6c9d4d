import { sha256 } from '../core/sha256.ts'
import type { Ask } from '../lineage/graph.ts'
import { type PageChange, type PagePlace, readPages } from '../lineage/pages.ts'
import { b64, unb64 } from '../proofs/base64.ts'
import {
  changedPages,
  emptyTree,
  loadPages,
  missingPages,
  type SparseTree,
  treeOfPages,
  treeRoot,
} from '../proofs/sparse-tree.ts'

/** A page that the store should have and has not: dropped for its age, or damaged. */
export class PageMissing extends Error {
  readonly place: PagePlace

  constructor(place: PagePlace) {
    super(`page «${place.prefix}» of tree «${place.tree}» is not in the store`)
    this.name = 'PageMissing'
    this.place = place
  }
}

/** The keys that are going to be read, changed or proven, by tree. */
export type WantedKeys = ReadonlyMap<string, readonly Uint8Array[]>

/**
 * Loads as much of the trees at state `n` as the keys ask for, all of them level by level together,
 * so that it takes as many reads as the deepest tree has pages in depth.
 *
 * @param known Trees that are loaded in part, or known to be empty; the others start from their root.
 * @throws {PageMissing}
 * @throws {ProofError} `PROOF_STATE_PAGE` where a page is not the one that it is known by.
 */
export async function loadTrees(
  ask: Ask,
  wanted: WantedKeys,
  n: number,
  known: ReadonlyMap<string, SparseTree> = new Map(),
): Promise<Map<string, SparseTree>> {
  const trees = new Map<string, SparseTree>()
  const unknown: string[] = []
  for (const tree of wanted.keys()) {
    const found = known.get(tree)
    if (found) trees.set(tree, found)
    else unknown.push(tree)
  }
  const roots = await pagesByTree(
    ask,
    unknown.map((tree) => ({ tree, prefix: '' })),
    n,
  )
  for (const tree of unknown) {
    const bytes = roots.get(tree)?.get('')
    trees.set(tree, bytes ? treeOfPages(sha256, bytes) : emptyTree)
  }
  for (;;) {
    const missing = missingPlaces(trees, wanted)
    if (missing.length === 0) return trees
    const pages = await pagesByTree(ask, missing, n)
    for (const place of missing) {
      if (!pages.get(place.tree)?.has(place.prefix)) throw new PageMissing(place)
    }
    for (const [tree, some] of pages) trees.set(tree, loadPages(sha256, trees.get(tree)!, some))
  }
}

const missingPlaces = (trees: ReadonlyMap<string, SparseTree>, wanted: WantedKeys): PagePlace[] =>
  [...wanted].flatMap(([tree, keys]) =>
    missingPages(trees.get(tree)!, keys).map((prefix) => ({ tree, prefix })),
  )

async function pagesByTree(ask: Ask, places: readonly PagePlace[], n: number) {
  const pages = new Map<string, Map<string, Uint8Array>>()
  for (const { tree, prefix, bytes } of await readPages(ask, places, n)) {
    const some = pages.get(tree) ?? new Map<string, Uint8Array>()
    pages.set(tree, some.set(prefix, unb64(bytes)))
  }
  return pages
}

/** The pages in which a tree differs from what it was, as they are stored. */
export const pageChanges = (tree: string, before: SparseTree, after: SparseTree): PageChange[] =>
  changedPages(before, after).map(({ prefix, bytes }) => ({
    tree,
    prefix,
    bytes: bytes && b64(bytes),
    hash: prefix === '' && bytes ? b64(treeRoot(after)) : null,
  }))
