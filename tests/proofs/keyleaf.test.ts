import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { keyLeafMessage, kidOf, verifyKeyLeaf } from '../../proofs/keyleaf.ts'
import { type KeyLeaf, leafBytes, parseLeaf } from '../../proofs/leaf.ts'
import { text } from '../../proofs/utf8.ts'
import { expectCode } from './support.ts'

function aKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const x = publicKey.export({ format: 'jwk' }).x!
  const signed = (leaf: Omit<KeyLeaf, 'sigs'>) =>
    b64(new Uint8Array(sign(null, keyLeafMessage(leaf), privateKey)))
  return { x, kid: kidOf(sha256, unb64(x)), bytes: unb64(x), signed }
}
const [first, second] = [aKey(), aKey()]

const HEAD = { v: 'selvedge/key/1', tenant: 'acme', at: '2026-03-31T09:15:02.113Z' } as const
const opening: Omit<KeyLeaf, 'sigs'> = {
  ...HEAD,
  ...{ seq: 0, event: 'add', use: 'checkpoint', from: 0, prev: null },
  ...{ kid: first.kid, x: first.x },
}
const later: Omit<KeyLeaf, 'sigs'> = {
  ...HEAD,
  ...{ seq: 50, event: 'add', use: 'checkpoint', from: 52, prev: first.kid },
  ...{ kid: second.kid, x: second.x },
}
const leaf: KeyLeaf = { ...opening, sigs: [null, first.signed(opening)] }
const laterLeaf: KeyLeaf = { ...later, sigs: [first.signed(later), second.signed(later)] }
const gone = { ...later, event: 'retire' as const, kid: first.kid, x: first.x, prev: second.kid }
const goneLeaf: KeyLeaf = { ...gone, sigs: [second.signed(gone), null] }

it('gives the thumbprint of RFC 8037, appendix A.3', () => {
  const x = unb64('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo')
  expect(kidOf(sha256, x)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
})

it('signs the leaf without its signatures, behind a line of its own', () => {
  expect(text(keyLeafMessage(leaf))).toMatch(/^selvedge\/key\/1\n\{"at":.*"x":"[^"]+"\}$/)
  expect(keyLeafMessage(leaf)).toEqual(keyLeafMessage(opening))
})

it('verifies a first key by itself, a later one by both, a retired one by its successor', () => {
  for (const [one, prev] of [
    [leaf, undefined],
    [laterLeaf, first.bytes],
    [goneLeaf, second.bytes],
  ] as const) {
    verifyKeyLeaf(sha256, parseLeaf(text(leafBytes(one))) as KeyLeaf, prev)
  }
})

it.each([
  ['an id that is not its key’s', { ...leaf, kid: second.kid }, undefined, 'PROOF_KEY_ID'],
  ['a change after signing', { ...leaf, tenant: 'other' }, undefined, 'PROOF_KEY_SIGNATURE'],
  ['no signature', { ...leaf, sigs: [null, null] }, undefined, 'PROOF_KEY_SIGNATURE'],
  [
    'a signature by another key',
    { ...leaf, sigs: [null, second.signed(opening)] },
    undefined,
    'PROOF_KEY_SIGNATURE',
  ],
  ['a previous key not at hand', laterLeaf, undefined, 'PROOF_KEY_PREVIOUS'],
  ['another previous key', laterLeaf, second.bytes, 'PROOF_KEY_PREVIOUS'],
  [
    'a later key that the previous did not sign',
    { ...laterLeaf, sigs: [second.signed(later), second.signed(later)] },
    first.bytes,
    'PROOF_KEY_SIGNATURE',
  ],
  [
    'a later key that did not sign itself',
    { ...laterLeaf, sigs: [first.signed(later), first.signed(later)] },
    first.bytes,
    'PROOF_KEY_SIGNATURE',
  ],
] as const)('rejects %s', (_what, bad, prev, code) => {
  expectCode(() => verifyKeyLeaf(sha256, bad as KeyLeaf, prev), code)
})
