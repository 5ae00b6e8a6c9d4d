import { b64 } from './base64.ts'
import { canonicalBytes } from './canonical.ts'
import { emptyHash, type Sha256 } from './hash.ts'
import type { RecordHeader } from './leaf.ts'
import { EdgeSet } from './replay-edges.ts'
import { type InLevel, inKey, stateValue } from './state.ts'

/** An edge in force: one object that the out-set of its lower end and the in-set of its upper end share. */
export interface ReplayEdge {
  rel: string
  /** Upstream. */
  up: ReplayEntity
  /** Downstream: whose edge it is. */
  down: ReplayEntity
  /** As the link has it: the upper end's leaf, `null` to itself. */
  leaf: string | null
  /** The leaf of the record that linked it. */
  by: Uint8Array
}

/** Names an edge in the set of one of its ends, by what stands at the other. */
export const edgeName = (rel: string, id: string) => `${rel} ${id}`

/** An entity as the headers up to here make it. */
export class ReplayEntity {
  readonly id: string
  readonly kind: string
  version = 0
  seq = -1
  action: RecordHeader['action'] = 'assert'
  leaf: Uint8Array = new Uint8Array(0)
  body = ''
  /** The record that it is an alias by leads there; `null` for one that is none. */
  alias: ReplayEntity | null = null
  readonly out: EdgeSet<ReplayEdge>
  readonly in: Record<InLevel, EdgeSet<ReplayEdge>>
  /** The body of each of its records, by position: what an erasure must name. */
  readonly bodies = new Map<number, string>()
  /** The last header, where it changes so many edges that the next may go on with it. */
  full: RecordHeader | null = null

  constructor(sha256: Sha256, { id, kind }: Pick<RecordHeader, 'id' | 'kind'>) {
    this.id = id
    this.kind = kind
    const inSet = () =>
      new EdgeSet<ReplayEdge>(sha256, ({ rel, down, by }) => ({
        key: inKey(sha256, rel, down.id),
        value: by,
      }))
    this.in = { design: inSet(), run: inSet() }
    this.out = new EdgeSet(sha256, ({ rel, up, leaf }) => ({
      key: sha256(canonicalBytes([rel, up.id])),
      value: sha256(canonicalBytes([rel, up.id, leaf])),
    }))
  }

  /** Its value in the state tree. */
  value(sha256: Sha256) {
    const { leaf } = this
    return stateValue(sha256, { leaf, design: this.in.design.root(), run: this.in.run.root() })
  }
}

/** The body of an erased or retired entity: `H("")`. */
export const emptyBody = (sha256: Sha256) => b64(emptyHash(sha256))
