import { unb64 } from '../base64.ts'
import { ProofError } from '../error.ts'
import type { Sha256 } from '../hash.ts'
import { verifyKeyLeaf } from '../keyleaf.ts'
import { hashLeaf, type KeyLeaf, type Leaf, parseLeaf } from '../leaf.ts'

/** What the leaves of one log are held to, taken one after another from the first. */
export interface LogRules {
  /**
   * @throws {ProofError} `PROOF_LEAF_*`, `PROOF_KEY_*`; `PROOF_RECORD_TENANT` for another tenant's,
   * `PROOF_RECORD_TIME` where time falls.
   */
  take(text: string): Leaf
}

/**
 * Holds each leaf to every rule that it can be held to without knowing the entities (record.md): its
 * own form and hash rules, its place, one tenant, a time that never falls, and the signatures of keys.
 * That edges and versions follow from those before, replay checks.
 */
export function openLogRules(sha256: Sha256): LogRules {
  const keys = new Map<string, Uint8Array>()
  let seq = 0
  let tenant: string | null = null
  let at = ''

  const checkKey = (leaf: KeyLeaf) => {
    const prev = leaf.prev === null ? undefined : keys.get(leaf.prev)
    verifyKeyLeaf(sha256, leaf, prev)
    if (leaf.event === 'add') keys.set(leaf.kid, unb64(leaf.x))
  }

  return {
    take(text) {
      const leaf = parseLeaf(text)
      hashLeaf(sha256, leaf)
      if (leaf.seq !== seq) throw new ProofError('PROOF_LEAF_SEQ', `leaf ${seq} says ${leaf.seq}`)
      tenant ??= leaf.tenant
      if (leaf.tenant !== tenant) {
        throw new ProofError('PROOF_RECORD_TENANT', `leaf ${seq} is of the tenant ${leaf.tenant}`)
      }
      if (leaf.at < at) throw new ProofError('PROOF_RECORD_TIME', `leaf ${seq} is before ${at}`)
      if (leaf.v === 'selvedge/key/1') checkKey(leaf)
      seq += 1
      at = leaf.at
      return leaf
    },
  }
}
