import { unb64 } from './base64.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import { verifyKeyBefore, verifyKeyItself } from './keyleaf.ts'
import type { KeyLeaf } from './leaf.ts'

interface Known {
  x: Uint8Array
  from: number
  /** The size from which it signs nothing; no end yet: infinity. */
  until: number
  compromised: boolean
}

/** The keys that a log's own records tell of, one after the other (docs/specs/keys.md, "Records"). */
export class ReplayKeys {
  readonly #sha256: Sha256
  readonly #known = new Map<string, Known>()

  constructor(sha256: Sha256) {
    this.#sha256 = sha256
  }

  /**
   * Takes the next key record.
   *
   * @throws {ProofError} `PROOF_REPLAY_KEY` for a key added twice, one that ends and was never added, or
   * a `prev` that may not sign this; what `verifyKeyLeaf` throws.
   */
  accept(leaf: KeyLeaf) {
    const { event, use, kid, x, from, prev, seq } = leaf
    const name = `${use} ${kid}`
    const known = this.#known.get(name)
    verifyKeyItself(this.#sha256, leaf)
    if (prev !== null) {
      const before = this.#known.get(`${use} ${prev}`)
      if (before === undefined || before.compromised) throw wrong(leaf, `${prev} may not sign it`)
      if (event === 'add' && !(before.from <= seq && seq < before.until)) {
        throw wrong(leaf, `${prev} did not stand there`)
      }
      verifyKeyBefore(this.#sha256, leaf, before.x)
    }
    if (event === 'add') {
      if (known) throw wrong(leaf, 'it was added before')
      this.#known.set(name, { x: unb64(x), from, until: Infinity, compromised: false })
      return
    }
    if (!known) throw wrong(leaf, 'it was never added')
    known.until = Math.min(known.until, from)
    known.compromised ||= event === 'compromise'
  }
}

const wrong = ({ seq, event, kid }: KeyLeaf, why: string) =>
  new ProofError('PROOF_REPLAY_KEY', `leaf ${seq}, ${event} of the key ${kid}: ${why}`)
