import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numbersFrom } from '../make/numbers.ts'
import { mannWhitney } from './mann-whitney.ts'

describe('the test of Mann and Whitney', () => {
  it.each([
    // The example in the documentation of scipy.stats.mannwhitneyu, by its asymptotic method.
    ['ages without ties', [19, 22, 16, 29, 24], [20, 11, 17, 12], 17, 0.11134688653314041],
    // The middle of each is the same: chance could give no less.
    ['the same twice', [1, 2, 3, 4], [1, 2, 3, 4], 8, 1],
    ['nothing but ties', [5, 5, 5], [5, 5, 5], 4.5, 1],
    // By hand: three are tied twice, so the variance is 25/12 (11 - 48/90), and z = 8/4.6696.
    ['some ties', [1, 2, 2, 3, 3], [2, 3, 4, 5, 6], 4, 0.086677],
  ])('gives what is known of %s', (_what, first, second, u, p) => {
    const found = mannWhitney(first, second)
    expect(found.u).toBe(u)
    expect(found.p).toBeCloseTo(p, 4)
  })

  it('says the same of both orders, and of any scale', () => {
    const sample = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(sample, sample, (first, second) => {
        const { u, z, p } = mannWhitney(first, second)
        const other = mannWhitney(second, first)
        expect(other.u).toBeCloseTo(first.length * second.length - u)
        expect(other.z).toBeCloseTo(-z)
        expect(other.p).toBeCloseTo(p)
        const cubed = mannWhitney(
          first.map((x) => x ** 3),
          second.map((x) => x ** 3),
        )
        expect(cubed.p).toBeCloseTo(p)
        expect(p).toBeGreaterThanOrEqual(0)
        expect(p).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('alarms falsely as often as it says: in one of a hundred', () => {
    const next = numbersFrom(20_260_331)
    const sample = () => Array.from({ length: 100 }, () => next(1_000_000))
    const alarms = Array.from({ length: 5_000 }, () => mannWhitney(sample(), sample()).p <= 0.01)
    const share = alarms.filter(Boolean).length / 5_000
    expect(share).toBeGreaterThan(0.005)
    expect(share).toBeLessThan(0.015)
  })

  it('sees a shift of a quarter of a deviation in 1,000 values each', () => {
    const next = numbersFrom(7)
    const normal = () =>
      Array.from({ length: 12 }, () => next(1_000_000) / 1_000_000).reduce((a, b) => a + b, -6)
    const first = Array.from({ length: 1_000 }, normal)
    const second = Array.from({ length: 1_000 }, () => normal() + 0.25)
    expect(mannWhitney(first, second).p).toBeLessThan(0.001)
  })
})
