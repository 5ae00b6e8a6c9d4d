import { b64 } from './base64.ts'
import { canonicalBytes } from './canonical.ts'
import type { Sha256 } from './hash.ts'
import type { RecordHeader } from './leaf.ts'
import { sparseRoot } from './sparse.ts'
import { EMPTY_ROOT, type SparseEntry } from './sparse-node.ts'
import { changeKeys, emptyTree, type SparseTree, treeRoot } from './sparse-tree.ts'
import { type EntityState, type InLevel, inKey } from './state.ts'
import { text, utf8 } from './utf8.ts'

/** An edge in force: one object that the out-set of its lower end and the in-set of its upper end share. */
export interface ReplayEdge {
  rel: string
  /** Upstream. */
  up: ReplayEntity
  /** Downstream: whose edge it is. */
  down: ReplayEntity
  /** As the link has it: the upper end's leaf, `null` to itself. */
  leaf: Uint8Array | null
  /** The leaf of the record that linked it. */
  by: Uint8Array
}

/**
 * A set of up to this many edges is a list, and hashed anew when its root is asked for; a larger one is
 * kept as a tree, so that a hub with a hundred thousand neighbours costs no more per change than
 * anything else. Most sets have a few edges, and a tree takes many times their memory.
 */
const SMALL = 32

/** What a large set has besides its edges. */
interface Large {
  byName: Map<string, ReplayEdge>
  tree: SparseTree
  /** What the tree has not got yet, by name; without an edge, what it has to lose. */
  pending: Map<string, { edge: ReplayEdge; gone: boolean }>
}

const nameOf = (rel: string, id: string) => `${rel} ${id}`

/** The edges of one in- or out-set, found by relation and by the entity at their other end. */
export class EdgeSet {
  /** Where the other end is: a set of out-edges finds them by what is upstream. */
  readonly #other: 'up' | 'down'
  #few: ReplayEdge[] | null = null
  #large: Large | null = null
  #root: Uint8Array | null = EMPTY_ROOT

  constructor(other: 'up' | 'down') {
    this.#other = other
  }

  find(rel: string, id: string): ReplayEdge | undefined {
    if (this.#large) return this.#large.byName.get(nameOf(rel, id))
    return this.#few?.find((edge) => edge.rel === rel && edge[this.#other].id === id)
  }

  /** All edges, as they are now. */
  all(): ReplayEdge[] {
    return this.#large ? [...this.#large.byName.values()] : [...(this.#few ?? [])]
  }

  /** Adds an edge that is not there. */
  add(edge: ReplayEdge) {
    this.#root = null
    if (this.#large) this.#change(this.#large, edge, false)
    else {
      // Not pushed: an array that grows takes room for seventeen, and there are as many sets as records.
      this.#few = [...(this.#few ?? []), edge]
      if (this.#few.length > SMALL) this.#grow(this.#few)
    }
  }

  /** Takes an edge away that is there. */
  remove(edge: ReplayEdge) {
    this.#root = null
    if (this.#large) this.#change(this.#large, edge, true)
    else this.#few!.splice(this.#few!.indexOf(edge), 1)
  }

  #grow(edges: readonly ReplayEdge[]) {
    this.#few = null
    this.#large = { byName: new Map(), tree: emptyTree, pending: new Map() }
    for (const edge of edges) this.#change(this.#large, edge, false)
  }

  #change({ byName, pending }: Large, edge: ReplayEdge, gone: boolean) {
    const name = nameOf(edge.rel, edge[this.#other].id)
    if (gone) byName.delete(name)
    else byName.set(name, edge)
    pending.set(name, { edge, gone })
  }

  /** Gives the root of the sparse tree over the edges. */
  root(sha256: Sha256): Uint8Array {
    this.#root ??= this.#large ? this.#grown(sha256, this.#large) : this.#hashed(sha256)
    return this.#root
  }

  #hashed(sha256: Sha256) {
    return sparseRoot(
      sha256,
      this.#few!.map((edge) => this.#entry(sha256, edge)),
    )
  }

  #grown(sha256: Sha256, large: Large) {
    const changes = [...large.pending.values()].map(({ edge, gone }) => {
      const { key, value } = this.#entry(sha256, edge)
      return { key, value: gone ? null : value }
    })
    large.tree = changeKeys(sha256, large.tree, changes)
    large.pending.clear()
    return treeRoot(large.tree)
  }

  #entry(sha256: Sha256, { rel, up, down, leaf, by }: ReplayEdge): SparseEntry {
    if (this.#other === 'down') return { key: inKey(sha256, rel, down.id), value: by }
    return {
      key: sha256(canonicalBytes([rel, up.id])),
      value: sha256(canonicalBytes([rel, up.id, leaf && b64(leaf)])),
    }
  }
}

/** Copies a text that was cut out of a leaf's: otherwise it would keep the whole leaf in memory. */
export const ownText = (cut: string) => text(utf8(cut))

/** An entity as the headers up to here make it. */
export class ReplayEntity {
  readonly id: string
  readonly kind: string
  version = 0
  action: RecordHeader['action'] = 'assert'
  leaf: Uint8Array = EMPTY_ROOT
  body = ''
  /** What it is an alias of, by an edge in force, whatever it says besides; `null` for one that is none. */
  alias: ReplayEntity | null = null
  readonly out = new EdgeSet('up')
  readonly in: Record<InLevel, EdgeSet> = { design: new EdgeSet('down'), run: new EdgeSet('down') }
  /** The position and the body of each of its records: what an erasure must name. */
  readonly #bodies: { seq: number; body: string }[] = []
  /** The same to be looked up; made for the first erasure, since most entities never see one. */
  #index: BodyIndex | null = null
  /** The last header, where it changes so many edges that the next may go on with it. */
  full: RecordHeader | null = null

  constructor({ id, kind }: Pick<RecordHeader, 'id' | 'kind'>) {
    this.id = ownText(id)
    this.kind = ownText(kind)
  }

  /** Takes down the body of its next record. */
  carry(seq: number, body: string) {
    this.#bodies.push({ seq, body })
    if (this.#index) enter(this.#index, { seq, body })
  }

  /** Its records by their bodies, and their bodies by their places. */
  bodies(): BodyIndex {
    if (!this.#index) {
      this.#index = { at: new Map(), of: new Map() }
      for (const one of this.#bodies) enter(this.#index, one)
    }
    return this.#index
  }

  /** What the state tree says of it. */
  state(sha256: Sha256): EntityState {
    const { leaf } = this
    return { leaf, design: this.in.design.root(sha256), run: this.in.run.root(sha256) }
  }
}

/** The records of one entity: the body at each place, and the places of each body. */
interface BodyIndex {
  at: Map<number, string>
  of: Map<string, number[]>
}

function enter({ at, of }: BodyIndex, { seq, body }: { seq: number; body: string }) {
  at.set(seq, body)
  const known = of.get(body)
  if (known) known.push(seq)
  else of.set(body, [seq])
}
