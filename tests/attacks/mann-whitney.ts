/** What the test of Mann and Whitney says of two samples. */
export interface MannWhitney {
  /** How many pairs there are in which the first is larger; one that is even counts half. */
  u: number
  /** By how many standard deviations that is off what chance would give. */
  z: number
  /** How likely chance gives as much or more, in either direction. */
  p: number
}

/**
 * Compares two samples by rank (Mann and Whitney 1947), two-sided: by the normal approximation with a
 * correction for ties and one for continuity, which is good for more than eight values each. It asks
 * nothing of how the values are distributed, and a few that are far off weigh no more than others.
 */
export function mannWhitney(first: readonly number[], second: readonly number[]): MannWhitney {
  const [m, n] = [first.length, second.length]
  const all = [
    ...first.map((value) => ({ value, isFirst: true })),
    ...second.map((value) => ({ value, isFirst: false })),
  ].sort((a, b) => a.value - b.value)
  let [ranks, ties] = [0, 0]
  for (let start = 0; start < all.length; ) {
    let end = start + 1
    while (end < all.length && all[end]!.value === all[start]!.value) end += 1
    const alike = all.slice(start, end)
    // Those that are even share the ranks from `start + 1` to `end`.
    ranks += alike.filter(({ isFirst }) => isFirst).length * ((start + 1 + end) / 2)
    ties += alike.length ** 3 - alike.length
    start = end
  }
  const size = m + n
  const u = ranks - (m * (m + 1)) / 2
  const variance = ((m * n) / 12) * (size + 1 - ties / (size * (size - 1)))
  const off = u - (m * n) / 2
  if (variance === 0) return { u, z: 0, p: 1 }
  const z = (Math.sign(off) * Math.max(0, Math.abs(off) - 0.5)) / Math.sqrt(variance)
  return { u, z, p: Math.min(1, 2 * upperTail(Math.abs(z))) }
}

/**
 * How likely a normal value is above `z`, to within 1.2e-7 of itself: the approximation of erfc by
 * Chebyshev in Press et al., Numerical Recipes, section 6.2.
 */
function upperTail(z: number): number {
  const x = z / Math.SQRT2
  const t = 1 / (1 + x / 2)
  const terms = [
    ...[-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806],
    ...[0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277],
  ]
  const sum = terms.reduceRight((rest, term) => term + t * rest, 0)
  return (t * Math.exp(-x * x + sum)) / 2
}
