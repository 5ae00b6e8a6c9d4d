import { recordNotes } from './bodies.ts'
import type { Ask } from './graph.ts'

/** How many places one read looks at: a log of a million leaves takes four reads. */
const PROBES = 64

/**
 * How many leaves a log had at an instant: all those whose record time is not later. Times never fall
 * along a log (docs/specs/log.md), so they are searched and not listed.
 *
 * @param time In UTC with nine fraction digits, so that times compare as texts.
 * @param size How many leaves the log has now.
 */
export async function sizeAtTime(ask: Ask, time: string, size: number): Promise<number> {
  let [low, high] = [0, size]
  while (low < high) {
    const step = Math.ceil((high - low) / PROBES)
    const places = Array.from({ length: Math.ceil((high - low) / step) }, (_, i) => low + i * step)
    for (const { seq, at } of await recordNotes(ask, places)) {
      if (inNanoseconds(at) <= time) low = Math.max(low, seq + 1)
      else high = Math.min(high, seq)
    }
  }
  return low
}

/** A record's time has milliseconds. */
const inNanoseconds = (at: string) => `${at.slice(0, -1)}000000Z`
