import { b64, unb64 } from './base64.ts'
import { canonical, canonicalBytes } from './canonical.ts'
import { ProofError } from './error.ts'
import { HASH_BYTES, leafHash, nodeHash, type Sha256 } from './hash.ts'
import { hex } from './hex.ts'
import { type Inclusion, inclusionRanges } from './inclusion.ts'
import type { Json } from './json.ts'
import { rootOf } from './merkle.ts'
import { type Range, splitPoint } from './range.ts'
import { utf8 } from './utf8.ts'

/** What stands in the tree of a window for one event (docs/specs/usage.md, "Leaf"). */
export interface UsageLeaf {
  /** The event's key, 64 hexadecimal digits: it is the place of the leaf among the others, too. */
  key: string
  /** What commits to the event, base64url. */
  c: string
}

/** How many leaves a block of the tree has: a subtree of its own. */
export const BLOCK = 256

/** Gives the key of an event: `H(JCS([source, id]))` in hexadecimal, by which it is counted once. */
export const usageKey = (sha256: Sha256, source: string, id: string) =>
  hex(sha256(canonicalBytes([source, id])))

/**
 * Gives what commits to an event: `H(JCS([salt, event]))`, base64url. Events are short and easily
 * guessed, and what stands beside one in a proof must not tell them.
 *
 * @param salt 32 random bytes, base64url, new for each event.
 */
export function usageCommitment(sha256: Sha256, salt: string, event: Json) {
  if (unb64(salt).length !== HASH_BYTES) {
    throw new ProofError('PROOF_HASH_LENGTH', 'a salt is not 32 bytes')
  }
  return b64(sha256(utf8(`[${canonical(salt)},${canonical(event)}]`)))
}

/** Gives the hash of a leaf: RFC 6962 over `JCS(["selvedge/usage/1", key, c])`. */
export const usageLeafHash = (sha256: Sha256, { key, c }: UsageLeaf) =>
  leafHash(sha256, canonicalBytes(['selvedge/usage/1', key, c]))

/**
 * Requires that keys strictly ascend: no event is twice in a window, and there is one order.
 *
 * @param after The key before the first; nothing where there is none.
 * @throws {ProofError} `PROOF_FIELD_ORDER`
 */
export function requireOrder(leaves: readonly UsageLeaf[], after = '') {
  for (const [i, { key }] of leaves.entries()) {
    if (key <= (i === 0 ? after : leaves[i - 1]!.key)) {
      throw new ProofError('PROOF_FIELD_ORDER', `the event ${key} is out of order`)
    }
  }
}

/**
 * Gives the roots of the blocks of a window: of each 256 leaves in order, and of what is left. By them
 * the path of any leaf follows from its own block.
 *
 * @throws {ProofError} `PROOF_FIELD_ORDER`
 */
export function blockRoots(sha256: Sha256, leaves: readonly UsageLeaf[]): Uint8Array[] {
  requireOrder(leaves)
  const roots: Uint8Array[] = []
  for (let from = 0; from < leaves.length; from += BLOCK) {
    roots.push(blockRoot(sha256, leaves.slice(from, from + BLOCK)))
  }
  return roots
}

/** Gives the root of one block. */
export const blockRoot = (sha256: Sha256, block: readonly UsageLeaf[]) =>
  rootOf(
    sha256,
    block.map((leaf) => usageLeafHash(sha256, leaf)),
  )

/** Gives the root of a window by the roots of its blocks: a block is a perfect subtree, but for the last. */
export const rootOfBlocks = (sha256: Sha256, blocks: readonly Uint8Array[]): Uint8Array =>
  blocks.length === 0
    ? rootOf(sha256, [])
    : hashOfBlocks(sha256, blocks, { start: 0, end: blocks.length })

/** Gives the RFC 6962 root over the leaves of a window. @throws {ProofError} `PROOF_FIELD_ORDER` */
export const usageRoot = (sha256: Sha256, leaves: readonly UsageLeaf[]) =>
  rootOfBlocks(sha256, blockRoots(sha256, leaves))

/**
 * Gives the inclusion path of a leaf, by the roots of all blocks and the leaves of its own.
 *
 * @throws {ProofError} `PROOF_INDEX_OUT_OF_RANGE`, and `PROOF_ROOT_MISMATCH` where the block is another.
 */
export function usageInclusion(
  sha256: Sha256,
  { index, size }: Pick<Inclusion, 'index' | 'size'>,
  { blocks, own }: { blocks: readonly Uint8Array[]; own: readonly UsageLeaf[] },
): Inclusion {
  const at = Math.floor(index / BLOCK)
  const hashes = own.map((leaf) => usageLeafHash(sha256, leaf))
  if (!blocks[at] || b64(rootOf(sha256, hashes)) !== b64(blocks[at])) {
    throw new ProofError('PROOF_ROOT_MISMATCH', `block ${at} has another root`)
  }
  const path = inclusionRanges(index, size).map(({ start, end }) => {
    const isInside = Math.floor(start / BLOCK) === at && end <= (at + 1) * BLOCK
    if (isInside) return rootOf(sha256, hashes.slice(start - at * BLOCK, end - at * BLOCK))
    return hashOfBlocks(sha256, blocks, { start: start / BLOCK, end: Math.ceil(end / BLOCK) })
  })
  return { index, size, path }
}

/** As RFC 6962 splits a tree, where each block stands for a leaf: both split at powers of two. */
function hashOfBlocks(sha256: Sha256, blocks: readonly Uint8Array[], range: Range): Uint8Array {
  const { start, end } = range
  if (end - start === 1) return blocks[start]!
  const width = splitPoint(end - start)
  const left = hashOfBlocks(sha256, blocks, { start, end: start + width })
  return nodeHash(sha256, left, hashOfBlocks(sha256, blocks, { start: start + width, end }))
}
