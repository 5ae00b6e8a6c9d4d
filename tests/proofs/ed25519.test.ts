import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, it } from 'vitest'
import { unb64 } from '../../proofs/base64.ts'
import { verifyEd25519 } from '../../proofs/ed25519.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { fromHex, vectorText } from './support.ts'

interface Wycheproof {
  testGroups: {
    publicKey: { pk: string }
    tests: { tcId: number; msg: string; sig: string; result: 'valid' | 'invalid' }[]
  }[]
}

it('agrees with every Wycheproof vector', () => {
  const { testGroups }: Wycheproof = JSON.parse(vectorText('wycheproof/ed25519_test.json'))
  const wrong = testGroups.flatMap(({ publicKey, tests }) =>
    tests.filter(({ msg, sig, result }) => {
      const valid = verifyEd25519(fromHex(publicKey.pk), fromHex(msg), fromHex(sig))
      return valid !== (result === 'valid')
    }),
  )
  expect(testGroups.flatMap(({ tests }) => tests)).toHaveLength(151)
  expect(wrong).toEqual([])
})

interface Cctv {
  number: number
  key: string
  sig: string
  msg: string
  flags: string[] | null
}

/** Any of these refuses: log.md, "Signatures". Points with a part of small order, but not only that, may pass. */
const REFUSED = [
  'low_order_A',
  'low_order_R',
  'non_canonical_A',
  'non_canonical_R',
  'low_order_residue',
]

it('gives each CCTV vector the one verdict that its flags stand for', () => {
  const vectors: Cctv[] = JSON.parse(vectorText('cctv-ed25519/ed25519vectors.json'))
  const verdicts = vectors.map(({ number, key, sig, msg, flags }) => ({
    number,
    valid: verifyEd25519(fromHex(key), utf8(msg), fromHex(sig)),
    expected: !flags?.some((flag) => REFUSED.includes(flag)),
  }))
  expect(verdicts).toHaveLength(914)
  expect(verdicts.filter(({ valid, expected }) => valid !== expected)).toEqual([])
  expect(verdicts.filter(({ valid }) => valid).length).toBeGreaterThan(0)
})

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const key = unb64(publicKey.export({ format: 'jwk' }).x!)
const message = utf8('a message')
const signature = new Uint8Array(sign(null, message, privateKey))

it('accepts what Node signs', () => {
  expect(verifyEd25519(key, message, signature)).toBe(true)
})

it.each([
  ['another message', key, utf8('another message'), signature],
  ['a changed signature', key, message, signature.with(40, signature[40]! ^ 1)],
  ['a short signature', key, message, signature.slice(1)],
  ['a long signature', key, message, Uint8Array.of(...signature, 0)],
  ['a short key', key.slice(1), message, signature],
  ['a key that is no point', new Uint8Array(32).fill(2), message, signature],
])('refuses %s', (_what, publicKey, text, sig) => {
  expect(verifyEd25519(publicKey, text, sig)).toBe(false)
})
