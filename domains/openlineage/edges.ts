import { compareStamps, type Stamp } from './stamp.ts'

/** The design relations that a job event states whole. */
export type Replaced = 'USED' | 'WAS_GENERATED_BY'

/**
 * Says whether a run event brings about design edges: only if it is later than the last time that
 * the relation was stated whole. A run at that very time is covered by the statement.
 */
export const addsEdges = (stamp: Stamp, lastReplacement: Stamp | undefined): boolean =>
  !lastReplacement || stamp[0] > lastReplacement[0]

/** Where the edges of one relation of a job stand when a job event states it. */
export interface Standing {
  /** The datasets it leads to now. */
  current: readonly string[]
  /** For each dataset, the time of the latest run event of this job that named it. */
  latestRunTimes: ReadonlyMap<string, string>
  lastReplacement: Stamp | undefined
}

/**
 * Gives the edges in force after a job event, or `undefined` where a later one has been stated. What
 * a run has read or written since the event's time stays: the event could not know of it.
 */
export function replaceEdges(
  named: readonly string[],
  stamp: Stamp,
  { current, latestRunTimes, lastReplacement }: Standing,
): Set<string> | undefined {
  if (lastReplacement && compareStamps(stamp, lastReplacement) <= 0) return undefined
  const since = current.filter((id) => (latestRunTimes.get(id) ?? '') > stamp[0])
  return new Set([...named, ...since])
}
