import { sha256 } from '../../core/sha256.ts'
import { canonical } from '../../proofs/canonical.ts'
import { ProofError } from '../../proofs/error.ts'
import type { Json } from '../../proofs/json.ts'
import type { Leaf } from '../../proofs/leaf.ts'
import { openReplay, type ReplayOptions } from '../../proofs/replay.ts'

/** The text of a leaf as a log holds it. */
export const leafText = (leaf: Leaf) => canonical(leaf as unknown as Json)

/** Reads a whole log; throws at the first leaf that is refused. */
export function replay(leaves: readonly Leaf[], options: ReplayOptions = { tenant: 'acme' }) {
  const replay = openReplay(sha256, options)
  for (const leaf of leaves) replay.add(leafText(leaf))
  return replay
}

/** Where a replay stops, as `code at seq`; `null` where it reads everything. */
export function stopsAt(leaves: readonly Leaf[], options?: ReplayOptions) {
  try {
    replay(leaves, options)
    return null
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    return error.code
  }
}
