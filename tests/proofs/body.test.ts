import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { bodyRoot, type Field, fieldCommitment, fieldSalt, sealFields } from '../../proofs/body.ts'
import { canonicalBytes } from '../../proofs/canonical.ts'
import { hmac, leafHash, nodeHash } from '../../proofs/hash.ts'
import type { Json } from '../../proofs/json.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { expectCode, toHex } from './support.ts'

const secret = sha256(utf8('a secret'))
const withhold = (field: Field): Field =>
  'c' in field ? field : { name: field.name, c: fieldCommitment(sha256, field.salt, field.value) }

it('builds the root by the letter of the format', () => {
  const c = (name: string, value: Json) => {
    const salt = b64(hmac(sha256, secret, utf8(name)))
    return b64(sha256(canonicalBytes([salt, value])))
  }
  const leaf = (name: string, value: Json) =>
    leafHash(sha256, canonicalBytes(['selvedge/field/1', name, c(name, value)]))
  const sealed = sealFields(sha256, secret, { namespace: 's3://b', name: 'orders' })
  expect(sealed.map(({ name }) => name)).toEqual(['name', 'namespace'])
  expect(bodyRoot(sha256, sealed)).toEqual(
    nodeHash(sha256, leaf('name', 'orders'), leaf('namespace', 's3://b')),
  )
})

it('gives H("") without fields', () => {
  expect(bodyRoot(sha256, sealFields(sha256, secret, {}))).toEqual(sha256())
})

const aBody = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue() as fc.Arbitrary<Json>, {
  minKeys: 1,
  maxKeys: 12,
})

it('keeps its root whichever fields are withheld, and changes it with any field', () => {
  fc.assert(
    fc.property(aBody, fc.nat(), (body, pick) => {
      const sealed = sealFields(sha256, secret, body)
      const root = toHex(bodyRoot(sha256, sealed))
      const some = sealed.map((field, i) => ((pick >> i) & 1 ? withhold(field) : field))
      expect(toHex(bodyRoot(sha256, some))).toBe(root)
      const at = pick % sealed.length
      const other: Field = {
        ...(sealed[at] as Field & { salt: string }),
        value: { other: 'value' },
      }
      expect(toHex(bodyRoot(sha256, sealed.with(at, other)))).not.toBe(root)
      expect(toHex(bodyRoot(sha256, sealed.toSpliced(at, 1)))).not.toBe(root)
    }),
    { numRuns: 100 },
  )
})

it('salts each name apart, and each record apart', () => {
  const salts = ['name', 'namespace'].flatMap((name) => [
    fieldSalt(sha256, secret, name),
    fieldSalt(sha256, sha256(secret), name),
  ])
  expect(new Set(salts).size).toBe(4)
  expect(unb64(salts[0]!)).toHaveLength(32)
})

const [first, second] = sealFields(sha256, secret, { a: 1, b: 2 }) as [Field, Field]
const deep = (levels: number): Json => (levels === 0 ? 1 : [deep(levels - 1)])

it.each([
  ['names out of order', [second, first], 'PROOF_FIELD_ORDER'],
  ['a name twice', [first, first], 'PROOF_FIELD_ORDER'],
  ['a commitment of 31 bytes', [{ name: 'a', c: b64(secret.slice(1)) }], 'PROOF_HASH_LENGTH'],
  [
    'a salt of 31 bytes',
    [{ name: 'a', salt: b64(secret.slice(1)), value: 1 }],
    'PROOF_HASH_LENGTH',
  ],
  ['a padded commitment', [{ name: 'a', c: `${b64(secret)}=` }], 'PROOF_ENCODING'],
  ['a value too deep', sealFields(sha256, secret, { a: deep(62) }), 'PROOF_JSON_DEPTH'],
] as const)('rejects %s', (_what, fields, code) => {
  expectCode(() => bodyRoot(sha256, fields), code)
})

it('takes a value as deep as a bundle can show', () => {
  bodyRoot(sha256, sealFields(sha256, secret, { a: deep(61) }))
})
