import { originOf, partsOfOrigin } from '../../ledger/origin.ts'
import type { Signed } from '../../ledger/register.ts'
import type { Epoch, Known } from '../../ledger/register-epochs.ts'

/**
 * How many leaves two origins of one log have in common at most, as the register's epochs tell:
 * `Infinity` for an origin and itself. Epochs are a tree, for a restore may go back behind another.
 */
export function sharedLeaves(epochs: readonly Epoch[], a: string, b: string): number {
  const ofB = new Map(line(epochs, b))
  for (const [origin, bound] of line(epochs, a)) {
    const other = ofB.get(origin)
    if (other !== undefined) return Math.min(bound, other)
  }
  return 0
}

/** The origins from one back to the first, each with how many of its leaves are still that one's. */
function line(epochs: readonly Epoch[], origin: string): [origin: string, bound: number][] {
  const byOrigin = new Map(epochs.map((epoch) => [epoch.origin, epoch]))
  const found: [string, number][] = [[origin, Number.POSITIVE_INFINITY]]
  for (let epoch = byOrigin.get(origin); epoch; epoch = byOrigin.get(epoch.prevOrigin)) {
    found.push([epoch.prevOrigin, Math.min(found.at(-1)![1], epoch.keptSize)])
  }
  return found
}

/** Every size of an origin's log that was signed, under it or under one that it follows, ascending. */
export const vouchedSizes = (known: Known, origin: string): Signed[] =>
  line(known.epochs, origin)
    .reverse()
    .flatMap(([of, bound]) => known.signed(of).filter(({ size }) => size <= bound))

/** For each epoch before that of `origin`: how many of its leaves the log under `origin` has. */
export function keptByEpoch(epochs: readonly Epoch[], origin: string): number[] {
  const { service, tenant, epoch } = partsOfOrigin(origin)
  return Array.from({ length: epoch }, (_, earlier) =>
    sharedLeaves(epochs, origin, originOf(service, tenant, earlier)),
  )
}

/**
 * The largest of the sizes whose root the stored leaves have, or `null` where they have none. A log
 * that has one size in common has every smaller one, so halving finds it.
 *
 * @param rootAt The root over that many stored leaves.
 */
export async function largestCommon(
  sizes: readonly Signed[],
  rootAt: (size: number) => Promise<string | null>,
): Promise<number | null> {
  let [low, high] = [0, sizes.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const { size, root } = sizes[middle]!
    if ((await rootAt(size)) === root) low = middle + 1
    else high = middle
  }
  return sizes[low - 1]?.size ?? null
}
