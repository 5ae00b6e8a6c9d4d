import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { bodyRoot, sealFields } from '../../proofs/body.ts'
import { ProofError } from '../../proofs/error.ts'
import { emptyHash } from '../../proofs/hash.ts'
import { parseJson } from '../../proofs/json.ts'
import {
  type EpochLeaf,
  hashLeaf,
  type KeyLeaf,
  type Leaf,
  parseLeaf,
  type RecordHeader,
} from '../../proofs/leaf.ts'
import type { DifferenceName, Report } from './difference.ts'
import { ErasedPass } from './erased-pass.ts'
import { PagePass } from './page-pass.ts'
import { Replay } from './replay.ts'
import type { StoredLeaf } from './store.ts'

const EMPTY_BODY = b64(emptyHash(sha256))

/**
 * Looks at the leaves of one log, one after another and each by its header alone first: its form, its
 * place, its hash, its columns, its body; then what it says of an entity goes to the replay.
 */
export class LeafPass {
  readonly replay: Replay
  readonly erased: ErasedPass
  readonly pages: PagePass
  readonly #tenant: string
  readonly #report: Report
  readonly #bodyless = new Set<number>()
  #next = 0
  #at = ''
  /** The key records, and those that open epochs, in order. */
  readonly keys: KeyLeaf[] = []
  readonly epochs: EpochLeaf[] = []
  /** How many bodies were looked at. */
  bodies = 0

  constructor(tenant: string, report: Report) {
    this.#tenant = tenant
    this.#report = report
    this.replay = new Replay(report, tenant)
    this.erased = new ErasedPass(report)
    this.pages = new PagePass(report)
  }

  /** The time of the last leaf. */
  get at() {
    return this.#at
  }

  /** Gives the leaf hashes derived from the headers, in order; `null` stands where a leaf is missing. */
  accept(rows: readonly StoredLeaf[], to: number): (Uint8Array | null)[] {
    const hashes: (Uint8Array | null)[] = []
    const bySeq = new Map(rows.map((row) => [row.seq, row]))
    for (; this.#next < to; this.#next++) {
      const row = bySeq.get(this.#next)
      if (!row) this.#tell('LEAF_MISSING', 'there is no record at this position')
      hashes.push(row ? this.#leaf(row) : null)
    }
    return hashes
  }

  /** Reports what only the end of the log shows. */
  end() {
    for (const seq of this.#bodyless) {
      this.#report({ name: 'BODY_MISSING', seq, what: 'the body is gone, and no record erases it' })
    }
  }

  #tell(name: DifferenceName, what: string, id?: string) {
    this.#report({ name, seq: this.#next, what, ...(id === undefined ? {} : { id }) })
  }

  #leaf(row: StoredLeaf): Uint8Array | null {
    let leaf: Leaf
    let hash: Uint8Array
    try {
      leaf = parseLeaf(row.header)
      hash = hashLeaf(sha256, leaf)
    } catch (error) {
      if (!(error instanceof ProofError)) throw error
      this.#tell('LEAF_INVALID', `${error.code}: ${error.message}`)
      return null
    }
    const text = b64(hash)
    if (row.leaf !== text) this.#tell('LEAF_HASH', `${row.leaf} is stored, ${text} derived`)
    if (leaf.seq !== this.#next || leaf.tenant !== this.#tenant) {
      this.#tell('LEAF_MISPLACED', `the header is of ${leaf.tenant} ${leaf.seq}`)
    }
    if (leaf.at < this.#at) this.#tell('AT_FALLS', `${leaf.at} follows ${this.#at}`)
    else this.#at = leaf.at
    if (leaf.v === 'selvedge/record/1') this.#record(leaf, row)
    else this.#columns(row, { at: leaf.at, id: null, kind: null, version: null, action: null })
    if (row.isState !== (leaf.v === 'selvedge/state/1')) {
      this.#tell('LEAF_COLUMN', `it is ${row.isState ? '' : 'not '}labelled as a state record`)
    }
    if (leaf.v === 'selvedge/key/1') this.keys.push(leaf)
    if (leaf.v === 'selvedge/epoch/1') this.epochs.push(leaf)
    this.replay.accept(leaf, hash)
    this.pages.accept(leaf, text)
    return hash
  }

  #record(header: RecordHeader, row: StoredLeaf) {
    const { at, id, kind, version, action } = header
    this.#columns(row, { at, id, kind, version, action })
    this.#body(header, row)
    for (const target of header.targets ?? []) this.#bodyless.delete(target)
    this.erased.accept(header, row)
  }

  #columns(row: StoredLeaf, expected: Partial<StoredLeaf>) {
    for (const [name, value] of Object.entries(expected)) {
      const stored = row[name as keyof StoredLeaf]
      if (stored !== value) this.#tell('LEAF_COLUMN', `${name} is ${stored}, not ${value}`)
    }
  }

  #body({ id, body, action }: RecordHeader, { fields, secret, hasBody, isDue }: StoredLeaf) {
    if (action === 'retire') {
      if (hasBody) this.#tell('BODY', 'a retired entity has one', id)
      return
    }
    if (!hasBody) {
      // A record that erases may leave no body; one that leaves it repeats it.
      if (action === 'assert' || body !== EMPTY_BODY) this.#bodyless.add(this.#next)
      return
    }
    if (!isDue || fields === null || secret === null) return
    this.bodies += 1
    try {
      const values = parseJson(fields) as Record<string, never>
      const root = b64(bodyRoot(sha256, sealFields(sha256, unb64(secret), values)))
      if (root !== body) this.#tell('BODY', `its root is ${root}, the header says ${body}`, id)
    } catch (error) {
      if (!(error instanceof ProofError)) throw error
      this.#tell('BODY', `it cannot be read: ${error.code}`, id)
    }
  }
}
