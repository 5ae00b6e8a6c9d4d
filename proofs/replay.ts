import { b64 } from './base64.ts'
import { type ProofCode, ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import { type EpochLeaf, hashLeaf, type Leaf, parseLeaf, type StateLeaf } from './leaf.ts'
import { appendLeaf, edgeRoot, emptyEdge } from './merkle.ts'
import { ReplayKeys } from './replay-keys.ts'
import { ReplayRecords } from './replay-records.ts'
import { changeKeys, emptyTree, type SparseTree, treeRoot } from './sparse-tree.ts'
import { type EntityState, entityKey, stateValue } from './state.ts'
import { utf8 } from './utf8.ts'

/** A rule that a leaf breaks, given the leaves before it. */
export interface ReplayFault {
  code: ProofCode
  seq: number
  /** The entity, where it is about one. */
  id?: string
  message: string
}

/** Whose log it is, and what to do about a leaf that breaks a rule. */
export interface ReplayOptions {
  tenant: string
  /** The origin that the log has now: its epochs must lead to it. */
  origin?: string
  /** Where a fault goes. Without it the first one is thrown; with it the replay goes on as well as it can. */
  onFault?(fault: ReplayFault): void
}

/**
 * Begins to read the headers of one log in order (docs/specs/state.md, "Replay"): whatever takes other
 * leaves to see is checked, and the state derived anew.
 *
 * It knows nothing of how a header comes about, so that it and the write path cannot be wrong alike.
 * It keeps each entity, each edge in force and the root of each record's body; bodies it never sees.
 */
export const openReplay = (sha256: Sha256, options: ReplayOptions) => new Replay(sha256, options)

/** A log read up to some leaf; `openReplay` begins one. */
export class Replay {
  readonly #sha256: Sha256
  readonly #options: ReplayOptions
  readonly #records: ReplayRecords
  readonly #keys: ReplayKeys
  #next = 0
  #edge = emptyEdge()
  #at = ''
  #before: Leaf['v'] | null = null
  #epoch = 0
  #log: string | undefined
  #tree = emptyTree

  constructor(sha256: Sha256, options: ReplayOptions) {
    this.#sha256 = sha256
    this.#options = options
    this.#records = new ReplayRecords(sha256)
    this.#keys = new ReplayKeys(sha256)
  }

  /** How many leaves were read. */
  get size() {
    return this.#edge.size
  }

  /** How many entities they tell of. */
  get entities() {
    return this.#records.entities.size
  }

  /** Gives the root of the log, to be compared with that of a checkpoint of this size. */
  logRoot(): Uint8Array {
    return edgeRoot(this.#sha256, this.#edge)
  }

  /** Gives the root of the state tree over everything read. */
  stateRoot(): Uint8Array {
    return treeRoot(this.stateTree())
  }

  /** Gives the state tree over everything read, whole. */
  stateTree(): SparseTree {
    const { changed } = this.#records
    const changes = [...changed].map((entity) => ({
      key: entityKey(this.#sha256, entity.id),
      value: stateValue(this.#sha256, entity.state(this.#sha256)),
    }))
    changed.clear()
    this.#tree = changeKeys(this.#sha256, this.#tree, changes)
    return this.#tree
  }

  /** Gives what the tree says of an entity, `undefined` where there is none of that id. */
  stateOf(id: string): EntityState | undefined {
    const entity = this.#records.entities.get(id)
    if (!entity) return undefined
    return entity.state(this.#sha256)
  }

  /**
   * Reads the next leaf.
   *
   * @throws {ProofError} What `parseLeaf` and `hashLeaf` throw, and, unless faults are collected, the
   * code of the rule that the leaf breaks: `PROOF_REPLAY_*`, or `PROOF_KEY_*` of `verifyKeyLeaf`.
   */
  add(text: string): { seq: number; hash: Uint8Array } {
    const leaf = parseLeaf(text)
    // The text was found to be canonical.
    const hash = hashLeaf(this.#sha256, leaf, utf8(text))
    this.addLeaf(leaf, hash)
    return { seq: leaf.seq, hash }
  }

  /** Reads the next leaf, which the caller has parsed and hashed already. @throws {ProofError} As `add`. */
  addLeaf(leaf: Leaf, hash: Uint8Array) {
    this.#head(leaf)
    if (leaf.v === 'selvedge/record/1') {
      this.#records.accept(leaf, hash, (code, message) => this.#fault(code, message, leaf))
    } else if (leaf.v === 'selvedge/state/1') this.#state(leaf)
    else if (leaf.v === 'selvedge/epoch/1') this.#begin(leaf)
    else this.#collect(leaf.seq, () => this.#keys.accept(leaf))
    this.#edge = appendLeaf(this.#sha256, this.#edge, hash)
    this.#before = leaf.v
  }

  #head({ seq, tenant, at }: Leaf) {
    if (seq !== this.#next) this.#fault('PROOF_REPLAY_SEQ', `it stands at ${this.#next}`, { seq })
    this.#next = seq + 1
    if (tenant !== this.#options.tenant) {
      this.#fault('PROOF_REPLAY_TENANT', `it is of ${tenant}`, { seq })
    }
    if (at < this.#at) this.#fault('PROOF_REPLAY_TIME', `${at} follows ${this.#at}`, { seq })
    else this.#at = at
  }

  #state({ seq, root }: StateLeaf) {
    if (this.#before === 'selvedge/state/1') {
      this.#fault('PROOF_REPLAY_STATE', 'a state record directly behind another', { seq })
    }
    const derived = b64(this.stateRoot())
    if (root !== derived) {
      this.#fault('PROOF_REPLAY_STATE', `the state is ${derived}, it says ${root}`, { seq })
    }
  }

  /** The form of its origins is the leaf's own matter; here, that epochs count up, of one log, and lead to ours. */
  #begin({ seq, origin, prevOrigin, prevSize, prevRoot, keptSize }: EpochLeaf) {
    const wrong = (why: string) => this.#fault('PROOF_REPLAY_EPOCH', why, { seq })
    const { tenant, origin: ours } = this.#options
    const { log, epoch } = partsOf(origin, tenant)
    if (epoch <= this.#epoch) wrong(`epoch ${epoch} follows ${this.#epoch}`)
    if (partsOf(prevOrigin, tenant).epoch < this.#epoch) {
      wrong(`it comes from ${prevOrigin}, and the log is in epoch ${this.#epoch}`)
    }
    this.#epoch = epoch
    this.#log ??= log
    const own = ours === undefined ? { log: this.#log, epoch } : partsOf(ours, tenant)
    if (log !== own.log || epoch > own.epoch) wrong(`${origin} does not lead to ${ours ?? own.log}`)
    if (prevSize === keptSize && prevRoot !== b64(this.logRoot())) {
      wrong('it keeps all that there was, under another root')
    }
  }

  #fault(code: ProofCode, message: string, { seq, id }: { seq: number; id?: string }) {
    const { onFault } = this.#options
    if (!onFault) throw new ProofError(code, `leaf ${seq}${id ? `, ${id}` : ''}: ${message}`)
    onFault({ code, seq, message, ...(id !== undefined && { id }) })
  }

  #collect(seq: number, step: () => void) {
    try {
      step()
    } catch (error) {
      if (!(error instanceof ProofError)) throw error
      this.#fault(error.code, error.message, { seq })
    }
  }
}

/** Gives a log's first origin, and which of its epochs this is; 0 for the first. */
function partsOf(origin: string, tenant: string) {
  const [, log, number] = /^(.+)\/([1-9][0-9]{0,8})$/.exec(origin) ?? []
  return log?.endsWith(`/${tenant}`) ? { log, epoch: Number(number) } : { log: origin, epoch: 0 }
}
