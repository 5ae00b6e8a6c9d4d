import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { formatCheckpoint } from '../../proofs/checkpoint.ts'
import { leafHash } from '../../proofs/hash.ts'
import { inclusionRanges } from '../../proofs/inclusion.ts'
import { formatNote, noteSignature } from '../../proofs/note.ts'
import { formatTlogProof, parseTlogProof, verifyTlogProof } from '../../proofs/tlog-proof.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { makeKey } from '../make/keys.ts'
import { expectCode, naiveTree } from './support.ts'

const ORIGIN = 'log.example/acme'
const key = makeKey('tlog-proof')
const entries = Array.from({ length: 37 }, (_, i) => utf8(`entry ${i}`))
const rootIn = naiveTree(entries.map((entry) => leafHash(sha256, entry)))

function checkpointOf(size: number) {
  const text = formatCheckpoint({ origin: ORIGIN, size, root: rootIn(0, size) })
  return formatNote(text, [noteSignature(sha256, ORIGIN, unb64(key.x), key.sign(utf8(text)))])
}

function proofOf(index: number, size = entries.length, extra: Uint8Array | null = null) {
  const path = inclusionRanges(index, size).map(({ start, end }) => rootIn(start, end))
  return formatTlogProof({ extra, index, path, checkpoint: checkpointOf(size) })
}

const trusted = { origin: ORIGIN, x: key.x }
const verify = (text: string, entry: Uint8Array) =>
  verifyTlogProof(sha256, text, { entry, key: trusted })

describe('a tlog-proof', () => {
  it('is the text that C2SP tlog-proof says', () => {
    const path = [rootIn(1, 2)]
    expect(proofOf(0, 2)).toBe(
      `c2sp.org/tlog-proof@v1\nindex 0\n${Buffer.from(path[0]!).toString('base64')}\n\n${checkpointOf(2)}`,
    )
    expect(proofOf(0, 1, utf8('hi'))).toBe(
      `c2sp.org/tlog-proof@v1\nextra aGk=\nindex 0\n\n${checkpointOf(1)}`,
    )
  })

  it('proves every entry at every size, and no other', () => {
    for (let size = 1; size <= entries.length; size += 6) {
      for (let index = 0; index < size; index += 3) {
        const text = proofOf(index, size)
        expect(verify(text, entries[index]!)).toMatchObject({ origin: ORIGIN, index, size })
        expectCode(() => verify(text, utf8('another')), 'PROOF_ROOT_MISMATCH')
      }
    }
  })

  it('reads back as it was written, and has no second form', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
    const made = fc.record({
      extra: fc.option(fc.uint8Array({ maxLength: 90 })),
      index: fc.maxSafeNat(),
      path: fc.array(hash, { maxLength: 63 }),
      checkpoint: fc.constant(checkpointOf(7)),
    })
    fc.assert(
      fc.property(made, (proof) => {
        const text = formatTlogProof(proof)
        expect(parseTlogProof(text)).toEqual(proof)
      }),
    )
    fc.assert(
      fc.property(fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (at, char) => {
        const text = proofOf(11)
        const place = at % text.length
        const changed = text.slice(0, place) + char + text.slice(place + 1)
        if (changed === text) return
        expect(() => verify(changed, entries[11]!)).toThrow()
      }),
      { numRuns: 400 },
    )
  })

  const good = proofOf(5)
  it.each([
    ['another version', good.replace('@v1', '@v2'), 'PROOF_TLOG_PROOF'],
    ['no title', good.slice(good.indexOf('\n') + 1), 'PROOF_TLOG_PROOF'],
    ['no index', good.replace('index 5\n', ''), 'PROOF_TLOG_PROOF'],
    ['a leading zero', good.replace('index 5', 'index 05'), 'PROOF_TLOG_PROOF'],
    ['a sign', good.replace('index 5', 'index +5'), 'PROOF_TLOG_PROOF'],
    ['a number above 2^53', good.replace('index 5', 'index 9007199254740993'), 'PROOF_TLOG_PROOF'],
    ['two spaces', good.replace('index 5', 'index  5'), 'PROOF_TLOG_PROOF'],
    ['a line more', good.replace('index 5', 'index 5\nmore'), 'PROOF_TLOG_PROOF'],
    ['a short hash', good.replace(/\n.{43}=/, '\nAAAA'), 'PROOF_TLOG_PROOF'],
    ['base64 in another form', good.replace(/=\n/, '\n'), 'PROOF_TLOG_PROOF'],
    ['extra that is no base64', good.replace('index', 'extra a\nindex'), 'PROOF_TLOG_PROOF'],
    ['Windows lines', good.replaceAll('\n', '\r\n'), 'PROOF_TLOG_PROOF'],
    ['no checkpoint', good.slice(0, good.indexOf('\n\n')), 'PROOF_TLOG_PROOF'],
    ['another index', good.replace('index 5', 'index 4'), 'PROOF_ROOT_MISMATCH'],
    ['an index beyond', good.replace('index 5', 'index 37'), 'PROOF_INDEX_OUT_OF_RANGE'],
    ['a hash less', good.replace(/\n.{43}=/, ''), 'PROOF_PATH_LENGTH'],
  ] as const)('is refused with %s', (_what, text, code) => {
    expectCode(() => verify(text, entries[5]!), code)
  })

  it('counts for nothing under a key that is not the log’s', () => {
    const stranger = { origin: ORIGIN, x: makeKey('stranger').x }
    expectCode(
      () => verifyTlogProof(sha256, good, { entry: entries[5]!, key: stranger }),
      'PROOF_NOTE_UNSIGNED',
    )
  })
})
