import { unb64 } from '../base64.ts'
import { ProofError } from '../error.ts'
import type { Sha256 } from '../hash.ts'
import type { Manifest } from '../manifest.ts'
import type { ProofFile } from '../proof.ts'
import type { ReadRecord } from '../records.ts'
import { verifySparse } from '../sparse-proof.ts'
import { entityKey, inRoot, stateValue } from '../state.ts'
import { type ReadState, readStatePart, type ShownInSet } from '../state-part.ts'
import { absent, derived, type Known, known } from './checks.ts'

/** Gives what `proof.json` shows of the state tree, still to be read; a bundle may show nothing of it. */
export function givenState(proof: Known<ProofFile>) {
  if (!proof.found) return proof
  const { state } = proof.value
  return state === undefined ? absent('the bundle has no state proof') : known(state)
}

/** Reads the state part. @throws {ProofError} As `readStatePart`. */
export function readState(sha256: Sha256, json: Parameters<typeof readStatePart>[1]) {
  const value = readStatePart(sha256, json)
  const { size, root } = value.leaf
  return { value, detail: `${value.entities.length} entities under the state at ${size}, ${root}` }
}

/** Gives the state part, or `null` where the bundle has none: neither is a fault by itself. */
export function stateOrNone(proof: Known<ProofFile>, state: Known<ReadState>) {
  if (proof.found && proof.value.state === undefined) return known(null)
  return derived(state, (value): ReadState | null => value)
}

/** Requires the state to be the one that the manifest names. @throws {ProofError} `PROOF_STATE_SIZE` */
export function checkStateSize({ predicate: { stateSize } }: Manifest, state: ReadState | null) {
  const shown = state?.leaf.size ?? null
  if (stateSize !== shown) {
    throw new ProofError(
      'PROOF_STATE_SIZE',
      `the manifest names the state at ${stateSize}, and ${shown} is shown`,
    )
  }
  return shown === null ? 'none named, none shown' : `the state at ${shown}, as the manifest names`
}

/**
 * Requires the state to stand where it must: the checkpoint ends in a state record, which is the one
 * used where the answer is about the log's end; and every shown record lies before the state used
 * (docs/specs/state.md, "Verifying").
 *
 * @throws {ProofError} `PROOF_STATE_PLACE`
 */
export function checkStatePlace(
  { predicate: { asOf, size } }: { predicate: Pick<Manifest['predicate'], 'asOf' | 'size'> },
  records: readonly { header: Pick<ReadRecord['header'], 'seq'> }[],
  { leaf, last }: Pick<ReadState, 'leaf' | 'last'>,
) {
  const wrong = (why: string) => new ProofError('PROOF_STATE_PLACE', why)
  const end = last ?? leaf
  if (end.seq !== size - 1) throw wrong(`a log of ${size} does not end in the state at ${end.seq}`)
  if (last !== null && last.seq <= leaf.seq) throw wrong('the last state is no later one')
  if (asOf > size) throw wrong(`asked as of ${asOf}, in a log of ${size}`)
  if (leaf.size > asOf) throw wrong(`the state at ${leaf.size}, asked as of ${asOf}`)
  if (last !== null && last.size <= asOf) {
    throw wrong(`the state at ${leaf.size}, and there is one at ${last.size}, not after ${asOf}`)
  }
  const late = records.find(({ header }) => header.seq >= leaf.size)
  if (late !== undefined) throw wrong(`record ${late.header.seq} came after the state`)
  return `the last at or before ${asOf} that is shown, in a log that ends in the one at ${end.size}`
}

/** Requires the entities of the state to be those of the records. @throws {ProofError} `PROOF_STATE_ENTITIES` */
export function checkStateEntities(records: readonly ReadRecord[], { entities }: ReadState) {
  const shown = new Set(records.map(({ header }) => header.id))
  const stray = entities.find(({ id }) => !shown.has(id))
  if (stray !== undefined || entities.length !== shown.size) {
    const which = stray ? `${stray.id} has no record` : 'a record has no state'
    throw new ProofError('PROOF_STATE_ENTITIES', which)
  }
  return `${entities.length}, each with its record`
}

/**
 * Requires the state tree to have, for every entity shown, the leaf of just the record shown, and
 * in-sets of just the roots shown or rebuilt from the lists shown.
 *
 * @throws {ProofError} As `verifySparse`: an older record, a list that is not whole or another
 * entity's, and another state lead to another root.
 */
export function checkCurrent(sha256: Sha256, records: readonly ReadRecord[], state: ReadState) {
  const leaves = new Map(records.map(({ header, leaf }) => [header.id, leaf]))
  const claims = state.entities.flatMap(({ id, design, run }) => {
    const leaf = leaves.get(id)
    // A state without a record is for `checkStateEntities` to refuse.
    if (leaf === undefined) return []
    const value = { leaf, design: rootOfInSet(sha256, design), run: rootOfInSet(sha256, run) }
    return [{ key: entityKey(sha256, id), value: stateValue(sha256, value) }]
  })
  verifySparse(sha256, state.proof, claims, unb64(state.leaf.root))
  return `each of ${claims.length} records is its entity's latest before position ${state.leaf.size}`
}

/** Gives the root of an in-set as shown, or computes it from the list. */
export const rootOfInSet = (sha256: Sha256, set: ShownInSet) =>
  set instanceof Uint8Array ? set : inRoot(sha256, set)
