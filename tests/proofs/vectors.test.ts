import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { batchRanges, verifyBatch } from '../../proofs/batch.ts'
import { bodyRoot } from '../../proofs/body.ts'
import { verifyCheckpoint } from '../../proofs/checkpoint.ts'
import { consistencyRanges, verifyConsistency } from '../../proofs/consistency.ts'
import { nameUrn } from '../../proofs/ids.ts'
import { inclusionRanges, verifyLeafInclusion } from '../../proofs/inclusion.ts'
import { verifyKeyLeaf } from '../../proofs/keyleaf.ts'
import { hashLeaf, parseLeaf } from '../../proofs/leaf.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { parseVkey } from '../../proofs/note.ts'
import { outRoot } from '../../proofs/outset.ts'
import type { Range } from '../../proofs/range.ts'
import {
  type ExampleLeaf,
  exampleCheckpoint,
  exampleLog,
  namingKey,
  ORIGIN,
} from './example-log.ts'
import { naiveTree } from './support.ts'

const leaves = exampleLog()
const tree = naiveTree(leaves.map(({ leaf }) => unb64(leaf)))
const size = leaves.length
const encode = ({ start, end }: Range) => b64(tree(start, end))
const lines = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`

const NAMES = [
  ['Tenant', 'tenant', 'acme'],
  ['Dataset', 'postgres://shop', 'public.orders'],
  ['Dataset', 'files', 'caf\u00e9.csv'],
] as const

// `npx vitest run tests/proofs/vectors.test.ts -u` writes the files anew.
it('keeps the record vectors as published', async () => {
  const ids = NAMES.map(([kind, namespace, name]) => ({
    ...{ kind, namespace, name },
    id: nameUrn(sha256, namingKey, kind, namespace, name),
  }))
  const vectors = lines({ namingKey: b64(namingKey), ids, leaves })
  await expect(vectors).toMatchFileSnapshot('../../docs/specs/vectors/record.json')
})

it('keeps the log vectors as published', async () => {
  const seqs = [3, 4, 8]
  const vectors = lines({
    origin: ORIGIN,
    ...exampleCheckpoint(leaves, size),
    leaves: leaves.map(({ leaf }) => leaf),
    roots: Array.from({ length: size + 1 }, (_, n) => b64(tree(0, n))),
    inclusion: { index: 5, size, path: inclusionRanges(5, size).map(encode) },
    consistency: { size1: 6, size2: size, path: consistencyRanges(6, size).map(encode) },
    batch: { size, seqs, hashes: batchRanges(size, seqs).map(encode) },
  })
  await expect(vectors).toMatchFileSnapshot('../../docs/specs/vectors/log.json')
})

const published = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../docs/specs/vectors/${name}`, import.meta.url), 'utf8'))

it('verifies the published records: leaf, out-set and body', () => {
  for (const { entry, leaf, fields, out } of published('record.json').leaves as ExampleLeaf[]) {
    const parsed = parseLeaf(entry)
    expect(b64(hashLeaf(sha256, parsed))).toBe(leaf)
    if (parsed.v === 'selvedge/key/1') verifyKeyLeaf(sha256, parsed)
    if (parsed.v !== 'selvedge/record/1') continue
    expect(b64(outRoot(sha256, out!))).toBe(parsed.out)
    expect(b64(bodyRoot(sha256, fields ?? []))).toBe(parsed.body)
  }
})

it('verifies the published log: checkpoint, root and every kind of proof', () => {
  const log = published('log.json')
  const decode = (list: string[]) => list.map(unb64)
  const { publicKey } = parseVkey(sha256, log.vkey)
  const checkpoint = verifyCheckpoint(sha256, log.note, { origin: log.origin, x: b64(publicKey) })
  const hashes = decode(log.leaves)
  expect(rootOf(sha256, hashes)).toEqual(checkpoint.root)
  const { inclusion, consistency, batch } = log
  verifyLeafInclusion(
    sha256,
    hashes[inclusion.index]!,
    { ...inclusion, path: decode(inclusion.path) },
    checkpoint.root,
  )
  const [root1, root2] = [log.roots[consistency.size1], log.roots[consistency.size2]].map(unb64)
  const path = decode(consistency.path)
  verifyConsistency(sha256, { ...consistency, root1: root1!, root2: root2!, path })
  const listed = batch.seqs.map((seq: number) => hashes[seq])
  verifyBatch(sha256, { ...batch, hashes: decode(batch.hashes) }, listed, checkpoint.root)
})
