import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { batchRanges } from '../../proofs/batch.ts'
import { leafHash } from '../../proofs/hash.ts'
import { leafBytes, type RecordHeader, type StateLeaf } from '../../proofs/leaf.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { proveKeys } from '../../proofs/sparse-proof.ts'
import { entityKey, inRoot } from '../../proofs/state.ts'
import { type StateProof, stateProofPlaces, stateProofText } from '../../proofs/state-proof.ts'
import { utf8 } from '../../proofs/utf8.ts'
import type { TestLog } from './log.ts'
import { checkpointNote } from './log-files.ts'
import { rootOfStates, statesOf, type TestStates, treeOfStates } from './state.ts'

/** Changes to single layers; what lies above is made and signed anew. */
export interface StateProofChanges {
  /** What the operator's tree holds. */
  states?(states: TestStates): TestStates
  /** The state record used, in the log too. */
  leaf?(leaf: StateLeaf): StateLeaf
  /** What is shown, before it is proven to stand in the log. */
  shown?(proof: StateProof): StateProof
  /** The log's entries. */
  entries?(entries: Uint8Array[]): Uint8Array[]
  proof?(proof: StateProof): StateProof
  text?(text: string): string
}

const same = <T>(value: T) => value

/** Proves what the log's state says of these ids, as of its end or of an earlier position. */
export function makeStateProof(
  log: TestLog,
  ids: readonly string[],
  changes: StateProofChanges = {},
  asOf = log.leaves.length,
): Uint8Array {
  const inForce = log.leaves.filter((leaf) => leaf.v === 'selvedge/state/1')
  const used = inForce.findLast(({ size }) => size <= asOf)!
  const last = inForce.at(-1)!
  const states = (changes.states ?? same)(statesOf(log.leaves.slice(0, used.size)))
  const leaf = (changes.leaf ?? same)({ ...used, root: rootOfStates(states) })
  const sorted = [...ids].sort()
  const shown = (changes.shown ?? same)({
    ...{ asOf, leaf, last: last === used ? null : last, checkpoint: '' },
    entities: sorted.map((id) => {
      const state = states.get(id)
      if (!state) return { id, current: null }
      const header = log.leaves.find(
        (one) => b64(leafHash(sha256, leafBytes(one))) === b64(state.leaf),
      )
      const run = inRoot(sha256, state.run)
      return { id, current: { header: header as RecordHeader, design: state.design, run } }
    }),
    proof: proveKeys(
      treeOfStates(states),
      sorted.map((id) => entityKey(sha256, id)),
    ),
    batch: { size: 0, seqs: [], hashes: [] },
  })
  const leaves = log.leaves.with(leaf.seq < log.leaves.length ? used.seq : 0, leaf)
  const entries = (changes.entries ?? same)(leaves.map(leafBytes))
  const hashes = entries.map((entry) => leafHash(sha256, entry))
  const size = entries.length
  const seqs = stateProofPlaces(shown)
  const batch = {
    size,
    seqs,
    hashes: batchRanges(size, seqs).map(({ start, end }) =>
      rootOf(sha256, hashes.slice(start, end)),
    ),
  }
  const key = log.keys.checkpoint
  const checkpoint = checkpointNote(entries, { origin: log.origin, key })
  const proof = (changes.proof ?? same)({ ...shown, batch, checkpoint })
  return utf8((changes.text ?? same)(stateProofText(proof)))
}
