import fc from 'fast-check'
import { expect, it } from 'vitest'
import { countMarks, splitArray } from '../../core/json-marks.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (part: Uint8Array) => new TextDecoder().decode(part)
const split = (json: string, most = 100) => splitArray(bytes(json), most)?.map(text) ?? null
const isJson = (one: string) => {
  try {
    JSON.parse(one)
    return true
  } catch {
    return false
  }
}

it.each([
  ['nothing', '', 0],
  ['a word', 'true', 0],
  ['an empty array', '[]', 1],
  ['three numbers', '[1, 2, 3]', 3],
  ['a member', '{"a": [1]}', 2],
  ['a text that looks like more', '"[[[,,,"', 0],
  ['a text with a quote in it', '["\\",[", "\\\\", 1]', 3],
  ['what is no JSON', '[,,{', 4],
])('counts commas and opening brackets outside texts: %s', (_what, json, count) => {
  expect(countMarks(bytes(json), 1_000)).toBe(count)
})

it('counts no further than it is to', () => {
  expect(countMarks(bytes('['.repeat(1_000)), 10)).toBe(11)
})

it('counts all values of a JSON text but one, at least', () => {
  const valuesOf = (json: unknown): number =>
    typeof json === 'object' && json !== null
      ? Object.values(json).reduce((sum: number, one) => sum + valuesOf(one), 1)
      : 1
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (json, space) => {
      const marks = countMarks(bytes(JSON.stringify(json, null, space)), 1e9)
      expect(marks).toBeGreaterThanOrEqual(valuesOf(json) - 1)
      expect(marks).toBeLessThanOrEqual(2 * valuesOf(json))
    }),
  )
})

it.each<[string, string[] | null]>([
  ['[]', []],
  [' [ ] ', []],
  ['[1]', ['1']],
  ['[ 1 ,[2,3] ]\n', [' 1 ', '[2,3] ']],
  ['["]",{"a":[","]}]', ['"]"', '{"a":[","]}']],
  ['', null],
  ['{}', null],
  ['1', null],
  ['[1', null],
  ['[1}', null],
  ['[1]]', null],
  ['[1] 2', null],
  ['"a" [1]', null],
])('cuts %s into %j', (json, items) => {
  expect(split(json)).toEqual(items)
})

it('cuts one item more than the most, whatever follows', () => {
  expect(split('[1,2,3,4,5,,,}', 2)).toEqual(['1', '2', '3'])
  expect(split('[1,2]', 2)).toEqual(['1', '2'])
})

it('cuts a text into items that are JSON just where the text is an array', () => {
  const piece = fc.constantFrom(...'{}[],:"\\ 1', '"a"', '[1,2]', '{"b":3}', '""', '\\"')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join('')),
        fc.array(piece, { maxLength: 10 }).map((pieces) => `[${pieces.join('')}]`),
        fc.jsonValue().map((json) => JSON.stringify(json)),
      ),
      (json) => {
        const items = split(json, 1_000)
        const isArray = isJson(json) && Array.isArray(JSON.parse(json))
        expect(items?.every(isJson) ?? false).toBe(isArray)
        if (isArray) expect(items!.map((one) => JSON.parse(one))).toEqual(JSON.parse(json))
      },
    ),
    { numRuns: 2_000 },
  )
})
