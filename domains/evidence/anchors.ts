import type { Ask } from '../../lineage/graph.ts'
import type { AnchorProof } from '../../proofs/anchors.ts'
import { consistencyRanges } from '../../proofs/consistency.ts'
import type { TrustLog } from '../../proofs/trust.ts'
import { rangeHashes } from './inclusion.ts'

/**
 * Proves that the log of each anchor begins with the log of `size`, so that a checkpoint of that size
 * counts though its key is compromised (docs/specs/keys.md, "Anchors"). Anchors below it prove nothing
 * of it and are left out; one of its own size needs no proof.
 */
export async function proveAnchors(
  ask: Ask,
  size: number,
  anchors: TrustLog['anchors'],
): Promise<AnchorProof[]> {
  const later = anchors.filter((anchor) => anchor.size > size)
  const ranges = later.map((anchor) => consistencyRanges(size, anchor.size))
  const hashes = await rangeHashes(ask, ranges.flat())
  return later.map((anchor, i) => ({
    size: anchor.size,
    path: hashes.splice(0, ranges[i]!.length),
  }))
}
