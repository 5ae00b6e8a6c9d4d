import { emptyHash, nodeHash, type Sha256 } from './hash.ts'

/** The right edge of a growing tree: the roots of the complete subtrees it consists of, largest first. */
export interface Edge {
  size: number
  hashes: Uint8Array[]
}

/** Gives the edge of the tree that has no leaves. */
export const emptyEdge = (): Edge => ({ size: 0, hashes: [] })

/** Gives the edge after one more leaf, in amortised constant time; the edge given stays as it is. */
export function appendLeaf(sha256: Sha256, edge: Edge, leafHash: Uint8Array): Edge {
  const hashes = [...edge.hashes]
  push(sha256, hashes, edge.size, leafHash)
  return { size: edge.size + 1, hashes }
}

/** Gives the RFC 6962 root of the tree whose edge this is; `H("")` where it has no leaves. */
export function edgeRoot(sha256: Sha256, { hashes }: Edge): Uint8Array {
  if (hashes.length === 0) return emptyHash(sha256)
  return hashes.reduceRight((right, left) => nodeHash(sha256, left, right))
}

/** Gives the RFC 6962 root over leaves that are hashed already; `H("")` for none. */
export function rootOf(sha256: Sha256, leafHashes: readonly Uint8Array[]): Uint8Array {
  const hashes: Uint8Array[] = []
  leafHashes.forEach((leaf, size) => {
    push(sha256, hashes, size, leaf)
  })
  return edgeRoot(sha256, { size: leafHashes.length, hashes })
}

/** Each complete subtree on the edge is a one bit of `size`, so a carry in the count is a merge of two. */
function push(sha256: Sha256, hashes: Uint8Array[], size: number, leafHash: Uint8Array) {
  let hash = leafHash
  for (let left = size; left % 2 === 1; left = Math.floor(left / 2)) {
    hash = nodeHash(sha256, hashes.pop()!, hash)
  }
  hashes.push(hash)
}
