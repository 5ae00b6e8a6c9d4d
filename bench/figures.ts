/** The value below which this share of the values lies (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export const median = (values: readonly number[]) => quantile(values, 0.5)

/** Milliseconds that the work takes. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

export const round = (value: number, digits = 2) => Number(value.toFixed(digits))

/** One suite's figures. A ratio with a `budget` fails the check when it is above it. */
export interface Figures {
  suite: string
  what: string
  figures: Record<string, number>
  ratios: Record<string, { value: number; budget?: number }>
}

export const missed = ({ ratios }: Figures) =>
  Object.entries(ratios).filter(([, { value, budget }]) => budget !== undefined && value > budget)
