import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { consistencyRanges } from '../../proofs/consistency.ts'
import { inclusionRanges } from '../../proofs/inclusion.ts'
import type { Range } from '../../proofs/range.ts'
import { formatSubmission } from '../../proofs/submission.ts'
import { formatTlogProof } from '../../proofs/tlog-proof.ts'
import { trustOfVkey } from '../../proofs/trust.ts'
import { utf8 } from '../../proofs/utf8.ts'
import type { FormReport } from '../../proofs/verify/signer.ts'
import { verifyGrowth } from '../../proofs/verify-growth.ts'
import { verifyLeaf } from '../../proofs/verify-leaf.ts'
import { exampleCheckpoint, exampleLog } from './example-log.ts'
import { naiveTree } from './support.ts'

/** Vectors for who writes a verifier of his own: each bad one with the checks that must fail, and no others. */
const leaves = exampleLog()
const size = leaves.length
const tree = naiveTree(leaves.map(({ leaf }) => unb64(leaf)))
const range = ({ start, end }: Range) => tree(start, end)
const { note, vkey } = exampleCheckpoint(leaves, size)

const path = inclusionRanges(5, size).map(range)
const proof = formatTlogProof({ extra: null, index: 5, path, checkpoint: note })
const withExtra = formatTlogProof({ extra: utf8('hi'), index: 5, path, checkpoint: note })
const leaf = leaves[5]!.entry
/** Another first letter of base64 is another hash, in a form as good. */
const changed = (text: string, line: number) =>
  text
    .split('\n')
    .map((one, i) => (i === line ? `${one.startsWith('A') ? 'B' : 'A'}${one.slice(1)}` : one))
    .join('\n')

const LEAVES = [
  { what: 'a leaf in the log', proof, leaf, fails: [] },
  { what: 'with extra data, which means nothing', proof: withExtra, leaf, fails: [] },
  { what: 'a leaf laid out anew', proof, leaf: leaf.replace('{', '{ '), fails: ['leaf-form'] },
  { what: 'another leaf', proof, leaf: leaves[6]!.entry, fails: ['leaf-place', 'leaf-inclusion'] },
  { what: 'a changed hash', proof: changed(proof, 2), leaf, fails: ['leaf-inclusion'] },
  {
    what: 'an index in another form',
    proof: proof.replace('index 5', 'index 05'),
    leaf,
    fails: ['proof-form'],
  },
  {
    what: 'a line that is no hash',
    proof: proof.replace('index 5\n', 'index 5\nAAAA\n'),
    leaf,
    fails: ['proof-form'],
  },
  {
    what: 'a hash too many',
    proof: proof.replace('\n\n', `\n${proof.split('\n')[2]}\n\n`),
    leaf,
    fails: ['leaf-inclusion'],
  },
  {
    what: 'another size, which the path does not bind',
    proof: proof.replace(`\n${size}\n`, `\n${size - 1}\n`),
    leaf,
    fails: ['checkpoint-signature'],
  },
  {
    what: 'a line after the root',
    proof: proof.replace('\n\n— ', '\nmore\n\n— '),
    leaf,
    fails: ['checkpoint-form'],
  },
]

const old = exampleCheckpoint(leaves, 6).note
const growth = formatSubmission({ old: 6, path: consistencyRanges(6, size).map(range), note })
const same = formatSubmission({ old: 6, path: [], note: old })

const GROWTHS = [
  { what: 'a log that went on', old, new: growth, fails: [] },
  { what: 'a log that stayed', old, new: same, fails: [] },
  { what: 'a changed hash', old, new: changed(growth, 1), fails: ['consistency'] },
  {
    what: 'a proof from another size',
    old,
    new: growth.replace('old 6', 'old 7'),
    fails: ['consistency'],
  },
  {
    what: 'a size in another form',
    old,
    new: growth.replace('old 6', 'old 06'),
    fails: ['proof-form'],
  },
  {
    what: 'an old checkpoint with another root',
    old: changed(old, 2),
    new: growth,
    fails: ['consistency', 'old-checkpoint-signature'],
  },
  { what: 'the later first', old: note, new: same, fails: ['consistency'] },
  {
    what: 'an old checkpoint of another log',
    old: old.replace('log.example/acme\n6', 'log.example/else\n6'),
    new: growth,
    fails: ['same-log', 'old-origin-listed'],
  },
]

const VECTORS = 'docs/specs/vectors/proofs.json'

// `npx vitest run tests/proofs/form-vectors.test.ts -u` writes the file anew.
it('keeps the vectors of leaves and checkpoints as published', async () => {
  const vectors = `${JSON.stringify({ vkey, leaves: LEAVES, checkpoints: GROWTHS }, null, 1)}\n`
  await expect(vectors).toMatchFileSnapshot(`../../${VECTORS}`)
})

describe('of the published vectors', () => {
  const trust = trustOfVkey(sha256, vkey)
  const failed = ({ checks }: FormReport) =>
    checks.filter(({ result }) => result === 'fail').map(({ name }) => name)

  it.each(LEAVES)('leaf: $what', async ({ proof, leaf, fails }) => {
    const report = await verifyLeaf({ sha256, proof: utf8(proof), leaf: utf8(leaf), trust })
    expect(failed(report)).toEqual(fails)
  })

  it.each(GROWTHS)('checkpoints: $what', async ({ old, new: later, fails }) => {
    const report = await verifyGrowth({ sha256, old: utf8(old), proof: utf8(later), trust })
    expect(failed(report)).toEqual(fails)
  })
})
