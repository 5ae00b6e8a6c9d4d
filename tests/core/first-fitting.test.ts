import fc from 'fast-check'
import { expect, it } from 'vitest'
import { firstFitting } from '../../core/first-fitting.ts'

it('finds the first place that fits, or the last where none does, and looks at few', async () => {
  const places = fc.tuple(fc.nat(20), fc.nat(40), fc.nat(70))
  await fc.assert(
    fc.asyncProperty(places, async ([from, more, first]) => {
      const to = from + more
      const looked: number[] = []

      const { place, found } = await firstFitting({ from, to }, async (at) => {
        looked.push(at)
        return { found: `at ${at}`, fits: at >= first }
      })

      expect(place).toBe(Math.min(to, Math.max(from, first)))
      expect(found).toBe(`at ${place}`)
      expect(new Set(looked).size).toBe(looked.length)
      expect(looked.length).toBeLessThanOrEqual(Math.floor(Math.log2(more + 1)) + 1)
    }),
  )
})

it('refuses to look where there is nothing', async () => {
  const look = async () => ({ found: 0, fits: true })
  await expect(firstFitting({ from: 2, to: 1 }, look)).rejects.toThrow(RangeError)
})
