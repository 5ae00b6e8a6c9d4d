import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { emptyHash } from '../../proofs/hash.ts'
import type { RecordHeader } from '../../proofs/leaf.ts'
import { type Link, outRoot } from '../../proofs/outset.ts'
import { levelOf } from '../../proofs/relations.ts'
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
  /** The positions of its records. */
  seqs: number[]
}

const EMPTY_BODY = b64(emptyHash(sha256))
const keyOf = ({ rel, id }: { rel: string; id: string }) => `${rel} ${id}`

/**
 * Reads the headers of one log in order and finds what takes other leaves to see (docs/specs/record.md,
 * "Replay"): versions, edges linked twice or never, leaves that were not the latest, out-set roots.
 *
 * It knows nothing of how a header comes about, so that it and the write path cannot be wrong alike.
 */
export class Replay {
  readonly entities = new Map<string, Replayed>()
  readonly #report: Report

  constructor(report: Report) {
    this.#report = report
  }

  /** @param leaf The header's own leaf hash, in base64url. */
  accept(header: RecordHeader, leaf: string) {
    const { id, seq, kind, version, action, out, body } = header
    const tell = (name: DifferenceName, what: string) => this.#report({ name, seq, id, what })
    const entity = this.entities.get(id) ?? blank(header)
    if (version !== entity.version + 1) tell('VERSION', `${version} follows ${entity.version}`)
    if (kind !== entity.kind) tell('KIND', `${kind}, which was ${entity.kind}`)
    if (action === 'erase') this.#erase(header, entity)
    else this.#relink(header, entity)
    Object.assign(entity, { version, seq, action, leaf, out, body })
    entity.seqs.push(seq)
    this.entities.set(id, entity)
  }

  #relink({ id, seq, action, links, unlinks, out }: RecordHeader, entity: Replayed) {
    const tell = (name: DifferenceName, what: string) => this.#report({ name, seq, id, what })
    for (const dropped of unlinks) {
      const edge = entity.links.get(keyOf(dropped))
      if (!edge) tell('UNLINK_NOT_IN_FORCE', `${keyOf(dropped)} is dropped and not in force`)
      else end(entity, edge, seq)
    }
    if (action === 'retire') for (const edge of [...entity.links.values()]) end(entity, edge, seq)
    for (const link of links) {
      if (levelOf(link.rel) === undefined) tell('RELATION_UNKNOWN', link.rel)
      if (entity.links.has(keyOf(link))) tell('LINK_IN_FORCE', `${keyOf(link)} is in force already`)
      const latest = link.id === id ? null : this.entities.get(link.id)?.leaf
      if (link.leaf !== latest) {
        tell('LINK_LEAF', `${keyOf(link)} at ${link.leaf}; the latest is ${latest}`)
      }
      const edge = { ...link, since: seq, until: null }
      entity.links.set(keyOf(link), edge)
      entity.edges.push(edge)
    }
    if (links.length + unlinks.length === 0 && action === 'assert' && out === entity.out) return
    const root = b64(outRoot(sha256, [...entity.links.values()].map(bare)))
    if (root !== out) tell('OUT', `the edges in force have the root ${root}, the header ${out}`)
  }

  #erase({ id, seq, out, body, targets = [] }: RecordHeader, entity: Replayed) {
    const tell = (name: DifferenceName, what: string) => this.#report({ name, seq, id, what })
    const own = new Set(entity.seqs)
    for (const target of targets) {
      if (!own.has(target)) tell('ERASE_TARGET', `${target} is not a record of this entity`)
    }
    if (out !== entity.out) tell('OUT', 'an erasure changes edges')
    const expected = targets.includes(entity.seq) ? EMPTY_BODY : entity.body
    if (body !== expected) tell('ERASE_BODY', `${body} instead of ${expected}`)
  }
}

const blank = ({ id, kind, seq }: RecordHeader): Replayed => ({
  id,
  kind,
  version: 0,
  seq,
  first: seq,
  action: 'assert',
  leaf: '',
  out: '',
  body: '',
  links: new Map(),
  edges: [],
  seqs: [],
})

function end(entity: Replayed, edge: ReplayedEdge, seq: number) {
  edge.until = seq
  entity.links.delete(keyOf(edge))
}

const bare = ({ rel, id, leaf }: Link) => ({ rel, id, leaf })
