import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonical } from '../../proofs/canonical.ts'
import { type Json, parseForeignJson, parseJson, parseRawJson, rawJson } from '../../proofs/json.ts'
import { cpuMs } from '../setup/cpu.ts'
import { expectCode } from './support.ts'

it('reads what JSON.parse reads, wherever both have one reading', () => {
  const value = fc.jsonValue({ stringUnit: 'binary' })
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1, '\t'), (json, space) => {
      const text = JSON.stringify(json, null, space)
      expect(parseJson(text)).toEqual(JSON.parse(text))
    }),
  )
})

it('refuses every text that JSON.parse refuses', () => {
  const piece = fc.constantFrom(...'{}[],:"\\ue0-+.1 \n\u0001\ud800', 'true', 'nul', '"a"', '1e')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join('')
      let known = true
      try {
        JSON.parse(text)
      } catch {
        known = false
      }
      if (!known) expectJsonError(text)
    }),
    { numRuns: 2_000 },
  )
})

function expectJsonError(text: string) {
  expect(() => parseJson(text)).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^PROOF_JSON_/) }),
  )
}

it.each([
  '',
  ' ',
  '{',
  '[1',
  '[1,]',
  '[,1]',
  '{"a":1,}',
  '{"a"}',
  '{a:1}',
  "{'a':1}",
  '01',
  '+1',
  '.5',
  '5.',
  '1e',
  '0x1',
  'NaN',
  'Infinity',
  '-',
  'truex',
  '1 2',
  '[1]]',
  '"a',
  '"\n"',
  '"\\x"',
  '"\\u12g4"',
  '"\\u 123"',
  '\ufeff1',
  '\u00a01',
  '/**/1',
])('refuses %j by its grammar', (text) => expectCode(() => parseJson(text), 'PROOF_JSON_SYNTAX'))

it.each([
  ['a member twice', '{"a":1,"a":1}', 'PROOF_JSON_DUPLICATE'],
  ['a member twice, once escaped', '{"a":1,"\\u0061":2}', 'PROOF_JSON_DUPLICATE'],
  ['a member twice, deep inside', '[{"b":{"a":1,"c":2,"a":3}}]', 'PROOF_JSON_DUPLICATE'],
  ['__proto__ twice', '{"__proto__":1,"__proto__":2}', 'PROOF_JSON_DUPLICATE'],
  ['a lone surrogate, escaped', '"\\ud800"', 'PROOF_JSON_SURROGATE'],
  ['a lone surrogate as it is', '"\udc00"', 'PROOF_JSON_SURROGATE'],
  ['surrogates the wrong way round', '"\\udc00\\ud800"', 'PROOF_JSON_SURROGATE'],
  ['a lone surrogate in a name', '{"\\ud83d":1}', 'PROOF_JSON_SURROGATE'],
  ['64 bits in one number', '9007199254740993', 'PROOF_JSON_NUMBER'],
  ['a number too large', '1e400', 'PROOF_JSON_NUMBER'],
  ['a number too small', '1e-400', 'PROOF_JSON_NUMBER'],
  ['digits that a double drops', '0.1000000000000000055511151231257827', 'PROOF_JSON_NUMBER'],
  ['an exponent beyond everything', `1e${'9'.repeat(400)}`, 'PROOF_JSON_NUMBER'],
  ['65 arrays', '['.repeat(65), 'PROOF_JSON_DEPTH'],
  ['a million arrays', '['.repeat(1_000_000), 'PROOF_JSON_DEPTH'],
] as const)('refuses %s', (_what, text, code) => {
  expectCode(() => parseJson(text), code)
})

it('goes 64 deep, in arrays and objects alike', () => {
  const deep = `${'['.repeat(32)}${'{"a":'.repeat(32)}1${'}'.repeat(32)}${']'.repeat(32)}`
  expect(JSON.stringify(parseJson(deep))).toBe(deep)
})

it.each([
  ['1.0', 1],
  ['1e2', 100],
  ['1E+2', 100],
  ['0.1', 0.1],
  ['100e-3', 0.1],
  ['-0', 0],
  ['-0.0e7', 0],
  ['0e99999', 0],
  ['9007199254740992', 2 ** 53],
  ['9007199254740994', 2 ** 53 + 2],
  ['1e21', 1e21],
  ['1000000000000000000000', 1e21],
  ['5e-324', 5e-324],
  ['1.7976931348623157e308', Number.MAX_VALUE],
])('takes %s, which a double holds exactly as JCS prints it', (text, value) => {
  expect(Object.is(parseJson(text), value)).toBe(true)
})

it('reads whatever number a double prints', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(parseJson(String(value))).toBe(value === 0 ? 0 : value)
      expect(parseJson(value.toExponential())).toBe(value === 0 ? 0 : value)
    }),
  )
})

it('tells exact from inexact as whole-number arithmetic does', () => {
  const digits = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n })
  fc.assert(
    fc.property(digits, fc.integer({ min: 0, max: 12 }), (whole, shift) => {
      const text = `${whole}e-${shift}`
      const printed = String(Number(text))
      const [mantissa = '', exponent = '0'] = printed.split('e')
      const [int = '', fraction = ''] = mantissa.split('.')
      // Both sides as a whole number of 10^-60.
      const ours = BigInt(int + fraction) * 10n ** BigInt(60 - fraction.length + Number(exponent))
      const exact = ours === whole * 10n ** BigInt(60 - shift)
      if (exact) parseJson(text)
      else expectCode(() => parseJson(text), 'PROOF_JSON_NUMBER')
    }),
  )
})

it('takes __proto__ for a member like any other', () => {
  const value = parseJson('{"__proto__":{"admin":true},"constructor":1}') as {
    [name: string]: Json
  }
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
  expect('admin' in value).toBe(false)
  expect(canonical(value)).toBe('{"__proto__":{"admin":true},"constructor":1}')
})

it.each([
  ['zeros before the end', `1${'0'.repeat(2_000_000)}1`],
  ['escapes', `"${'\\n'.repeat(1_000_000)}"`],
  ['members', `{${Array.from({ length: 200_000 }, (_, i) => `"m${i}":0`).join(',')}}`],
  ['spaces', `[${' '.repeat(2_000_000)}]`],
])('takes linear time for many %s', async (_what, text) => {
  const took = await cpuMs(() => {
    try {
      parseJson(text)
    } catch {}
  })
  expect(took).toBeLessThan(2_000)
})

describe('foreign JSON', () => {
  it('keeps as text, as it came, what a double cannot hold, and lists where', () => {
    const text =
      '{"a/b":{"m~n":[1,12345678901234567890,1.50]},"big":1e400,"":-0.10000000000000000001}'
    const { value, numbersAsText } = parseForeignJson(text)
    expect(numbersAsText).toEqual(['/a~1b/m~0n/1', '/big', '/'])
    expect(value).toEqual({
      'a/b': { 'm~n': [1, '12345678901234567890', 1.5] },
      big: '1e400',
      '': '-0.10000000000000000001',
    })
    expect(JSON.stringify(rawJson(value, numbersAsText))).toBe(text.replace('1.50', '1.5'))
  })

  it('takes a whole document that is one such number', () => {
    expect(parseForeignJson('9007199254740993')).toEqual({
      value: '9007199254740993',
      numbersAsText: [''],
    })
    expect(JSON.stringify(rawJson('9007199254740993', ['']))).toBe('9007199254740993')
  })

  it('reads at once what it gives back of what it kept', () => {
    const number = fc.constantFrom('1', '1e999', '-0.10000000000000000001', '9007199254740993')
    const json = fc.letrec<{ json: string }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        number,
        fc.array(tie('json')).map((items) => `[${items.join()}]`),
        fc
          .dictionary(fc.constantFrom('a', '__proto__', '/', '~'), tie('json'))
          .map((object) => `{${Object.entries(object).map(([k, v]) => `"${k}":${v}`)}}`),
      ),
    })).json
    fc.assert(
      fc.property(json, (text) => {
        const { value, numbersAsText } = parseForeignJson(text)
        expect(JSON.stringify(parseRawJson(text))).toBe(
          JSON.stringify(rawJson(value, numbersAsText)),
        )
      }),
    )
  })

  it('still refuses what has two readings', () => {
    expectCode(() => parseRawJson('{"a":1,"a":2}'), 'PROOF_JSON_DUPLICATE')
    expectCode(() => parseForeignJson('{"a":1,"a":2}'), 'PROOF_JSON_DUPLICATE')
    expectCode(() => parseForeignJson('"\\ud800"'), 'PROOF_JSON_SURROGATE')
    expectCode(() => parseForeignJson('[NaN]'), 'PROOF_JSON_SYNTAX')
  })

  it('gives back below a member called __proto__, and leaves the value alone', () => {
    const { value, numbersAsText } = parseForeignJson('{"__proto__":{"id":9007199254740993}}')
    const before = canonical(value)
    expect(JSON.stringify(rawJson(value, numbersAsText))).toBe(
      '{"__proto__":{"id":9007199254740993}}',
    )
    expect(canonical(value)).toBe(before)
  })

  it.each([
    ['nowhere', '/b'],
    ['to no text', '/list'],
    ['to a text that is no number', '/word'],
    ['to an array by its length', '/list/length'],
    ['beyond an array', '/list/1'],
    ['to a method', '/list/map'],
    ['below a text', '/word/0'],
    ['without a slash', 'word'],
    ['with a bad escape', '/~2'],
  ])('refuses a pointer %s', (_what, pointer) => {
    expectCode(() => rawJson({ word: 'true', list: ['1'] }, [pointer]), 'PROOF_JSON_POINTER')
  })
})
