import { canonicalBytes } from './canonical.ts'
import { leafHash, type Sha256 } from './hash.ts'
import { hex } from './hex.ts'
import { rootOf } from './merkle.ts'
import type { ZipEntry } from './zip.ts'

/**
 * Gives the leaf hash of one subject in the stitch tree: `JCS(["selvedge/entry/1", path, size, sha256hex])`.
 *
 * The path and the size are in it, so that one file can be handed on alone with its proof.
 */
export const stitchLeaf = (sha256: Sha256, { path, bytes }: ZipEntry) =>
  leafHash(sha256, canonicalBytes(['selvedge/entry/1', path, bytes.length, hex(sha256(bytes))]))

/**
 * Gives the root over the subjects, which come in path order, by our own RFC 6962 tree: what a
 * verifier uses. `stitch-tree.ts` builds the same root with merkletreejs.
 */
export const stitchRoot = (sha256: Sha256, subjects: readonly ZipEntry[]) =>
  rootOf(
    sha256,
    subjects.map((subject) => stitchLeaf(sha256, subject)),
  )
