import { canonicalBytes } from './canonical.ts'
import type { Sha256 } from './hash.ts'
import { sparseRoot } from './sparse.ts'
import { compareUtf16 } from './utf8.ts'

/** An edge to an upstream neighbour, with the leaf (base64url) that the neighbour had when it was linked; `null` to itself. */
export interface Link {
  rel: string
  id: string
  leaf: string | null
}

/** Orders edges by relation, then by neighbour, both as UTF-16 code units. */
export const compareLinks = (a: { rel: string; id: string }, b: { rel: string; id: string }) =>
  compareUtf16(a.rel, b.rel) || compareUtf16(a.id, b.id)

/**
 * Gives the root over all out-edges in force (record.md, "Out-set"): key `H(JCS([rel, id]))`,
 * value `H(JCS([rel, id, leaf]))`; 32 zero bytes for none. The order of `links` does not matter.
 *
 * @throws {ProofError} `PROOF_SPARSE_KEYS` where a (relation, neighbour) occurs twice.
 */
export const outRoot = (sha256: Sha256, links: readonly Link[]): Uint8Array =>
  sparseRoot(
    sha256,
    links.map(({ rel, id, leaf }) => ({
      key: sha256(canonicalBytes([rel, id])),
      value: sha256(canonicalBytes([rel, id, leaf])),
    })),
  )
