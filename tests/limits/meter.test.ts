import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openMeter } from '../../server/limits/meter.ts'

const QUOTA = { requests: 5, seconds: 10 }

it('takes the whole quota at once, and refuses the next with when to come again', () => {
  const meter = openMeter(QUOTA)
  const taken = Array.from({ length: 5 }, () => meter.take('a', 0))
  expect(taken.map(({ isWithin }) => isWithin)).toEqual([true, true, true, true, true])
  expect(taken.map(({ remaining }) => remaining)).toEqual([4, 3, 2, 1, 0])
  expect(taken.at(-1)).toMatchObject({ resetSeconds: 10, retryAfterSeconds: 0 })
  expect(meter.take('a', 0)).toEqual({
    ...{ isWithin: false, remaining: 0, resetSeconds: 10, retryAfterSeconds: 2 },
  })
  expect(meter.take('a', 1_999).isWithin).toBe(false)
  expect(meter.take('a', 2_000)).toMatchObject({ isWithin: true, remaining: 0 })
})

it('keeps keys apart', () => {
  const meter = openMeter({ requests: 1, seconds: 10 })
  expect([meter.take('a', 0), meter.take('a', 0), meter.take('b', 0)]).toMatchObject([
    { isWithin: true },
    { isWithin: false },
    { isWithin: true },
  ])
})

it('holds no key whose quota is whole again, and never more than the most', () => {
  const meter = openMeter(QUOTA, 100)
  for (let key = 0; key < 1_000; key++) meter.take(`k${key}`, 0)
  expect(meter.size).toBe(100)
  // Every key above was full again after two seconds; each request looks at a few.
  for (let turn = 0; turn < 50; turn++) meter.take('a', 60_000)
  expect(meter.size).toBe(1)
})

it('lets through what the quota says and no more, in whatever rhythm requests come', () => {
  const arrivals = fc.array(fc.integer({ min: 0, max: 4_000 }), { maxLength: 200 })
  fc.assert(
    fc.property(arrivals, (pauses) => {
      const meter = openMeter(QUOTA)
      let now = 0
      const within: number[] = []
      for (const pause of pauses) {
        now += pause
        const standing = meter.take('a', now)
        expect(standing.remaining).toBeGreaterThanOrEqual(0)
        expect(standing.retryAfterSeconds > 0).toBe(!standing.isWithin)
        if (standing.isWithin) within.push(now)
      }
      // A bucket of 5 that fills by one in 2 s: no stretch of time sees more than both together.
      for (const [first, from] of within.entries()) {
        for (const [last, to] of within.entries()) {
          if (last < first) continue
          expect(last - first + 1).toBeLessThanOrEqual(5 + (to - from) / 2_000 + 1e-6)
        }
      }
    }),
    { numRuns: 100 },
  )
})

it('has who waits as long as it is told let through', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 60 }), (pauses) => {
      const meter = openMeter(QUOTA)
      let now = 0
      for (const pause of pauses) {
        now += pause
        const { isWithin, retryAfterSeconds } = meter.take('a', now)
        if (isWithin) continue
        now += retryAfterSeconds * 1_000
        expect(meter.take('a', now).isWithin).toBe(true)
      }
    }),
  )
})
