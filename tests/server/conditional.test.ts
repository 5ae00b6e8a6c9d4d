import { expect, it } from 'vitest'
import { isKnown, rangeOf } from '../../server/conditional.ts'

const ask = (headers: Record<string, string>, method = 'GET') =>
  new Request('http://localhost/', { method, headers })
const file = { size: 100, etag: '"abc"' }

it.each([
  ['bytes=0-9', { start: 0, end: 10 }],
  ['bytes=0-0', { start: 0, end: 1 }],
  ['bytes=90-', { start: 90, end: 100 }],
  ['bytes=90-5000', { start: 90, end: 100 }],
  ['bytes=-10', { start: 90, end: 100 }],
  ['bytes=-5000', { start: 0, end: 100 }],
  ['BYTES=5-6', { start: 5, end: 7 }],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=100-200', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=9-0', null],
  ['bytes=-', null],
  ['bytes=0-1,5-6', null],
  ['bytes=a-b', null],
  ['items=0-1', null],
  ['0-1', null],
])('takes %s for %o of a file of 100 bytes', (range, expected) => {
  expect(rangeOf(ask({ range }), file)).toEqual(expected)
})

it('gives a part only of the file that the caller has the rest of', () => {
  const range = 'bytes=0-9'
  expect(rangeOf(ask({ range, 'if-range': '"abc"' }), file)).toEqual({ start: 0, end: 10 })
  for (const other of ['"abd"', 'W/"abc"', 'Wed, 21 Oct 2015 07:28:00 GMT']) {
    expect(rangeOf(ask({ range, 'if-range': other }), file)).toBeNull()
  }
})

it('gives HEAD no part, for it has no meaning there', () => {
  expect(rangeOf(ask({ range: 'bytes=0-9' }, 'HEAD'), file)).toBeNull()
})

it.each([
  ['"abc"', true],
  ['W/"abc"', true],
  ['"x", "abc"', true],
  ['*', true],
  ['"x"', false],
  ['abc', false],
])('If-None-Match %s names "abc": %s', (given, expected) => {
  expect(isKnown(ask({ 'if-none-match': given }), '"abc"')).toBe(expected)
})
