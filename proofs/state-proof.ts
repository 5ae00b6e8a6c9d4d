import { b64 } from './base64.ts'
import type { Batch } from './batch.ts'
import { boundedText } from './bounded-text.ts'
import { canonical } from './canonical.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import type { Json } from './json.ts'
import { hashLeaf, parseLeaf, type RecordHeader, type StateLeaf } from './leaf.ts'
import { type Check, closed, count, id, oneOf, parseCanonical, pattern } from './members.ts'
import { readBatch } from './proof.ts'
import { mergeLeaves, type ProvenLeaf, placesOf } from './proven.ts'
import { type SparseProof, sparseProofJson } from './sparse-proof.ts'
import { inSet, inSetJson, readState, type ShownInSet, stateLeaves } from './state-part.ts'

/** What a state says of one id: its latest record, and who points to it. */
export interface ProvenEntity {
  id: string
  /** `null`: the state has no such entity. */
  current: { header: RecordHeader; design: ShownInSet; run: ShownInSet } | null
}

/** What a state says of some ids, with all that it takes to check it (docs/specs/state.md, "State proof"). */
export interface StateProof {
  /** The position asked. */
  asOf: number
  /** The state record that the answer rests on, and the one that the checkpoint ends in, where that is another. */
  leaf: StateLeaf
  last: StateLeaf | null
  /** Ascending by id, at least one. */
  entities: readonly ProvenEntity[]
  /** What the tree of `leaf` has at the key of each. */
  proof: SparseProof
  /** The batch proof for `stateProofPlaces` in the log of the checkpoint. */
  batch: Batch
  /** The checkpoint as a signed note. */
  checkpoint: string
}

/** A state proof that was read; `leaves` are those that `batch` must be about. */
export interface ReadStateProof extends StateProof {
  leaves: readonly ProvenLeaf[]
}

/** Gives the places that a state proof proves: its state records and the records that it shows. */
export const stateProofPlaces = (of: Pick<StateProof, 'leaf' | 'last' | 'entities'>) =>
  placesOf([stateLeaves(of), of.entities.flatMap(({ current }) => current?.header ?? [])])

/** Writes a state proof. @throws {ProofError} `PROOF_JSON_*` */
export const stateProofText = (proof: StateProof): string =>
  canonical({
    v: 'selvedge/state-proof/1',
    asOf: proof.asOf,
    checkpoint: proof.checkpoint,
    proof: {
      size: proof.batch.size,
      seqs: [...proof.batch.seqs],
      hashes: proof.batch.hashes.map((hash) => b64(hash)),
    },
    state: {
      leaf: proof.leaf as unknown as Json,
      last: proof.last as unknown as Json,
      entities: proof.entities.map(({ id, current }) => ({
        id,
        header: current && (current.header as unknown as Json),
        design: current && inSetJson(current.design),
        run: current && inSetJson(current.run),
      })),
      ...sparseProofJson(proof.proof),
    },
  })

/**
 * Reads a state proof; whether it proves anything, `verifyState` says.
 *
 * @throws {ProofError} As `readStatePart` and `readBatch`; `PROOF_TEXT_TOO_LARGE`, `PROOF_JSON_*`
 */
export function readStateProof(sha256: Sha256, bytes: Uint8Array): ReadStateProof {
  const names = ['v', 'asOf', 'checkpoint', 'proof', 'state']
  const members = closed(parseCanonical(boundedText(bytes)), 'the state proof', names)
  oneOf('selvedge/state-proof/1')(members.v, 'v')
  const state = readState(sha256, members.state!, entity)
  const shown = state.entities.flatMap(({ current }) => current?.header ?? [])
  const records = shown.map((header) => ({ seq: header.seq, hash: hashLeaf(sha256, header) }))
  return {
    ...state,
    asOf: count(members.asOf, 'asOf'),
    checkpoint: noteText(members.checkpoint, 'checkpoint'),
    batch: readBatch(closed(members.proof, 'proof', ['size', 'seqs', 'hashes'])),
    leaves: mergeLeaves([state.leaves, records]),
  }
}

const noteText = pattern('text', /^/)

const entity: Check<ProvenEntity> = (value, what) => {
  const members = closed(value, what, ['id', 'header', 'design', 'run'])
  const { header, design, run } = members
  const own = id(members.id, `${what}.id`)
  if (header === null && design === null && run === null) return { id: own, current: null }
  const leaf = parseLeaf(canonical(header!))
  if (leaf.v !== 'selvedge/record/1' || leaf.id !== own) {
    throw new ProofError('PROOF_STATE_FORM', `${what} shows no record of its id`)
  }
  return {
    id: own,
    current: {
      header: leaf,
      design: inSet('design')(design, `${what}.design`),
      run: inSet('run')(run, `${what}.run`),
    },
  }
}
