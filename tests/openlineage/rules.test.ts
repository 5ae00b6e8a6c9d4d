import { expect, it } from 'vitest'
import { addsEdges, replaceEdges } from '../../domains/openlineage/edges.ts'
import { compareStamps, type Stamp } from '../../domains/openlineage/stamp.ts'
import { StampedBody } from '../../domains/openlineage/stamped-body.ts'
import { b64 } from '../../proofs/base64.ts'
import type { Json } from '../../proofs/json.ts'

const hashOf = (byte: number) => b64(new Uint8Array(32).fill(byte))
const at = (second: number, byte = 0): Stamp => [
  `2026-01-01T00:00:0${second}.000000000Z`,
  hashOf(byte),
]

it('orders stamps by time, then by the bytes of the hash rather than by its text', () => {
  expect(compareStamps(at(1, 255), at(2, 0))).toBeLessThan(0)
  // In base64url the byte 0xff opens with «_», 0xfb with «-» and 0x00 with «A»: another order as text.
  expect(compareStamps(at(1, 0xfb), at(1, 0x00))).toBeGreaterThan(0)
  expect(hashOf(0xfb) < hashOf(0x00)).toBe(true)
  expect(compareStamps(at(1, 7), at(1, 7))).toBe(0)
})

it('adds edges only of runs that are later than the last replacement', () => {
  expect(addsEdges(at(1), undefined)).toBe(true)
  expect(addsEdges(at(2), at(1))).toBe(true)
  expect(addsEdges(at(1, 9), at(1, 1))).toBe(false)
  expect(addsEdges(at(1), at(2))).toBe(false)
})

const standing = (lastReplacement?: Stamp) => ({
  current: ['run at 1', 'run at 3', 'by hand'],
  latestRunTimes: new Map([
    ['run at 1', at(1)[0]],
    ['run at 3', at(3)[0]],
  ]),
  lastReplacement,
})

it.each<[string, Stamp, Stamp | undefined, string[] | undefined]>([
  ['keeps what runs named later', at(2), undefined, ['new', 'run at 3']],
  ['drops what a run named at that very time', at(3), undefined, ['new']],
  ['replaces what was stated earlier', at(2), at(1), ['new', 'run at 3']],
  ['changes nothing when a later one has been stated', at(2), at(3), undefined],
  ['lets the larger hash win at one time', at(2, 9), at(2, 8), ['new', 'run at 3']],
  ['lets the smaller hash lose at one time', at(2, 8), at(2, 9), undefined],
  ['changes nothing when it comes again', at(2, 9), at(2, 9), undefined],
])('a job event %s', (_what, stamp, last, expected) => {
  const after = replaceEdges(['new'], stamp, standing(last))
  expect(after && [...after]).toEqual(expected)
})

const write = (value: Json | undefined, stamp: Stamp, numbersAsText: string[] = []) => ({
  field: 'facet:dataset:f',
  value,
  numbersAsText,
  stamp,
})
const bodyAfter = (...writes: ReturnType<typeof write>[]) => {
  let fields: Record<string, Json> = {}
  for (const one of writes) {
    const body = new StampedBody(fields)
    body.write(one)
    const next = { ...fields, ...body.patch() }
    fields = Object.fromEntries(
      Object.entries(next).filter(([, value]) => value !== undefined),
    ) as typeof fields
  }
  return fields
}

it('keeps a deletion as a stamp, so that an older event does not bring the facet back', () => {
  const gone = bodyAfter(write({ a: 1 }, at(1)), write(undefined, at(3)), write({ a: 2 }, at(2)))
  expect(gone).toEqual({ times: { 'facet:dataset:f': at(3) } })
  expect(bodyAfter(write(undefined, at(3)), write({ a: 2 }, at(4)))).toMatchObject({
    'facet:dataset:f': { a: 2 },
  })
})

it('keeps the places of numbers with their facet, and drops them with it', () => {
  const big = write({ id: '12345678901234567890' }, at(1), ['/id'])
  expect(bodyAfter(big)).toMatchObject({ numbersAsText: { 'facet:dataset:f': ['/id'] } })
  expect(bodyAfter(big, write({ id: 1 }, at(2)))).not.toHaveProperty('numbersAsText')
})

it.each([
  ['two values', write({ a: 1 }, at(1)), write({ a: 2 }, at(1))],
  ['a value and its deletion', write({ a: 1 }, at(1)), write(undefined, at(1))],
  [
    'a number and the text of it',
    write({ a: '9007199254740993' }, at(1), ['/a']),
    write({ a: '9007199254740993' }, at(1)),
  ],
])('decides between %s of one event alike in either order', (_what, one, other) => {
  expect(bodyAfter(one, other)).toEqual(bodyAfter(other, one))
})
