import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { canonicalBytes } from '../../proofs/canonical.ts'
import { leafHash } from '../../proofs/hash.ts'
import type { Json } from '../../proofs/json.ts'
import type { EpochLeaf, Leaf, RecordHeader, StateLeaf } from '../../proofs/leaf.ts'
import { compareLinks, type Link, outRoot } from '../../proofs/outset.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { rootOfStates, statesOf } from './state.ts'

/** Writes leaves behind others, honest where nothing else is said: whatever is named is written as it is named. */
export class Pen {
  readonly leaves: Leaf[]
  readonly #tenant: string

  constructor(leaves: readonly Leaf[]) {
    this.leaves = [...leaves]
    this.#tenant = leaves[0]!.tenant
  }

  /** The leaf that an entity has now, in base64url; `null` for one that is nowhere. */
  leafOf(id: string): string | null {
    const last = this.#last(id)
    return last ? leafTextOf(last) : null
  }

  /** The edges of an entity in force. */
  out(id: string): Link[] {
    let out = new Map<string, Link>()
    for (const leaf of this.leaves) {
      if (leaf.v !== 'selvedge/record/1' || leaf.id !== id) continue
      if (leaf.action === 'retire') out = new Map()
      for (const { rel, id } of leaf.unlinks) out.delete(`${rel} ${id}`)
      for (const link of leaf.links) out.set(`${link.rel} ${link.id}`, link)
    }
    return [...out.values()].sort(compareLinks)
  }

  /** Appends a record of an entity: its next version, its edges after the change, a body of its own. */
  record(id: string, said: Partial<RecordHeader> = {}): RecordHeader {
    const before = this.#last(id)
    const links = [...(said.links ?? [])].sort(compareLinks)
    const dropped = new Set((said.unlinks ?? []).map((edge) => `${edge.rel} ${edge.id}`))
    const kept = said.action === 'retire' ? [] : this.out(id)
    const staying = kept.filter((edge) => !dropped.has(`${edge.rel} ${edge.id}`))
    const out = new Map([...staying, ...links].map((edge) => [`${edge.rel} ${edge.id}`, edge]))
    const seq = this.leaves.length
    const header = {
      ...{ v: 'selvedge/record/1', tenant: this.#tenant, seq, kind: kindOf(id), id },
      ...{ version: (before?.version ?? 0) + 1, action: 'assert', at: this.#at() },
      actor: `p_${b64(new Uint8Array(16))}`,
      unlinks: [],
      out: b64(outRoot(sha256, [...out.values()])),
      body: said.action === 'retire' ? b64(sha256()) : b64(sha256(utf8(`body ${seq}`))),
      ...said,
      links,
    } as RecordHeader
    this.leaves.push(header)
    return header
  }

  /** An edge to an entity as it is now. */
  link(rel: string, id: string): Link {
    return { rel, id, leaf: this.leafOf(id) }
  }

  state(said: Partial<StateLeaf> = {}): StateLeaf {
    const seq = this.leaves.length
    const leaf: StateLeaf = {
      ...{ v: 'selvedge/state/1', tenant: this.#tenant, seq, at: this.#at(), size: seq },
      root: rootOfStates(statesOf(this.leaves)),
      ...said,
    }
    this.leaves.push(leaf)
    return leaf
  }

  epoch(said: Partial<EpochLeaf>) {
    const seq = this.leaves.length
    const origin = `selvedge.test/${this.#tenant}`
    this.leaves.push({
      ...{ v: 'selvedge/epoch/1', tenant: this.#tenant, seq, at: this.#at() },
      ...{ origin: `${origin}/1`, prevOrigin: origin, prevSize: seq + 4, keptSize: seq },
      prevRoot: b64(sha256(utf8('lost'))),
      ...said,
    })
  }

  push(leaf: Leaf) {
    this.leaves.push(leaf)
  }

  #last(id: string) {
    const own = this.leaves.filter((leaf) => leaf.v === 'selvedge/record/1')
    return own.findLast((leaf) => leaf.id === id)
  }

  #at() {
    return new Date(Date.parse(this.leaves.at(-1)!.at) + 1_000).toISOString()
  }
}

const kindOf = (id: string) => {
  const kind = id.split(':')[2]!
  return kind[0]!.toUpperCase() + kind.slice(1)
}

/** A leaf's hash in base64url, as links name it. */
export const leafTextOf = (leaf: Leaf) =>
  b64(leafHash(sha256, canonicalBytes(leaf as unknown as Json)))
