import { MerkleTree } from 'merkletreejs'
import type { Sha256 } from './hash.ts'
import { stitchLeaf } from './stitch.ts'
import type { ZipEntry } from './zip.ts'

const NODE = Uint8Array.of(0x01)

/**
 * Builds the stitch tree of a bundle over its subjects, which come in path order (docs/specs/bundle.md).
 *
 * An RFC 6962 root comes out of merkletreejs only with leaves hashed beforehand, a node hash that adds
 * the prefix, and no options: an odd node is then promoted unchanged. Take proofs by index; never use
 * its `verify`, which binds neither index nor size, or its multiproofs.
 */
export const stitchTree = (sha256: Sha256, subjects: readonly ZipEntry[]) =>
  new MerkleTree(
    subjects.map((subject) => stitchLeaf(sha256, subject)),
    (pair: Uint8Array) => sha256(NODE, pair),
  )

/** Gives the stitch root that a manifest states, by merkletreejs. */
export const weaveStitchRoot = (sha256: Sha256, subjects: readonly ZipEntry[]): Uint8Array =>
  Uint8Array.from(stitchTree(sha256, subjects).getRoot())
