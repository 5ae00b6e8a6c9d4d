import { b64, unb64 } from './base64.ts'
import { boundedText } from './bounded-text.ts'
import { canonicalBytes } from './canonical.ts'
import type { Checkpoint } from './checkpoint.ts'
import { verifyConsistency } from './consistency.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import { closed, count, hash, listOf, oneOf, parseCanonical } from './members.ts'
import type { TrustLog } from './trust.ts'

/** How the tree of a checkpoint and that of an anchor are one log: the smaller begins the larger. */
export interface AnchorProof {
  /** The anchor's size. */
  size: number
  /** The consistency path between the two sizes, whichever is the smaller. */
  path: readonly Uint8Array[]
}

/** Gives the bytes of `anchors.json`: proofs in ascending order of the anchors' sizes. */
export const anchorsBytes = (proofs: readonly AnchorProof[]): Uint8Array =>
  canonicalBytes({
    v: 'selvedge/anchors/1',
    proofs: proofs.map(({ size, path }) => ({ size, path: path.map((hash) => b64(hash)) })),
  })

/**
 * Reads `anchors.json`; whether it proves anything, `anchoredBy` says.
 *
 * @throws {ProofError} `PROOF_ANCHORS` for sizes out of order; `PROOF_JSON_*`, `PROOF_MEMBERS`,
 * `PROOF_VALUE`, `PROOF_TEXT_TOO_LARGE`
 */
export function parseAnchors(bytes: Uint8Array): AnchorProof[] {
  const members = closed(parseCanonical(boundedText(bytes)), 'the anchors', ['v', 'proofs'])
  oneOf('selvedge/anchors/1')(members.v, 'v')
  const proofs = listOf((value, what) => {
    const proof = closed(value, what, ['size', 'path'])
    const path = listOf(hash)(proof.path, `${what}.path`).map((text) => unb64(text))
    return { size: count(proof.size, `${what}.size`), path }
  })(members.proofs, 'proofs')
  if (proofs.some(({ size }, i) => i > 0 && size <= proofs[i - 1]!.size)) {
    throw new ProofError('PROOF_ANCHORS', 'anchors are not strictly ascending by size')
  }
  return proofs
}

/**
 * Compares a checkpoint with the anchors of the trust root: with one of its own size by the root, with
 * others where a proof is given. A proof for no anchor of the trust root says nothing.
 *
 * @returns The size of an anchor whose log begins with all of the checkpoint's, so that it vouches for
 * every leaf, or `null`. An anchor of a smaller size vouches for the leaves below it and for nothing
 * behind, so it is compared, and speaks for no checkpoint.
 * @throws {ProofError} `PROOF_ANCHOR_FORK` where the checkpoint is of another history than an anchor.
 */
export function anchoredBy(
  sha256: Sha256,
  { size, root }: Checkpoint,
  { anchors, proofs }: { anchors: TrustLog['anchors']; proofs: readonly AnchorProof[] },
): number | null {
  let covering: number | null = null
  for (const anchor of anchors) {
    const proof =
      anchor.size === size ? { size, path: [] } : proofs.find((one) => one.size === anchor.size)
    if (!proof) continue
    const ends = [
      { size, root },
      { size: anchor.size, root: unb64(anchor.root) },
    ].sort((a, b) => a.size - b.size)
    const [first, last] = ends as [(typeof ends)[0], (typeof ends)[0]]
    try {
      const { path } = proof
      const [size1, root1, size2, root2] = [first.size, first.root, last.size, last.root]
      verifyConsistency(sha256, { size1, root1, size2, root2, path })
    } catch (cause) {
      if (!(cause instanceof ProofError)) throw cause
      const message = `it is not shown to be one log with the anchor at ${anchor.size}: ${cause.message}`
      throw new ProofError('PROOF_ANCHOR_FORK', message, { cause })
    }
    if (anchor.size >= size) covering = anchor.size
  }
  return covering
}
