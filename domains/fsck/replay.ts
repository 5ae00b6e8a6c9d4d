import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import type { ProofCode } from '../../proofs/error.ts'
import type { Leaf, RecordHeader } from '../../proofs/leaf.ts'
import type { Link } from '../../proofs/outset.ts'
import { openReplay, type ReplayFault } from '../../proofs/replay.ts'
import type { DifferenceName, Report } from './difference.ts'

/** An edge as the headers tell its life; `until` is `null` while it is in force. */
export interface ReplayedEdge extends Link {
  since: number
  until: number | null
}

/** An entity as the headers alone make it. */
export interface Replayed {
  id: string
  kind: string
  version: number
  seq: number
  first: number
  action: RecordHeader['action']
  leaf: string
  out: string
  body: string
  /** Out-edges in force by `rel id`. */
  links: Map<string, ReplayedEdge>
  /** Every edge that it ever had. */
  edges: ReplayedEdge[]
}

/** What the replay of proofs/ calls by a code, called as this room calls it. */
const NAMES: Partial<Record<ProofCode, DifferenceName>> = {
  PROOF_REPLAY_VERSION: 'VERSION',
  PROOF_REPLAY_KIND: 'KIND',
  PROOF_REPLAY_RELATION: 'RELATION_UNKNOWN',
  PROOF_REPLAY_LINK: 'LINK_IN_FORCE',
  PROOF_REPLAY_LINK_LEAF: 'LINK_LEAF',
  PROOF_REPLAY_UNLINK: 'UNLINK_NOT_IN_FORCE',
  PROOF_REPLAY_OUT: 'OUT',
  PROOF_REPLAY_SPLIT: 'SPLIT',
  PROOF_REPLAY_ALIAS: 'ALIAS',
  PROOF_REPLAY_ERASE_TARGET: 'ERASE_TARGET',
  PROOF_REPLAY_ERASE_BODY: 'ERASE_BODY',
  PROOF_REPLAY_EPOCH: 'EPOCH',
  PROOF_REPLAY_STATE: 'STATE',
}

/** Found by the look at each leaf alone, which names the stored place too. */
const FOUND_BEFORE: ReadonlySet<ProofCode> = new Set([
  'PROOF_REPLAY_SEQ',
  'PROOF_REPLAY_TENANT',
  'PROOF_REPLAY_TIME',
])

const keyOf = ({ rel, id }: { rel: string; id: string }) => `${rel} ${id}`

/**
 * Reads the headers of one log in order: the rules are those of proofs/replay.ts, and beside it this
 * keeps what every entity and edge was, for the graph to be held against.
 */
export class Replay {
  readonly entities = new Map<string, Replayed>()
  readonly #rules: ReturnType<typeof openReplay>

  constructor(report: Report, tenant = '') {
    const onFault = ({ code, seq, id, message }: ReplayFault) => {
      if (FOUND_BEFORE.has(code)) return
      // What has no name here is about a key: its signatures, its predecessor.
      const name = NAMES[code] ?? 'LEAF_KEY'
      report({ name, seq, what: message, ...(id !== undefined && { id }) })
    }
    this.#rules = openReplay(sha256, { tenant, onFault })
  }

  /** @param hash The leaf's own hash. */
  accept(leaf: Leaf, hash: Uint8Array) {
    this.#rules.addLeaf(leaf, hash)
    if (leaf.v === 'selvedge/record/1') this.#keep(leaf, b64(hash))
  }

  #keep({ id, kind, version, seq, action, out, body, links, unlinks }: RecordHeader, leaf: string) {
    const entity = this.entities.get(id) ?? blank({ id, kind, seq })
    const ended = action === 'retire' ? [...entity.links.keys()] : unlinks.map(keyOf)
    for (const key of ended) {
      const edge = entity.links.get(key)
      if (edge) edge.until = seq
      entity.links.delete(key)
    }
    for (const link of links) {
      const edge = { ...link, since: seq, until: null }
      entity.links.set(keyOf(link), edge)
      entity.edges.push(edge)
    }
    Object.assign(entity, { version, seq, action, leaf, out, body })
    this.entities.set(id, entity)
  }
}

const blank = ({ id, kind, seq }: Pick<RecordHeader, 'id' | 'kind' | 'seq'>): Replayed => ({
  ...{ id, kind, seq, first: seq },
  version: 0,
  action: 'assert',
  leaf: '',
  out: '',
  body: '',
  links: new Map(),
  edges: [],
})
