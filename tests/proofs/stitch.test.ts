import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { leafHash } from '../../proofs/hash.ts'
import { stitchLeaf, stitchRoot } from '../../proofs/stitch.ts'
import { stitchTree, weaveStitchRoot } from '../../proofs/stitch-tree.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { naiveTree, toHex } from './support.ts'

const subjects = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    path: `attachments/${String(i).padStart(3, '0')}`,
    bytes: utf8(`file ${i}`),
  }))

it('hashes a subject by its path, size and SHA-256', () => {
  const digest = toHex(sha256(utf8('hi')))
  expect(stitchLeaf(sha256, { path: 'a', bytes: utf8('hi') })).toEqual(
    leafHash(sha256, utf8(`["selvedge/entry/1","a",2,"${digest}"]`)),
  )
})

it('has the same root by merkletreejs, by our tree and by RFC 6962 word for word, for 1 to 300 entries', () => {
  const all = subjects(300)
  const naive = naiveTree(all.map((subject) => stitchLeaf(sha256, subject)))
  for (let count = 1; count <= 300; count++) {
    const some = all.slice(0, count)
    const woven = toHex(weaveStitchRoot(sha256, some))
    expect(woven, `${count} entries`).toBe(toHex(stitchRoot(sha256, some)))
    expect(woven, `${count} entries`).toBe(toHex(naive(0, count)))
  }
})

it('gives proofs by index whose hashes are those of RFC 6962', () => {
  const all = subjects(7)
  const leaves = all.map((subject) => stitchLeaf(sha256, subject))
  const naive = naiveTree(leaves)
  const tree = stitchTree(sha256, all)
  const proof = tree.getProof(Buffer.from(leaves[4]!), 4).map(({ data }) => toHex(data))
  expect(proof).toEqual([naive(5, 6), naive(6, 7), naive(0, 4)].map(toHex))
})
