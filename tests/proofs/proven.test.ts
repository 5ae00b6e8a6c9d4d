import { expect, it } from 'vitest'
import { mergeLeaves, placesOf } from '../../proofs/proven.ts'
import { someLeaves } from './support.ts'

const [a, b, c] = someLeaves(3) as [Uint8Array, Uint8Array, Uint8Array]

it('gives every place once, ascending, whichever part shows it', () => {
  expect(placesOf([[{ seq: 7 }, { seq: 2 }], [], [{ seq: 7 }, { seq: 0 }]])).toEqual([0, 2, 7])
})

it('counts a leaf once that two parts show', () => {
  const merged = mergeLeaves([
    [
      { seq: 4, hash: b },
      { seq: 9, hash: c },
    ],
    [
      { seq: 1, hash: a },
      { seq: 4, hash: Uint8Array.from(b) },
    ],
  ])
  expect(merged).toEqual([
    { seq: 1, hash: a },
    { seq: 4, hash: b },
    { seq: 9, hash: c },
  ])
})

it('keeps two leaves at one place, which no proof can fit', () => {
  expect(mergeLeaves([[{ seq: 4, hash: a }], [{ seq: 4, hash: b }]])).toHaveLength(2)
})
