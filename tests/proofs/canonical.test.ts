import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonical, canonicalBytes } from '../../proofs/canonical.ts'
import { type Json, parseForeignJson, parseJson } from '../../proofs/json.ts'
import { expectCode, fromHex, vectorText } from './support.ts'

it.each(['arrays', 'french', 'structures', 'unicode', 'values', 'weird'])(
  'writes %s.json as RFC 8785 does',
  (name) => {
    const folder = 'rfc8785-cyberphone/testdata'
    // values.json has a number that our own schemas refuse: JCS itself rounds it to a double.
    const input = JSON.parse(vectorText(`${folder}/input/${name}.json`))
    expect(canonical(input)).toBe(vectorText(`${folder}/output/${name}.json`))
    const hex = vectorText(`${folder}/outhex/${name}.txt`)
    expect(canonicalBytes(input)).toEqual(fromHex(hex.replace(/\s/g, '')))
  },
)

it('writes the first 100,000 numbers of the reference stream', () => {
  const hash = createHash('sha256')
  let sent = 0
  for (const value of referenceNumbers(100_000)) {
    const view = new DataView(new ArrayBuffer(8))
    view.setFloat64(0, value)
    hash.update(`${view.getBigUint64(0).toString(16)},${canonical(value)}\n`)
    sent++
  }
  expect(sent).toBe(100_000)
  expect(hash.digest('hex')).toBe(
    '22776e6d4b49fa294a0d0f349268e5c28808fe7e0cb2bcbe28f63894e494d4c7',
  )
})

/** The sequence that the README beside the vectors defines: fixed edge cases, 2,000 in a row, then a hash chain. */
function* referenceNumbers(count: number) {
  const readme = vectorText('rfc8785-cyberphone/testdata/README.md')
  const list = readme.slice(readme.indexOf('staticU64s'), readme.indexOf('staticF64s'))
  const fixed = [...list.matchAll(/0x([0-9a-f]{16})n/g)].map(([, hex]) => BigInt(`0x${hex}`))
  const row = Array.from({ length: 2_000 }, (_, i) => 0x0010000000000000n + BigInt(i))
  const bits = new BigUint64Array([...fixed, ...row])
  yield* new Float64Array(bits.buffer)
  let left = count - bits.length
  for (let block = Buffer.alloc(32); left > 0; ) {
    block = createHash('sha256').update(block).digest()
    for (let at = 0; at < 32 && left > 0; at += 8) {
      const value = block.readDoubleLE(at)
      if (value === 0 || !Number.isFinite(value)) continue
      yield value
      left--
    }
  }
}

it('reads back to the same value, and writes that the same way', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const text = canonical(value as Json)
      expect(canonical(parseJson(text))).toBe(text)
      expect(parseForeignJson(text).numbersAsText).toEqual([])
    }),
  )
})

it('sorts members by UTF-16 code units, and integer-like names among them', () => {
  const value = { '\uFB33': 1, '\u{1F600}': 2, '10': 3, '9': 4, a: 5, A: 6, '': 7 }
  expect(canonical(value)).toBe('{"":7,"10":3,"9":4,"A":6,"a":5,"\u{1F600}":2,"\uFB33":1}')
})

it('escapes what RFC 8785 escapes and nothing else', () => {
  expect(canonical('\u0000\b\t\n\f\r\u001f"\\/\u007f\u2028é')).toBe(
    '"\\u0000\\b\\t\\n\\f\\r\\u001f\\"\\\\/\u007f\u2028é"',
  )
})

const nested = (levels: number): Json => (levels === 0 ? 1 : [nested(levels - 1)])
const sparse: unknown[] = [1]
sparse[2] = 3

it.each([
  ['a lone surrogate', '\ud800', 'PROOF_JSON_SURROGATE'],
  ['a lone surrogate in a name', { '\udc00': 1 }, 'PROOF_JSON_SURROGATE'],
  ['NaN', Number.NaN, 'PROOF_JSON_NUMBER'],
  ['infinity', [Number.POSITIVE_INFINITY], 'PROOF_JSON_NUMBER'],
  ['undefined', { a: undefined }, 'PROOF_JSON_VALUE'],
  ['a hole in an array', sparse, 'PROOF_JSON_VALUE'],
  ['a bigint', 1n, 'PROOF_JSON_VALUE'],
  ['a date', new Date(0), 'PROOF_JSON_VALUE'],
  ['bytes', new Uint8Array(2), 'PROOF_JSON_VALUE'],
  ['65 arrays', nested(65), 'PROOF_JSON_DEPTH'],
] as const)('refuses %s', (_what, value, code) => {
  expectCode(() => canonical(value as unknown as Json), code)
})

it('writes -0 as 0, and objects without a prototype', () => {
  expect(canonical(-0)).toBe('0')
  expect(canonical(Object.assign(Object.create(null), { a: nested(63) }))).toContain('"a":')
})
