import { sha256 } from '../../core/sha256.ts'
import { pageChanges } from '../../ledger/state-trees.ts'
import { inTree, type PageChange, STATE_TREE } from '../../lineage/pages.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import type { KeyChange } from '../../proofs/sparse-change.ts'
import { changeKeys, emptyTree, type SparseTree, treeRoot } from '../../proofs/sparse-tree.ts'
import { entityKey, inKey, inLevel, inValue, stateValue } from '../../proofs/state.ts'
import type { Rebuilt } from './rebuild.ts'

/**
 * Makes the pages of the last state anew: that of every in-set, and that over all entities, whose root
 * must be the one that the log's last state record says.
 *
 * @returns The pages, and that root in base64url.
 */
export function statePages(entities: ReadonlyMap<string, Rebuilt>): {
  pages: PageChange[]
  root: string
} {
  const ins = new Map<string, KeyChange[]>()
  for (const [from, { edges }] of entities) {
    for (const { rel, to, by } of edges.values()) {
      const level = inLevel(rel)
      if (!level) continue
      const tree = inTree(to, level)
      const keys = ins.get(tree) ?? []
      ins.set(tree, keys)
      keys.push({ key: inKey(sha256, rel, from), value: inValue(by) })
    }
  }
  const trees = new Map([...ins].map(([name, keys]) => [name, changeKeys(sha256, emptyTree, keys)]))
  const rootOf = (name: string) => treeRoot(trees.get(name) ?? emptyTree)
  const keys = [...entities].map(([id, { row }]) => ({
    key: entityKey(sha256, id),
    value: stateValue(sha256, {
      leaf: unb64(row.leaf),
      design: rootOf(inTree(id, 'design')),
      run: rootOf(inTree(id, 'run')),
    }),
  }))
  const state = changeKeys(sha256, emptyTree, keys)
  const pagesOf = ([name, tree]: readonly [string, SparseTree]) =>
    pageChanges(name, emptyTree, tree)
  return {
    pages: [...trees, [STATE_TREE, state] as const].flatMap(pagesOf),
    root: b64(treeRoot(state)),
  }
}
