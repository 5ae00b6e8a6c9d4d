import { equal, HASH_BYTES, type Sha256 } from './hash.ts'
import { Change, type KeyChange } from './sparse-change.ts'
import {
  badKeys,
  bitAt,
  entryOf,
  hashOf,
  inOrder,
  isOf,
  PAGE_BITS,
  type SparseInner,
  type SparseNode,
} from './sparse-node.ts'
import { notLoaded, readPage, writePage } from './sparse-page.ts'

/**
 * A compact sparse Merkle tree (record.md, "Sparse tree") of which any part may be known by its hash
 * alone. A tree is never changed: a change gives another one, which shares what stays the same, so
 * that it costs the paths of its keys and no more.
 */
export interface SparseTree {
  readonly top: SparseNode
}

/** The tree without keys. */
export const emptyTree: SparseTree = { top: null }

/**
 * Gives the tree that starts with this page; `null`, where there is none, gives the empty tree. What
 * lies below the page is known by its hash only.
 *
 * The root is what the page makes it: a caller who knows a root compares it with `treeRoot`.
 *
 * @param page The bytes of the page with the prefix `''`.
 * @throws {ProofError} `PROOF_STATE_PAGE`
 */
export const treeOfPages = (sha256: Sha256, page: Uint8Array | null): SparseTree =>
  page === null ? emptyTree : { top: readPage(sha256, page, { prefix: '', hash: null }) }

/** Gives the root: 32 zero bytes for the empty tree. */
export const treeRoot = ({ top }: SparseTree): Uint8Array => hashOf(top)

/**
 * Gives the value of a key, `undefined` where the tree has not got it.
 *
 * @throws {ProofError} `PROOF_STATE_MISSING`
 */
export function valueAt({ top }: SparseTree, key: Uint8Array): Uint8Array | undefined {
  let node = top
  for (let depth = 0; node?.kind === 'inner'; depth++)
    node = bitAt(key, depth) ? node.right : node.left
  if (node?.kind === 'stub') throw notLoaded()
  return node !== null && isOf(node, key) ? entryOf(node).value : undefined
}

/**
 * Names the pages that stand between the tree and these keys, one level at a time: load them and ask
 * again, until there is none. Then the keys can be read, changed and proven.
 *
 * @returns Prefixes in ascending order: text of 0 and 1, its length a multiple of `PAGE_BITS`.
 */
export function missingPages({ top }: SparseTree, keys: readonly Uint8Array[]): string[] {
  const missing = new Set<string>()
  for (const key of keys) {
    let [node, beside]: [SparseNode, SparseNode] = [top, null]
    let depth = 0
    for (; node?.kind === 'inner'; depth++) {
      const one = bitAt(key, depth)
      ;[node, beside] = one ? [node.right, node.left] : [node.left, node.right]
    }
    if (node?.kind === 'stub') missing.add(bitsOf(key, depth))
    // The proof that nothing stands here opens the place beside it.
    if (node === null && beside?.kind === 'stub') {
      missing.add(bitsOf(key, depth - 1) + (1 - bitAt(key, depth - 1)))
    }
  }
  return [...missing].sort()
}

const bitsOf = (key: Uint8Array, depth: number) => {
  let bits = ''
  for (let i = 0; i < depth; i++) bits += bitAt(key, i)
  return bits
}

/**
 * Puts pages where the tree knows a hash only, each checked against it. A page that is there already
 * is left as it is.
 *
 * @param pages By prefix; a page may come together with the one above it.
 * @throws {ProofError} `PROOF_STATE_PAGE`, `PROOF_STATE_MISSING` where the page above is not there.
 */
export function loadPages(
  sha256: Sha256,
  tree: SparseTree,
  pages: ReadonlyMap<string, Uint8Array>,
): SparseTree {
  const prefixes = [...pages.keys()].sort((a, b) => a.length - b.length)
  let { top } = tree
  for (const prefix of prefixes) {
    top = place(top, prefix, 0, (hash) => readPage(sha256, pages.get(prefix)!, { prefix, hash }))
  }
  return { top }
}

function place(
  node: SparseNode,
  prefix: string,
  depth: number,
  read: (hash: Uint8Array) => SparseNode,
): SparseNode {
  if (depth === prefix.length) return node?.kind === 'stub' ? read(node.hash) : node
  if (node?.kind === 'stub') throw notLoaded()
  if (node?.kind !== 'inner') return node
  const { left, right, hash } = node
  return prefix[depth] === '1'
    ? { kind: 'inner', left, right: place(right, prefix, depth + 1, read), hash }
    : { kind: 'inner', left: place(left, prefix, depth + 1, read), right, hash }
}

/**
 * Gives the tree after the changes, in whatever order they come. Taking away a key that is not there
 * changes nothing, nor does giving a key the value that it has; the root depends on the outcome alone.
 *
 * @throws {ProofError} `PROOF_SPARSE_KEYS`, `PROOF_STATE_MISSING`
 */
export function changeKeys(
  sha256: Sha256,
  tree: SparseTree,
  changes: readonly KeyChange[],
): SparseTree {
  const sorted = inOrder(changes)
  if (sorted.some(({ value }) => value !== null && value.length !== HASH_BYTES)) throw badKeys()
  const top = new Change(sha256, sorted).apply(tree.top, 0, 0, sorted.length)
  return top === tree.top ? tree : { top }
}

/** A page that is to be stored, or, without bytes, is there no longer. */
export interface PageChange {
  prefix: string
  bytes: Uint8Array | null
}

/**
 * Names the pages in which two trees differ, with their bytes after it; those above before those below.
 *
 * @param before The tree that `after` was made from, with every page loaded that the change needed.
 * @throws {ProofError} `PROOF_STATE_MISSING` where `before` lacks a page that has changed: what stood
 * below it, and may be gone, is not known.
 */
export function changedPages(before: SparseTree, after: SparseTree): PageChange[] {
  const changes: PageChange[] = []
  comparePages(before.top, after.top, '', changes)
  return changes
}

function comparePages(
  before: SparseNode,
  after: SparseNode,
  prefix: string,
  changes: PageChange[],
) {
  if (before === after || equal(hashOf(before), hashOf(after))) return
  const [was, is] = [hasPage(before, prefix), hasPage(after, prefix)]
  if (!was && !is) return
  if (before?.kind === 'stub' || after?.kind === 'stub') throw notLoaded()
  // Two pages of one hash are the same, and of two hashes never: so this one differs.
  changes.push({ prefix, bytes: is ? writePage(after) : null })
  compareBelow(before, after, prefix, { depth: 0, changes })
}

/** The first page is there for any key at all; every other one for at least two. */
const hasPage = (node: SparseNode, prefix: string) =>
  node !== null && (prefix === '' || node.kind !== 'leaf')

function compareBelow(
  before: SparseNode,
  after: SparseNode,
  prefix: string,
  { depth, changes }: { depth: number; changes: PageChange[] },
) {
  if (before === after) return
  if (depth === PAGE_BITS) {
    comparePages(before, after, prefix, changes)
    return
  }
  const below = { depth: depth + 1, changes }
  compareBelow(half(before, 'left'), half(after, 'left'), `${prefix}0`, below)
  compareBelow(half(before, 'right'), half(after, 'right'), `${prefix}1`, below)
}

const half = (node: SparseNode, side: 'left' | 'right') =>
  node?.kind === 'inner' ? (node as SparseInner)[side] : null
