import { sha256 } from '../../core/sha256.ts'
import type { Ask } from '../../lineage/graph.ts'
import { b64 } from '../../proofs/base64.ts'
import { emptyHash } from '../../proofs/hash.ts'
import type { RecordHeader } from '../../proofs/leaf.ts'
import type { Report } from './difference.ts'
import { bodiesStill, type StoredLeaf } from './store.ts'

/** What the headers say of an entity beside its edges: which erasures leave open, and erasures change. */
export interface Standing {
  /** Of its last record that erases nothing. */
  action: 'assert' | 'retire'
  /** The record that left it without a body, until it is asserted anew. */
  erased: number | null
}

const EMPTY_BODY = b64(emptyHash(sha256))
const PAGE = 2_000

/**
 * Follows what is erased: by the headers alone which bodies must be gone and by which record, and then
 * that they are (docs/specs/record.md, "Leaves").
 */
export class ErasedPass {
  readonly standings = new Map<string, Standing>()
  readonly #report: Report
  /** By the place of a record: the erase record that its column must name. */
  readonly #expected = new Map<number, number>()
  readonly #stored = new Map<number, number>()
  /** By entity: the records whose bodies are erased. */
  readonly #targets = new Map<string, Set<number>>()
  readonly #grounds: { seq: number; erasure: string | null }[] = []

  constructor(report: Report) {
    this.#report = report
  }

  /** Takes the next record, in the order of the log. */
  accept(header: RecordHeader, { erased, erasure }: Pick<StoredLeaf, 'erased' | 'erasure'>) {
    const { id, seq, action } = header
    if (erased !== null) this.#stored.set(seq, erased)
    const before = this.standings.get(id)?.erased ?? null
    if (action === 'assert') this.standings.set(id, { action, erased: null })
    else if (action === 'retire') this.#stand(seq, id, { action, erased: before })
    else this.#erase(header, before, erasure)
  }

  /** Reports what takes the whole log, or the database, to see. */
  async end(ask: Ask) {
    for (const { seq, erasure } of this.#grounds) {
      if (erasure === null || !this.standings.has(erasure)) {
        this.#report({ name: 'ERASE_GROUND', seq, what: `no Erasure ${erasure} says why` })
      }
    }
    for (const seq of new Set([...this.#expected.keys(), ...this.#stored.keys()])) {
      const [stored, expected] = [this.#stored.get(seq), this.#expected.get(seq)]
      if (stored === expected) continue
      const what = `erased is ${stored ?? null}, not ${expected ?? null}`
      this.#report({ name: 'LEAF_COLUMN', seq, what })
    }
    for (const [id, targets] of this.#targets) await this.#bodies(ask, id, targets)
  }

  #erase(
    { id, seq, body, targets = [] }: RecordHeader,
    before: number | null,
    erasure: string | null,
  ) {
    const { action } = this.standings.get(id) ?? { action: 'assert' as const }
    for (const target of targets) this.#expected.set(target, seq)
    const erased = this.#targets.get(id) ?? new Set()
    for (const target of targets) erased.add(target)
    this.#targets.set(id, erased)
    this.#grounds.push({ seq, erasure })
    this.#stand(seq, id, { action, erased: body === EMPTY_BODY ? (before ?? seq) : null })
  }

  #stand(seq: number, id: string, standing: Standing) {
    this.standings.set(id, standing)
    if (standing.erased !== null) this.#expected.set(seq, standing.erased)
  }

  async #bodies(ask: Ask, id: string, targets: ReadonlySet<number>) {
    const all = [...targets]
    for (let from = 0; from < all.length; from += PAGE) {
      for (const seq of await bodiesStill(ask, all.slice(from, from + PAGE))) {
        this.#report({
          name: 'BODY_ERASED',
          seq,
          id,
          what: 'an erased body, or its secret, is still stored',
        })
      }
    }
  }
}
