import { equal } from './hash.ts'

/** A leaf that a bundle shows and proves to stand in the log: its place, and its hash as computed from what is shown. */
export interface ProvenLeaf {
  seq: number
  hash: Uint8Array
}

/**
 * Gives the places that the batch proof is for: those of all parts of a bundle that show leaves, each
 * once and ascending (docs/specs/bundle.md, "proof.json").
 */
export const placesOf = (parts: readonly (readonly { seq: number }[])[]): number[] =>
  [...new Set(parts.flatMap((part) => part.map(({ seq }) => seq)))].sort((a, b) => a - b)

/**
 * Joins the leaves that several parts show, ascending by place. A leaf shown twice counts once; two
 * leaves at one place both stay, so that they cannot fit a proof, whose places are unique.
 */
export function mergeLeaves(parts: readonly (readonly ProvenLeaf[])[]): ProvenLeaf[] {
  const sorted = parts.flat().sort((a, b) => a.seq - b.seq)
  return sorted.filter(({ seq, hash }, i) => {
    const before = sorted[i - 1]
    return before?.seq !== seq || !equal(before.hash, hash)
  })
}
