import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { equal, leafHash } from '../../proofs/hash.ts'
import { appendLeaf, edgeRoot, emptyEdge, rootOf } from '../../proofs/merkle.ts'
import { fromHex, naiveTree, someLeaves, toHex } from './support.ts'

/** The entries and roots that the Certificate Transparency implementations share as their reference. */
const ENTRIES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

it.each(ROOTS.map((root, size) => ({ size, root })))(
  'gives the known root of $size entries',
  ({ size, root }) => {
    const leaves = ENTRIES.slice(0, size).map((entry) => leafHash(sha256, fromHex(entry)))
    expect(toHex(rootOf(sha256, leaves))).toBe(root)
  },
)

it('gives the root of every size up to 600, whole and leaf by leaf', () => {
  const leaves = someLeaves(600)
  const tree = naiveTree(leaves)
  let edge = emptyEdge()
  for (let size = 0; size <= 600; size++) {
    const root = tree(0, size)
    if (!equal(edgeRoot(sha256, edge), root)) throw new Error(`edge of ${size}`)
    if (!equal(rootOf(sha256, leaves.slice(0, size)), root)) throw new Error(`whole of ${size}`)
    if (size < 600) edge = appendLeaf(sha256, edge, leaves[size]!)
  }
})

it('leaves an edge as it is when a leaf is appended', () => {
  const [first, second] = someLeaves(2)
  const one = appendLeaf(sha256, emptyEdge(), first!)
  appendLeaf(sha256, one, second!)
  expect(one).toEqual({ size: 1, hashes: [first] })
})

it('counts on beyond what 32 bits hold', () => {
  const leaf = someLeaves(1)[0]!
  const edge = { size: 2 ** 40 - 1, hashes: Array.from({ length: 40 }, () => leaf) }
  expect(appendLeaf(sha256, edge, leaf)).toMatchObject({ size: 2 ** 40, hashes: { length: 1 } })
})
