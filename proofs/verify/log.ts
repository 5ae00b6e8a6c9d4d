import { parseAnchors } from '../anchors.ts'
import { b64 } from '../base64.ts'
import { type Batch, verifyBatch } from '../batch.ts'
import { boundedText } from '../bounded-text.ts'
import { type Checkpoint, parseCheckpoint } from '../checkpoint.ts'
import { ProofError } from '../error.ts'
import type { Sha256 } from '../hash.ts'
import { parseKeyRecords, type ReadKeyRecord } from '../key-records.ts'
import { ANCHORS, CHECKPOINT, KEYS, type Manifest, PROOF, RECORDS } from '../manifest.ts'
import { type NoteSignature, parseNote } from '../note.ts'
import { parseProof } from '../proof.ts'
import type { ProvenLeaf } from '../proven.ts'
import { parseRecords, type ReadRecord } from '../records.ts'
import { type Entries, entry } from './manifest.ts'

/** A checkpoint read from its note; no signature checked yet. */
export interface ReadCheckpoint extends Checkpoint {
  note: string
  /** What is signed: the note without its signature lines. */
  text: string
  signatures: NoteSignature[]
}

/**
 * Reads `checkpoint`: a signed note over origin, size and root, without extension lines.
 *
 * @throws {ProofError} `PROOF_NOTE_SYNTAX`, `PROOF_CHECKPOINT_SYNTAX`, `PROOF_CHECKPOINT_EXTENSION`
 */
export const readCheckpoint = (entries: Entries) =>
  openCheckpoint(boundedText(entry(entries, CHECKPOINT)))

/** Reads a checkpoint of ours from its note. @throws {ProofError} As `readCheckpoint`. */
export function openCheckpoint(note: string) {
  const { text, signatures } = parseNote(note)
  const { extensions, ...checkpoint } = parseCheckpoint(text)
  if (extensions.length > 0) {
    throw new ProofError('PROOF_CHECKPOINT_EXTENSION', 'a line after the root')
  }
  const value: ReadCheckpoint = { ...checkpoint, note, text, signatures }
  return { value, detail: `${value.origin}, size ${value.size}, root ${b64(value.root)}` }
}

/** Requires the checkpoint to be the one that the manifest names. @throws {ProofError} `PROOF_CHECKPOINT_OTHER` */
export function checkCheckpoint({ predicate }: Manifest, { origin, size }: ReadCheckpoint) {
  if (origin !== predicate.origin || size !== predicate.size) {
    throw new ProofError(
      'PROOF_CHECKPOINT_OTHER',
      `a checkpoint of ${origin} at ${size}, and the manifest names ${predicate.origin} at ${predicate.size}`,
    )
  }
  return `${origin} at ${size}, as the manifest names it`
}

/** Reads `proof.json`. @throws {ProofError} As `parseProof`, and `PROOF_ENTRY_MISSING`. */
export function readProof(entries: Entries) {
  const value = parseProof(entry(entries, PROOF))
  return { value, detail: `${value.hashes.length} hashes for ${value.seqs.length} places` }
}

/** Reads `records.ndjson`. @throws {ProofError} As `parseRecords`, and `PROOF_ENTRY_MISSING`. */
export function readRecords(sha256: Sha256, entries: Entries) {
  const value = parseRecords(sha256, entry(entries, RECORDS))
  return { value, detail: `${value.length} records, each sound by itself` }
}

/**
 * Reads `keys.json`, where the bundle has one: key records after the log's first two.
 *
 * @throws {ProofError} As `parseKeyRecords`.
 */
export function readKeyRecords(sha256: Sha256, entries: Entries) {
  const bytes = entries.get(KEYS)
  if (bytes === undefined) return { value: [], detail: 'no key records but the first two' }
  const value = parseKeyRecords(sha256, bytes)
  return { value, detail: `${value.length} key records, each sound by itself` }
}

/** Reads `anchors.json`, where the bundle has one. @throws {ProofError} As `parseAnchors`. */
export function readAnchors(entries: Entries) {
  const bytes = entries.get(ANCHORS)
  if (bytes === undefined) return { value: [], detail: 'the bundle proves nothing of anchors' }
  const value = parseAnchors(bytes)
  return { value, detail: `proofs for anchors at ${value.map(({ size }) => size).join(', ')}` }
}

/** Gives the leaves of the key records shown. */
export const leavesOfKeys = (records: readonly ReadKeyRecord[]): ProvenLeaf[] =>
  records.map(({ leaf: { seq }, hash }) => ({ seq, hash }))

/** Gives the leaves of the records shown. */
export const leavesOfRecords = (records: readonly ReadRecord[]): ProvenLeaf[] =>
  records.map(({ header: { seq }, leaf }) => ({ seq, hash: leaf }))

/**
 * Requires the proof to be about the leaves shown, each at its own place, and about this checkpoint: a
 * batch of hashes alone binds neither the places nor the size.
 *
 * @throws {ProofError} `PROOF_POSITIONS`
 */
export function checkPositions(
  { size, seqs }: Batch,
  leaves: readonly ProvenLeaf[],
  checkpoint: ReadCheckpoint,
) {
  if (size !== checkpoint.size) {
    throw new ProofError('PROOF_POSITIONS', `the proof is for a log of ${size}`)
  }
  const matches = leaves.every(({ seq }, i) => seq === seqs[i])
  if (!matches || leaves.length !== seqs.length) {
    throw new ProofError('PROOF_POSITIONS', 'the places of the proof are not those of the leaves')
  }
  return `${seqs.length} places, each its leaf's own`
}

/** Requires the leaves shown and the proof to make the checkpoint's root. @throws {ProofError} As `verifyBatch`. */
export function checkInclusion(
  sha256: Sha256,
  {
    proof,
    leaves,
    checkpoint,
  }: { proof: Batch; leaves: readonly ProvenLeaf[]; checkpoint: ReadCheckpoint },
) {
  const hashes = leaves.map(({ hash }) => hash)
  verifyBatch(sha256, proof, hashes, checkpoint.root)
  return `${hashes.length} leaves are in the log of ${proof.size}`
}
