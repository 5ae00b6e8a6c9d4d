import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64, std64, unb64, unstd64 } from '../../proofs/base64.ts'
import { assertHashes, equal, hmac } from '../../proofs/hash.ts'
import { compareUtf16, text, utf8 } from '../../proofs/utf8.ts'
import { expectCode } from './support.ts'

const someBytes = fc.uint8Array({ maxLength: 100, size: 'max' })

it('hashes any number of parts as one', () => {
  fc.assert(
    fc.property(fc.array(someBytes, { maxLength: 5 }), (parts) => {
      const whole = createHash('sha256').update(Buffer.concat(parts)).digest()
      expect(Buffer.from(sha256(...parts))).toEqual(whole)
    }),
  )
})

it('gives the HMAC that Node gives, for keys on both sides of a block', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 130, size: 'max' }), someBytes, (key, message) => {
      const whole = createHmac('sha256', key).update(message).digest()
      expect(Buffer.from(hmac(sha256, key, message))).toEqual(whole)
    }),
  )
})

it('writes and reads base64 as Node does', () => {
  fc.assert(
    fc.property(someBytes, (bytes) => {
      expect(b64(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
      expect(std64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
      expect(unb64(b64(bytes))).toEqual(bytes)
      expect(unstd64(std64(bytes))).toEqual(bytes)
    }),
  )
})

it('takes no text that would not be written so', () => {
  const char = fc.constantFrom(...'ABzk019-_+/= \n\u00e9\u{1F600}')
  fc.assert(
    fc.property(fc.array(char, { maxLength: 9 }), (chars) => {
      const encoded = chars.join('')
      for (const [read, write] of [
        [unb64, b64],
        [unstd64, std64],
      ] as const) {
        try {
          expect(write(read(encoded))).toBe(encoded)
        } catch (error) {
          expect(error).toMatchObject({ code: 'PROOF_ENCODING' })
        }
      }
    }),
    { numRuns: 2_000 },
  )
})

it.each(['A', 'AB', 'AAB', 'AA==', 'A A', 'A+', 'A/', 'AA\n', 'é'])(
  'refuses %j as base64url',
  (bad) => {
    expectCode(() => unb64(bad), 'PROOF_ENCODING')
  },
)

it.each([
  'AA',
  'AB==',
  'AAB=',
  'AAA',
  '====',
  '=',
  'A===',
  'AA==AA==',
  'A-==',
  'AA=='.concat('\n'),
])('refuses %j as standard base64', (bad) => expectCode(() => unstd64(bad), 'PROOF_ENCODING'))

it('writes and reads UTF-8, a byte order mark included', () => {
  expect(text(utf8('\ufeffé\u{1F600}'))).toBe('\ufeffé\u{1F600}')
})

it('refuses text and bytes that UTF-8 does not know', () => {
  expectCode(() => utf8('\ud800'), 'PROOF_ENCODING')
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
    expectCode(() => text(Uint8Array.from(bytes)), 'PROOF_ENCODING')
  }
})

it('orders by code units and compares by every byte', () => {
  expect(['\uFB33', '\u{1F600}', 'b', 'a'].sort(compareUtf16)).toEqual([
    'a',
    'b',
    '\u{1F600}',
    '\uFB33',
  ])
  expect(compareUtf16('a', 'a')).toBe(0)
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false)
  expectCode(() => assertHashes([new Uint8Array(33)]), 'PROOF_HASH_LENGTH')
})
