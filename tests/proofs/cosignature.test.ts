import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import {
  cosignatureLine,
  cosignatureMessage,
  parseCosignature,
  verifyCosignature,
} from '../../proofs/cosignature.ts'
import { formatNote, formatVkey, keyHash, parseNote, parseVkey } from '../../proofs/note.ts'
import { text as textOf } from '../../proofs/utf8.ts'
import { makeWitness, NOON } from '../make/witness.ts'
import { expectCode } from './support.ts'

const CHECKPOINT =
  'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
const witness = makeWitness('witness.example/w1')
const line = witness.cosign(CHECKPOINT)

it('signs the message that tlog-cosignature gives as its example', () => {
  expect(textOf(cosignatureMessage(CHECKPOINT, 1679315147))).toBe(
    `cosignature/v1\ntime 1679315147\n${CHECKPOINT}`,
  )
})

it('reads the line that tlog-cosignature gives as its example', () => {
  const note = `${CHECKPOINT}
— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`
  expect(parseCosignature(parseNote(note).signatures[1]!).time).toBe(1679315147)
})

it('is verified over the note that it was made for, and survives being written there', () => {
  const [read] = parseNote(formatNote(CHECKPOINT, [line])).signatures
  expect(verifyCosignature(CHECKPOINT, read!, witness).time).toBe(NOON)
})

it('covers extension lines too', () => {
  const extended = `${CHECKPOINT}an extension\n`
  expect(verifyCosignature(extended, witness.cosign(extended), witness).time).toBe(NOON)
  expectCode(() => verifyCosignature(extended, line, witness), 'PROOF_COSIGNATURE')
})

it('knows a witness by another hash than a log of the same name and key', () => {
  expect(line.keyHash).toEqual(keyHash(sha256, witness.name, witness.publicKey, 'cosignature'))
  expect(line.keyHash).not.toEqual(keyHash(sha256, witness.name, witness.publicKey))
})

it('writes the vkey of a witness and reads it as nothing else', () => {
  expect(parseVkey(sha256, witness.vkey, 'cosignature')).toEqual({
    name: witness.name,
    publicKey: witness.publicKey,
  })
  expectCode(() => parseVkey(sha256, witness.vkey), 'PROOF_NOTE_KEY')
  expectCode(() => parseVkey(sha256, formatVkey(sha256, witness), 'cosignature'), 'PROOF_NOTE_KEY')
})

const timed = (bytes: number[]) => ({
  ...line,
  signature: Uint8Array.of(...bytes, ...line.signature.slice(8)),
})

describe('refuses', () => {
  it.each([
    ['a byte too few', { ...line, signature: line.signature.slice(1) }],
    ['a byte too many', { ...line, signature: Uint8Array.of(...line.signature, 0) }],
    ['a plain signature without a time', { ...line, signature: line.signature.slice(8) }],
    ['another time', timed([0, 0, 0, 0, 0, 0, 0, 1])],
    ['the time zero', witnessAtZero()],
    ['a time above 2^53', timed([0, 32, 0, 0, 0, 0, 0, 1])],
    ['a time above 2^63', timed([255, 255, 255, 255, 255, 255, 255, 255])],
  ])('%s', (_what, bad) => {
    expectCode(() => verifyCosignature(CHECKPOINT, bad, witness), 'PROOF_COSIGNATURE')
  })

  it.each([
    ['origin', CHECKPOINT.replace('sofa', 'sofb')],
    ['size', CHECKPOINT.replace('20852163', '20852164')],
    ['root', CHECKPOINT.replace('CsUY', 'CsUZ')],
  ])('another %s', (_what, text) => {
    expectCode(() => verifyCosignature(text, line, witness), 'PROOF_COSIGNATURE')
  })

  it('another witness', () => {
    const other = makeWitness('witness.example/w2')
    expectCode(() => verifyCosignature(CHECKPOINT, line, other), 'PROOF_COSIGNATURE')
  })

  it('to write a time that is none', () => {
    for (const time of [0, -1, 1.5, 2 ** 53, Number.NaN]) {
      const signature = new Uint8Array(64)
      expectCode(() => cosignatureLine(sha256, witness, { time, signature }), 'PROOF_COSIGNATURE')
    }
  })
})

/** Signed by the genuine key, which knows no better. */
function witnessAtZero() {
  const { signature } = witness.cosign(CHECKPOINT)
  return { ...line, signature: signature.fill(0, 0, 8) }
}
