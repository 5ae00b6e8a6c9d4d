import { ProofError } from './error.ts'
import { equal, HASH_BYTES, type Sha256 } from './hash.ts'
import {
  bitAt,
  EMPTY_ROOT,
  joinNodes,
  leafNode,
  PAGE_BITS,
  type SparseInner,
  type SparseNode,
} from './sparse-node.ts'

/** What stands first at each place of a page, before what it takes to know it. */
const TAG = { empty: 0, leaf: 1, inner: 2, page: 3 } as const

/** No page is larger: sixteen keys at its lower edge, and the fifteen places above them. */
const MOST_BYTES = 2 ** PAGE_BITS * (1 + 2 * HASH_BYTES) + 2 ** PAGE_BITS - 1

/** Pages are small and many, and to make a buffer for each costs more than to fill it. */
const POOL_BYTES = 64 * 1024
let pool: Cursor = { bytes: new Uint8Array(0), at: 0 }

/**
 * Writes the page that starts at `node`: its places depth first, left first, each a byte and what
 * belongs to it: nothing (0), key and value (1), its two halves (2), or, at the page's lower edge, the
 * hash of the page below (3). Inner hashes are left out: a reader computes them.
 *
 * @returns A part of a larger buffer, which nothing else will write to.
 * @throws {ProofError} `PROOF_STATE_MISSING` for a page that is not loaded.
 */
export function writePage(node: SparseNode): Uint8Array {
  if (pool.bytes.length - pool.at < MOST_BYTES) pool = { bytes: new Uint8Array(POOL_BYTES), at: 0 }
  const start = pool.at
  put(node, 0, pool)
  return pool.bytes.subarray(start, pool.at)
}

interface Cursor {
  bytes: Uint8Array
  at: number
}

const isBelow = (node: SparseNode, level: number) =>
  node?.kind === 'stub' || (node?.kind === 'inner' && level === PAGE_BITS)

function put(node: SparseNode, level: number, cursor: Cursor) {
  const { bytes } = cursor
  if (node === null) bytes[cursor.at++] = TAG.empty
  else if (node.kind === 'leaf') {
    bytes[cursor.at] = TAG.leaf
    bytes.set(node.entry, cursor.at + 1)
    cursor.at += 1 + 2 * HASH_BYTES
  } else if (isBelow(node, level)) {
    // A page itself is never a stub: its lower edge is the only place for one.
    if (level !== PAGE_BITS) throw notLoaded()
    bytes[cursor.at] = TAG.page
    bytes.set(node.hash, cursor.at + 1)
    cursor.at += 1 + HASH_BYTES
  } else {
    const { left, right } = node as SparseInner
    bytes[cursor.at++] = TAG.inner
    put(left, level + 1, cursor)
    put(right, level + 1, cursor)
  }
}

/** Says that a part of the tree that is needed is known by its hash only. */
export const notLoaded = () =>
  new ProofError('PROOF_STATE_MISSING', 'a page of the tree that is needed is not loaded')

/**
 * Reads a page and computes its hashes; whatever `writePage` cannot have written is refused.
 *
 * @param prefix The bits that lead to the page, as text.
 * @param hash What the page is known by.
 * @throws {ProofError} `PROOF_STATE_PAGE`
 */
export function readPage(
  sha256: Sha256,
  bytes: Uint8Array,
  { prefix, hash }: { prefix: string; hash: Uint8Array | null },
): SparseNode {
  const cursor = { bytes, at: 0 }
  const node = take(sha256, cursor, prefix, prefix.length + PAGE_BITS)
  if (cursor.at !== bytes.length) throw badPage('something follows')
  // A leaf or nothing stands in the page above, and only the first page has none above it.
  if (node === null || (prefix !== '' && node.kind !== 'inner')) throw badPage('no page is due')
  if (hash !== null && !equal(node.hash, hash)) throw badPage('its hash is another')
  return node
}

const badPage = (why: string) =>
  new ProofError('PROOF_STATE_PAGE', `a stored page of the tree is not what it was: ${why}`)

function take(sha256: Sha256, cursor: Cursor, prefix: string, edge: number): SparseNode {
  const tag = cursor.bytes[cursor.at++]
  if (tag === TAG.empty) return null
  if (tag === TAG.leaf) return takeLeaf(sha256, cursor, prefix)
  if (prefix.length === edge) {
    if (tag !== TAG.page) throw badPage(`${tag} at the edge`)
    const hash = takeHash(cursor)
    if (equal(hash, EMPTY_ROOT)) throw badPage('the hash of nothing')
    return { kind: 'stub', hash }
  }
  if (tag !== TAG.inner) throw badPage(`no place starts with ${tag}`)
  const left = take(sha256, cursor, `${prefix}0`, edge)
  const right = take(sha256, cursor, `${prefix}1`, edge)
  const node = joinNodes(sha256, left, right)
  if (node?.kind !== 'inner') throw badPage('a key that stands too deep')
  return node
}

function takeLeaf(sha256: Sha256, cursor: Cursor, prefix: string) {
  const leaf = leafNode(sha256, { key: takeHash(cursor), value: takeHash(cursor) })
  for (let depth = 0; depth < prefix.length; depth++) {
    if (bitAt(leaf.entry, depth) !== Number(prefix[depth])) throw badPage('a key at another place')
  }
  return leaf
}

function takeHash(cursor: Cursor) {
  const hash = cursor.bytes.slice(cursor.at, cursor.at + HASH_BYTES)
  if (hash.length !== HASH_BYTES) throw badPage('it ends early')
  cursor.at += HASH_BYTES
  return hash
}
