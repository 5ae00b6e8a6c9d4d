import { sha256 } from '../../core/sha256.ts'
import type { LogHead } from '../../lineage/log.ts'
import { inTree, STATE_TREE } from '../../lineage/pages.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import type { Leaf, RecordHeader, StateLeaf } from '../../proofs/leaf.ts'
import type { KeyChange } from '../../proofs/sparse-change.ts'
import {
  changedPages,
  changeKeys,
  emptyTree,
  type SparseTree,
  treeRoot,
} from '../../proofs/sparse-tree.ts'
import { entityKey, inKey, inLevel, inValue, stateValue } from '../../proofs/state.ts'
import type { DifferenceName, Report } from './difference.ts'
import type { StoredPage } from './store.ts'

type ExpectedPage = Pick<StoredPage, 'bytes' | 'hash'>
type Edge = { rel: string; id: string }
const keyOf = ({ rel, id }: Edge) => `${rel} ${id}`

/**
 * Makes the trees of a tenant's state anew from the headers of its log, and holds the stored pages
 * against them. They are kept whole in memory, so this shares the arithmetic of trees with the write
 * path, and neither how changes are found nor how pages are kept.
 */
export class PagePass {
  readonly #report: Report
  readonly #leaves = new Map<string, string>()
  readonly #out = new Map<string, Map<string, Edge>>()
  readonly #trees = new Map<string, SparseTree>()
  /** What came since the last state record: in-edges by tree and key, and the entities concerned. */
  readonly #pending = new Map<string, Map<string, KeyChange>>()
  readonly #changed = new Set<string>()
  readonly #compared = new Set<string>()
  /** The tree whose stored pages are being looked at, with the pages of it that were not met yet. */
  #comparing: { tree: string; pages: Map<string, ExpectedPage> } | null = null
  #last: number | null = null

  constructor(report: Report) {
    this.#report = report
  }

  /** @param hash The leaf's own hash, in base64url. */
  accept(leaf: Leaf, hash: string) {
    if (leaf.v === 'selvedge/record/1') this.#record(leaf, hash)
    if (leaf.v === 'selvedge/state/1') this.#state(leaf)
  }

  #record(header: RecordHeader, leaf: string) {
    const { id, action, links, unlinks } = header
    const out = this.#out.get(id) ?? new Map<string, Edge>()
    this.#out.set(id, out)
    for (const edge of action === 'retire' ? [...out.values()] : unlinks) {
      this.#edge(edge, id, null)
      out.delete(keyOf(edge))
    }
    for (const { rel, id: to } of links) {
      this.#edge({ rel, id: to }, id, inValue(leaf))
      out.set(keyOf({ rel, id: to }), { rel, id: to })
    }
    this.#leaves.set(id, leaf)
    this.#changed.add(id)
  }

  #edge({ rel, id }: Edge, from: string, value: Uint8Array | null) {
    const level = inLevel(rel)
    if (!level) return
    const tree = inTree(id, level)
    const changes = this.#pending.get(tree) ?? new Map<string, KeyChange>()
    this.#pending.set(tree, changes)
    changes.set(keyOf({ rel, id: from }), { key: inKey(sha256, rel, from), value })
    this.#changed.add(id)
  }

  /** Whether its root is that of the headers is the replay's to say. */
  #state({ seq }: StateLeaf) {
    this.#last = seq
    for (const [tree, changes] of this.#pending) this.#change(tree, [...changes.values()])
    this.#change(
      STATE_TREE,
      [...this.#changed].map((id) => ({ key: entityKey(sha256, id), value: this.#value(id) })),
    )
    this.#pending.clear()
    this.#changed.clear()
  }

  /** Holds the head of the log against its state records. */
  compareHead({ built, stateSize, size }: LogHead) {
    if (stateSize !== this.#last) {
      this.#tell('STATE_HEAD', `its last state record is at ${this.#last}, not ${stateSize}`)
    }
    if (built > size || built < (this.#last ?? -1) + 1) {
      this.#tell('STATE_HEAD', `its pages are said to reflect ${built} leaves of ${size}`)
    }
  }

  /** The position of the last state record; `null` before the first. */
  get last() {
    return this.#last
  }

  /** Takes the next stored pages of the last state, in order, and says what none must follow. */
  compare(pages: readonly StoredPage[]) {
    for (const page of pages) {
      if (page.tree !== this.#comparing?.tree) this.#compareTree(page.tree)
      const expected = this.#comparing!.pages
      const due = expected.get(page.prefix)
      const what = `«${page.prefix}» of tree «${page.tree}»`
      if (due === undefined) this.#tell('PAGE_UNKNOWN', what)
      else if (due.bytes !== page.bytes || due.hash !== page.hash) this.#tell('PAGE', what)
      expected.delete(page.prefix)
    }
  }

  /** Reports the pages that were not among those compared. */
  endPages() {
    this.#endTree()
    for (const [tree, whole] of this.#trees) {
      if (whole === emptyTree || this.#compared.has(tree)) continue
      this.#compareTree(tree)
    }
    this.#endTree()
  }

  #compareTree(tree: string) {
    this.#endTree()
    this.#compared.add(tree)
    const whole = this.#tree(tree)
    const pages = changedPages(emptyTree, whole).map(({ prefix, bytes }) => {
      const hash = prefix === '' ? b64(treeRoot(whole)) : null
      return [prefix, { bytes: b64(bytes!), hash }] as const
    })
    this.#comparing = { tree, pages: new Map(pages) }
  }

  #endTree() {
    const { tree, pages } = this.#comparing ?? { tree: '', pages: new Map() }
    for (const prefix of pages.keys()) this.#tell('PAGE_MISSING', `«${prefix}» of tree «${tree}»`)
    this.#comparing = null
  }

  #value(id: string) {
    const [design, run] = (['design', 'run'] as const).map((level) =>
      treeRoot(this.#tree(inTree(id, level))),
    )
    const leaf = this.#leaves.get(id)
    // An edge to an entity without records is told by the replay.
    return leaf === undefined
      ? null
      : stateValue(sha256, { leaf: unb64(leaf), design: design!, run: run! })
  }

  #tree(name: string) {
    return this.#trees.get(name) ?? emptyTree
  }

  #change(name: string, changes: readonly KeyChange[]) {
    this.#trees.set(name, changeKeys(sha256, this.#tree(name), changes))
  }

  #tell(name: DifferenceName, what: string) {
    this.#report({ name, what })
  }
}
