import type { Sha256 } from './hash.ts'
import { sparseRoot } from './sparse.ts'
import type { SparseEntry } from './sparse-node.ts'
import { changeKeys, emptyTree, type SparseTree, treeRoot } from './sparse-tree.ts'

/**
 * A set of up to this many edges is hashed anew when its root is asked for; a larger one is kept as a
 * tree, so that a hub with a hundred thousand neighbours costs no more per change than anything else.
 * Most sets have a few edges, and a tree takes several times their memory.
 */
const SMALL = 32

/** The edges of one in- or out-set, by a name that is theirs alone, and their root whenever it is asked for. */
export class EdgeSet<Edge> {
  readonly #sha256: Sha256
  readonly #entry: (edge: Edge) => SparseEntry
  readonly #edges = new Map<string, Edge>()
  #tree: SparseTree | null = null
  /** What the tree has not got yet, by name; `null` takes a key away. */
  readonly #pending = new Map<string, { edge: Edge; gone: boolean }>()
  #root: Uint8Array | null = null

  /** @param entry The key and value of an edge in the set's sparse tree. */
  constructor(sha256: Sha256, entry: (edge: Edge) => SparseEntry) {
    this.#sha256 = sha256
    this.#entry = entry
  }

  get size() {
    return this.#edges.size
  }

  get(name: string) {
    return this.#edges.get(name)
  }

  values() {
    return this.#edges.values()
  }

  set(name: string, edge: Edge) {
    this.#edges.set(name, edge)
    this.#change(name, edge, false)
  }

  delete(name: string) {
    const edge = this.#edges.get(name)
    if (edge === undefined) return
    this.#edges.delete(name)
    this.#change(name, edge, true)
  }

  #change(name: string, edge: Edge, gone: boolean) {
    this.#root = null
    if (this.#tree !== null) this.#pending.set(name, { edge, gone })
  }

  /** Gives the root of the sparse tree over the edges. */
  root(): Uint8Array {
    this.#root ??= this.#compute()
    return this.#root
  }

  #compute() {
    if (this.#edges.size <= SMALL) {
      this.#tree = null
      this.#pending.clear()
      return sparseRoot(this.#sha256, [...this.#edges.values()].map(this.#entry))
    }
    const changes =
      this.#tree === null
        ? [...this.#edges.values()].map(this.#entry)
        : [...this.#pending.values()].map(({ edge, gone }) => {
            const { key, value } = this.#entry(edge)
            return { key, value: gone ? null : value }
          })
    this.#tree = changeKeys(this.#sha256, this.#tree ?? emptyTree, changes)
    this.#pending.clear()
    return treeRoot(this.#tree)
  }
}
