import { expect, it } from 'vitest'
import { inTurns } from '../../core/in-turns.ts'

it('what takes long lets others go on in between, and keeps its order', async () => {
  let others = 0
  let other = setImmediate(function turn() {
    others++
    other = setImmediate(turn)
  })
  const seen: number[] = []
  const results = await inTurns([1, 2, 3, 4], (item) => {
    seen.push(others)
    const until = performance.now() + 11
    while (performance.now() < until);
    return item * 2
  })
  clearImmediate(other)
  expect(results).toEqual([2, 4, 6, 8])
  expect(others).toBeGreaterThanOrEqual(3)
  expect(seen).toEqual([...new Set(seen)])
})
