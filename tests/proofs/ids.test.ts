import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { hmac } from '../../proofs/hash.ts'
import { isUrn, nameUrn, parseUrn, TENANT, urnKind } from '../../proofs/ids.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { expectCode } from './support.ts'

const key = sha256(utf8('naming key'))
const UUID = '018f0d6e-7c1a-7abc-8def-0123456789ab'

it('names a thing by the HMAC of its namespace and name', () => {
  const digest = b64(hmac(sha256, key, utf8('["s3://bucket","orders"]')))
  const urn = nameUrn(sha256, key, 'Dataset', 's3://bucket', 'orders')
  expect(urn).toBe(`urn:selvedge:dataset:h:${digest}`)
  expect(parseUrn(urn)).toEqual({ kind: 'dataset', form: 'name', digest })
})

it('gives one id to one name, however its accents are composed', () => {
  const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'].map((text) =>
    nameUrn(sha256, key, 'Job', text, text),
  )
  expect(composed).toBe(decomposed)
})

it('gives another id for another kind, namespace, name or key, and for a border that moved', () => {
  const ids = [
    nameUrn(sha256, key, 'Job', 'a', 'b'),
    nameUrn(sha256, key, 'Dataset', 'a', 'b'),
    nameUrn(sha256, key, 'Job', 'ab', ''),
    nameUrn(sha256, key, 'Job', '', 'ab'),
    nameUrn(sha256, key, 'Job', 'a","b', ''),
    nameUrn(sha256, sha256(key), 'Job', 'a', 'b'),
  ]
  expect(new Set(ids).size).toBe(ids.length)
})

it('takes a random id apart', () => {
  expect(parseUrn(`urn:selvedge:xaiexport:${UUID}`)).toEqual({
    kind: 'xaiexport',
    form: 'uuid',
    uuid: UUID,
  })
})

it.each([
  '',
  'urn:selvedge:dataset',
  'urn:selvedge:dataset:h:',
  `urn:selvedge:Dataset:${UUID}`,
  `URN:selvedge:dataset:${UUID}`,
  `urn:selvedge:dataset:${UUID.toUpperCase()}`,
  `urn:selvedge:dataset:${UUID} `,
  `urn:selvedge:dataset:${UUID}\n`,
  `urn:selvedge:data_set:${UUID}`,
  `urn:selvedge:dataset:h:${'A'.repeat(42)}`,
  `urn:selvedge:dataset:h:${'A'.repeat(42)}B`,
  `urn:selvedge:dataset:h:${'A'.repeat(43)}=`,
])('refuses %j', (urn) => {
  expect(isUrn(urn)).toBe(false)
  expectCode(() => parseUrn(urn), 'PROOF_URN')
})

it('writes kinds in lower case without separators', () => {
  expect(['Dataset', 'XaiExport', 'DPIA_Packet'].map(urnKind)).toEqual([
    'dataset',
    'xaiexport',
    'dpiapacket',
  ])
})

it.each([
  ['acme', true],
  ['0-a', true],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['-', false],
  ['-a', false],
  ['Acme', false],
  ['a/b', false],
  ['acme\n', false],
  ['', false],
])('calls %j a tenant: %s', (name, valid) => {
  expect(TENANT.test(name)).toBe(valid)
})
