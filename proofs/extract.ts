import { entryProofBytes } from './entry-proof.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import { MANIFEST, MANIFEST_JWS } from './manifest.ts'
import { stitchTree } from './stitch-tree.ts'
import { text } from './utf8.ts'
import { readZip } from './zip.ts'

/** One file of a bundle, and the file that proves it alone. */
export interface Extracted {
  bytes: Uint8Array
  /** The bytes of `<entry>.stitch.json`. */
  proof: Uint8Array
}

/**
 * Takes one entry out of a bundle, with the proof by which it can be handed on alone.
 *
 * It judges nothing: out of a bundle that does not verify comes a proof that does not either.
 *
 * @throws {ProofError} `PROOF_ENTRY_MISSING` where there is no such entry, and for the manifest and its
 * signature, which the proof carries itself; `PROOF_ZIP_*`
 */
export function extractEntry(sha256: Sha256, bundle: Uint8Array, path: string): Extracted {
  const entries = readZip(bundle)
  const jws = entries.find((entry) => entry.path === MANIFEST_JWS)
  const subjects = entries.filter((entry) => ![MANIFEST, MANIFEST_JWS].includes(entry.path))
  const index = subjects.findIndex((subject) => subject.path === path)
  if (index < 0 || jws === undefined) {
    throw new ProofError('PROOF_ENTRY_MISSING', `there is no ${index < 0 ? path : MANIFEST_JWS}`)
  }
  const tree = stitchTree(sha256, subjects)
  const hashes = tree
    .getProof(tree.getLeaves()[index]!, index)
    .map(({ data }) => Uint8Array.from(data))
  const proof = entryProofBytes({ path, hashes, jws: text(jws.bytes) })
  return { bytes: subjects[index]!.bytes, proof }
}
