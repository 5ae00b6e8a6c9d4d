import { equal, type Sha256 } from './hash.ts'
import {
  compareKeys,
  entryOf,
  firstWithOne,
  isOf,
  joinNodes,
  leafNode,
  type SparseEntry,
  type SparseLeaf,
  type SparseNode,
} from './sparse-node.ts'
import { notLoaded } from './sparse-page.ts'

/** One key and what it shall have; `null` takes the key away. */
export interface KeyChange {
  key: Uint8Array
  value: Uint8Array | null
}

/** One batch of changes: every place that it touches is made and hashed once. */
export class Change {
  readonly #sha256: Sha256
  readonly #sorted: readonly KeyChange[]

  constructor(sha256: Sha256, sorted: readonly KeyChange[]) {
    this.#sha256 = sha256
    this.#sorted = sorted
  }

  /** Gives what stands at a place after the changes from `from` up to `to`, which all lead there. */
  apply(node: SparseNode, depth: number, from: number, to: number): SparseNode {
    if (from === to) return node
    if (node === null) return this.#grow(null, depth, from, to)
    if (node.kind === 'stub') throw notLoaded()
    if (node.kind === 'leaf') return this.#grow(node, depth, from, to)
    const border = firstWithOne(this.#sorted, depth, from, to)
    const left = this.apply(node.left, depth + 1, from, border)
    const right = this.apply(node.right, depth + 1, border, to)
    if (left === node.left && right === node.right) return node
    return joinNodes(this.#sha256, left, right)
  }

  /** Where at most one key stood: what stands there now. */
  #grow(old: SparseLeaf | null, depth: number, from: number, to: number): SparseNode {
    const first = this.#sorted[from]!
    if (to - from === 1 && (old === null || isOf(old, first.key))) {
      const { key, value } = first
      return value === null ? null : this.#leaf(old, { key, value })
    }
    const changed = this.#sorted.slice(from, to)
    const entries = changed.filter((change): change is SparseEntry => change.value !== null)
    if (old !== null && !changed.some(({ key }) => isOf(old, key))) {
      const place = entries.findIndex(({ key }) => compareKeys(old.entry, key) < 0)
      entries.splice(place < 0 ? entries.length : place, 0, entryOf(old))
    }
    return this.#build(old, entries, depth, 0, entries.length)
  }

  /** A leaf is the same at whatever depth: the old one moves, or stays. */
  #leaf(old: SparseLeaf | null, entry: SparseEntry): SparseLeaf {
    const same = old !== null && isOf(old, entry.key) && equal(entryOf(old).value, entry.value)
    return same ? old : leafNode(this.#sha256, entry)
  }

  #build(
    old: SparseLeaf | null,
    entries: readonly SparseEntry[],
    depth: number,
    from: number,
    to: number,
  ): SparseNode {
    if (from === to) return null
    if (to - from === 1) return this.#leaf(old, entries[from]!)
    const border = firstWithOne(entries, depth, from, to)
    const left = this.#build(old, entries, depth + 1, from, border)
    const right = this.#build(old, entries, depth + 1, border, to)
    return joinNodes(this.#sha256, left, right)
  }
}
