import { sha256 } from '../../core/sha256.ts'
import { leafRow } from '../../ledger/append-leaves.ts'
import type { EdgeStep } from '../../ledger/batch.ts'
import { EMPTY_BODY } from '../../ledger/versions.ts'
import type { EntityRow, RecordRow } from '../../lineage/entity-store.ts'
import { type Findable, findableOf } from '../../lineage/findable.ts'
import { type Kind, kindInUrn, type Relation } from '../../lineage/kinds.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { leafHash } from '../../proofs/hash.ts'
import { nameUrn } from '../../proofs/ids.ts'
import type { Json } from '../../proofs/json.ts'
import type { Leaf, RecordHeader } from '../../proofs/leaf.ts'
import { utf8 } from '../../proofs/utf8.ts'
import type { LeafLine, LogLine } from './lines.ts'

/** Says what stands as the time of a run's edge, by the run's body and jobs. */
export type TimeOf = (
  fields: Readonly<Record<string, Json>>,
  edge: { rel: 'RUN_USED' | 'RUN_GENERATED'; dataset: string; jobs: readonly string[] },
) => string | undefined

/** An edge in force, with the leaf of the record that linked it: what stands in the in-set of its end. */
export interface HeldEdge {
  rel: Relation
  to: string
  leaf: string | null
  time: string | null
  since: number
  by: string
}

/** An entity as the leaves so far make it. */
export interface Rebuilt {
  row: EntityRow
  edges: Map<string, HeldEdge>
}

/** What the leaves of one transaction change. */
export interface Changed {
  records: RecordRow[]
  steps: EdgeStep[]
  /** By their ids, those that are new and those that were there before: by what each is found. */
  touched: Map<string, Findable>
}

/**
 * Makes entities and edges anew from the leaves of a log, in order, as they were when each was written:
 * what is restored is the same that would be there had nothing happened.
 *
 * Holds every entity and every edge in force in memory, as `selvedge fsck` does.
 */
export class Rebuild {
  readonly entities = new Map<string, Rebuilt>()
  readonly #log: LogLine
  readonly #namingKey: Uint8Array
  readonly #timeOf: TimeOf
  /** The place of the last state record, and its root; `null` before the first. */
  state: { seq: number; root: string } | null = null
  readonly keySeqs: number[] = []
  at = ''

  constructor(log: LogLine, timeOf: TimeOf) {
    this.#log = log
    this.#namingKey = unb64(log.namingKey)
    this.#timeOf = timeOf
  }

  /** Takes the next leaf; what it changes is added to `changed`. */
  accept(line: LeafLine, changed: Changed) {
    const leaf = JSON.parse(line.header) as Leaf
    this.at = leaf.at
    if (leaf.v === 'selvedge/record/1') {
      const hash = b64(leafHash(sha256, utf8(line.header)))
      changed.records.push(recordRow(leaf, { line, leaf: hash, size: this.#log.size }))
      changed.steps.push(...this.#record(leaf, hash, line))
      changed.touched.set(leaf.id, this.#foundBy(leaf.id, line))
      return
    }
    changed.records.push(leafRow(leaf))
    if (leaf.v === 'selvedge/state/1') this.state = { seq: leaf.seq, root: leaf.root }
    if (leaf.v === 'selvedge/key/1') this.keySeqs.push(leaf.seq)
  }

  #record(header: RecordHeader, leaf: string, line: LeafLine): EdgeStep[] {
    const { id, seq, version, action, out } = header
    const before = this.entities.get(id)
    const edges = before?.edges ?? new Map<string, HeldEdge>()
    const steps = changeEdges(header, leaf, edges)
    const fields = line.fields === undefined ? null : (JSON.parse(line.fields) as Fields)
    if (action === 'assert' && fields && header.kind === 'Run') {
      steps.push(...this.#date(header, fields, edges))
    }
    const kept = before?.row
    const row: EntityRow = {
      ...{ id, kind: header.kind as Kind, version, seq, leaf, out },
      first: kept?.first ?? seq,
      ...this.#standing(header, { fields, kept }),
    }
    this.entities.set(id, { row, edges })
    return steps
  }

  /** Held for what is written next alone: it is by far the longest part of an entity. */
  #foundBy(id: string, { fields }: LeafLine): Findable {
    const said = fields === undefined ? {} : (JSON.parse(fields) as Fields)
    return findableOf(this.#log.tenant, { ...this.entities.get(id)!.row, fields: said })
  }

  /** What an erasure leaves as it is, and what it takes (docs/decisions/0009-erasure.md). */
  #standing(
    { action, body, seq, links, id, kind }: RecordHeader,
    { fields, kept }: { fields: Fields | null; kept: EntityRow | undefined },
  ): Pick<EntityRow, 'action' | 'alias' | 'erased' | 'namespace' | 'name'> {
    const { namespace = '', name = '', erased = null, alias = null } = kept ?? {}
    if (action === 'retire') {
      return { action, alias: links[0]?.id ?? null, erased, namespace, name }
    }
    if (action === 'erase') {
      const before = { action: kept?.action ?? 'assert', alias }
      if (body !== EMPTY_BODY) return { ...before, erased: null, namespace, name }
      return { ...before, erased: erased ?? seq, namespace: '', name: '' }
    }
    return { action, alias: null, erased: null, ...this.#nameIn(fields, { id, kind }) }
  }

  /** A name is part of a body: erased with it, and not there before somebody gives it again. */
  #nameIn(fields: Fields | null, { id, kind }: { id: string; kind: string }) {
    const { namespace, name } = fields ?? {}
    const none = { namespace: '', name: '' }
    if (typeof namespace !== 'string' || typeof name !== 'string') return none
    const isNamed = id.split(':')[3] === 'h'
    const urn = () => nameUrn(sha256, this.#namingKey, kindInUrn(kind as Kind), namespace, name)
    return isNamed && urn() !== id ? none : { namespace, name }
  }

  /** A later event of a run may date edges that it does not link anew. */
  #date({ id, seq }: RecordHeader, fields: Fields, edges: Map<string, HeldEdge>): EdgeStep[] {
    const all = [...edges.values()]
    const jobs = all.filter(({ rel }) => rel === 'RUN_OF').map(({ to }) => to)
    return all.flatMap(({ rel, to, leaf, time, ...edge }) => {
      if (rel !== 'RUN_USED' && rel !== 'RUN_GENERATED') return []
      const now = this.#timeOf(fields, { rel, dataset: to, jobs }) ?? null
      if (now === time) return []
      edges.set(`${rel} ${to}`, { rel, to, leaf, time: now, ...edge })
      return [{ step: 'date' as const, rel, from: id, to, since: seq, leaf, time: now }]
    })
  }
}

type Fields = Record<string, Json>

function changeEdges(
  { id, seq, action, links, unlinks }: RecordHeader,
  by: string,
  edges: Map<string, HeldEdge>,
): EdgeStep[] {
  const dropped =
    action === 'retire' ? [...edges.keys()] : unlinks.map(({ rel, id: to }) => `${rel} ${to}`)
  const closed = dropped.flatMap((key) => {
    const edge = edges.get(key)
    edges.delete(key)
    if (!edge) return []
    const { rel, to, leaf, time } = edge
    return [{ step: 'close' as const, rel, from: id, to, since: seq, leaf, time }]
  })
  const opened = links.map(({ rel, id: to, leaf }) => {
    const edge = { rel: rel as Relation, to, leaf, time: null, since: seq, by }
    edges.set(`${rel} ${to}`, edge)
    return { step: 'open' as const, rel: edge.rel, from: id, to, since: seq, leaf, time: null }
  })
  return [...closed, ...opened]
}

/** The bodies that were erased behind the checkpoint stay away: the journal has them erased again. */
function recordRow(
  { seq, at, id, kind, version, action }: RecordHeader,
  {
    line: { header, fields, secret, erased, erasure },
    leaf,
    size,
  }: { line: LeafLine; leaf: string; size: number },
): RecordRow {
  return {
    ...{ seq, type: 'record', header, leaf, at, id, kind, version, action },
    ...(fields !== undefined && { fields }),
    ...(secret !== undefined && { secret }),
    ...(erased !== undefined && erased < size && { erased }),
    ...(erasure !== undefined && { erasure }),
  }
}
