import { type AnchorProof, anchorsBytes } from './anchors.ts'
import { b64 } from './base64.ts'
import { erasuresBytes } from './erasures.ts'
import type { Sha256 } from './hash.ts'
import { hex } from './hex.ts'
import { keyRecordsBytes } from './key-records.ts'
import type { KeyLeaf, RecordHeader } from './leaf.ts'
import {
  ANCHORS,
  CHECKPOINT,
  ERASURES,
  KEYS,
  MANIFEST,
  MANIFEST_JWS,
  type Manifest,
  manifestBytes,
  PREDICATES,
  PROOF,
  type Question,
  RECORDS,
  REPLAY,
  STATEMENT,
  TERMS,
} from './manifest.ts'
import { proofBytes } from './proof.ts'
import { placesOf } from './proven.ts'
import { recordsBytes, type ShownRecord } from './records.ts'
import { type ManifestSigner, signManifest } from './sign.ts'
import { type StatePart, stateLeaves, statePartJson } from './state-part.ts'
import { weaveStitchRoot } from './stitch-tree.ts'
import { type StatedTerms, termsBytes } from './terms/stated.ts'
import { compareUtf16, utf8 } from './utf8.ts'
import { writeZip, type ZipEntry } from './zip.ts'

/** What goes into a bundle. */
export interface BundleParts {
  tenant: string
  /** The log's origin: the first line of the checkpoint. */
  origin: string
  question: Question
  /** The position asked: the answer holds records below it only. */
  asOf: number
  /** The checkpoint's size, at least `asOf`. */
  size: number
  /** One an entity, its latest below `asOf`; in any order. */
  records: readonly ShownRecord[]
  /** The records that erased bodies of those shown, in the order of the log; none where nothing is erased. */
  erasures?: readonly RecordHeader[]
  /** The batch proof's hashes for `provenPlaces` in the tree of `size`. */
  hashes: readonly Uint8Array[]
  /** What the bundle shows of the state tree; without it nothing is said to be current or complete. */
  state?: StatePart
  /** A replayer's signed note on that state (docs/specs/state.md, "Replay note"). */
  replay?: string
  /** The checkpoint as a signed note. */
  checkpoint: string
  /** The patterns by which fields of `records` are withheld; the bundle says nothing of it without them. */
  withhold?: readonly string[]
  /** The key records after the first two that the reader may need, in order of `seq`. */
  keys?: readonly KeyLeaf[]
  /** Proofs that lead from the checkpoint to anchors, ascending by size. */
  anchors?: readonly AnchorProof[]
  /**
   * The terms of the root as they follow from `records`, and the texts of licences that they say are held,
   * each under its path. With terms the bundle is of the second form, and without of the first.
   */
  terms?: { stated: StatedTerms; texts: readonly ZipEntry[] }
  /** Further entries, vouched for by hash and not interpreted. */
  attachments?: readonly ZipEntry[]
}

/**
 * Builds a stitched bundle (`docs/specs/bundle.md`) from parts that are proven already.
 *
 * It judges nothing: parts that do not fit each other make a bundle that verifiers refuse.
 *
 * @throws {ProofError} `PROOF_ZIP_PATH`, `PROOF_ZIP_LIMIT`, `PROOF_JSON_*`
 */
export async function buildBundle(sha256: Sha256, parts: BundleParts, signer: ManifestSigner) {
  const subjects = subjectsOf(parts)
  const manifest = manifestBytes(stateManifest(sha256, parts, subjects))
  return writeZip([
    { path: MANIFEST, bytes: manifest },
    { path: MANIFEST_JWS, bytes: await signManifest(manifest, signer) },
    ...subjects,
  ])
}

/**
 * Gives the places that a bundle of these parts proves: `hashes` must be the batch proof for them, and
 * `batchRanges` says which subtrees that takes.
 */
export const provenPlaces = ({
  records,
  keys = [],
  erasures = [],
  state,
}: Pick<BundleParts, 'records' | 'keys' | 'erasures' | 'state'>) =>
  placesOf([records.map(({ header }) => header), keys, erasures, state ? stateLeaves(state) : []])

/** Every entry but the manifest and its signature, in path order. */
function subjectsOf(parts: BundleParts) {
  const { size, records, hashes, checkpoint, attachments = [] } = parts
  const { keys = [], anchors = [], erasures = [] } = parts
  const ordered = [...records].sort((a, b) => a.header.seq - b.header.seq)
  const seqs = provenPlaces(parts)
  const state = parts.state && { state: statePartJson(parts.state) }
  const subjects: ZipEntry[] = [
    { path: CHECKPOINT, bytes: utf8(checkpoint) },
    { path: PROOF, bytes: proofBytes({ size, seqs, hashes, ...state }) },
    { path: RECORDS, bytes: recordsBytes(ordered) },
    // Where there is nothing to say there is no file: such a bundle is as it always was.
    ...(keys.length > 0 ? [{ path: KEYS, bytes: keyRecordsBytes(keys) }] : []),
    ...(anchors.length > 0 ? [{ path: ANCHORS, bytes: anchorsBytes(anchors) }] : []),
    ...(parts.replay === undefined ? [] : [{ path: REPLAY, bytes: utf8(parts.replay) }]),
    ...(erasures.length > 0 ? [{ path: ERASURES, bytes: erasuresBytes(erasures) }] : []),
    ...(parts.terms
      ? [{ path: TERMS, bytes: termsBytes(parts.terms.stated) }, ...parts.terms.texts]
      : []),
    ...attachments,
  ]
  return subjects.sort((a, b) => compareUtf16(a.path, b.path))
}

function stateManifest(
  sha256: Sha256,
  { tenant, origin, question, asOf, size, records, state, withhold, terms }: BundleParts,
  subjects: readonly ZipEntry[],
): Manifest {
  const v = terms ? 'selvedge/bundle/2' : 'selvedge/bundle/1'
  return {
    _type: STATEMENT,
    subject: subjects.map(({ path, bytes }) => ({
      name: path,
      digest: { sha256: hex(sha256(bytes)) },
    })),
    predicateType: PREDICATES[v],
    predicate: {
      v,
      tenant,
      origin,
      question,
      asOf,
      stateSize: state?.leaf.size ?? null,
      size,
      records: records.length,
      stitch: b64(weaveStitchRoot(sha256, subjects)),
      ...(withhold && { withhold }),
    },
  }
}
