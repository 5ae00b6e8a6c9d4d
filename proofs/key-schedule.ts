import type { KeyLeaf } from './leaf.ts'
import type { TrustKey } from './trust.ts'

/** A key as its log's own records have it. */
export interface ScheduledKey extends TrustKey {
  /** Where the record stands that adds it. */
  seq: number
}

/**
 * Works out from all key records of a log, in order, which keys it has had and for which sizes each
 * stands. It is for those who hold the log for true: its service, and a trust root made of it. Whom
 * else the records convince, `chainKeys` says.
 *
 * A key ends at the least size from which a record retires it or calls it compromised.
 */
export function scheduleOf(leaves: readonly KeyLeaf[]): ScheduledKey[] {
  const keys = new Map<string, ScheduledKey>()
  for (const { event, use, kid, x, from, seq } of leaves) {
    const name = `${use} ${kid}`
    const key = keys.get(name)
    if (event === 'add') {
      if (!key) keys.set(name, { use, kid, x, from, until: null, compromised: false, seq })
    } else if (key) {
      key.until = Math.min(key.until ?? from, from)
      key.compromised ||= event === 'compromise'
    }
  }
  return [...keys.values()]
}

/**
 * Gives the key that signs for a use at a size of the log, or `null` where none stands: of several
 * that stand, the one that came last.
 */
export const keyThatSigns = (
  schedule: readonly ScheduledKey[],
  use: TrustKey['use'],
  size: number,
): ScheduledKey | null =>
  schedule.findLast(
    (key) =>
      key.use === use &&
      !key.compromised &&
      key.from <= size &&
      (key.until === null || size < key.until),
  ) ?? null
