import { randomInt } from 'node:crypto'
import type { Replayed } from './replay.ts'

/** How much of a log is looked at in depth. Every header is read, hashed and replayed in any case. */
export interface Scope {
  /** Bodies of records from here on, and entities with such a record; 0 for all. */
  since: number
  /** No more than so many bodies, and so many entities, taken at random; `null` for all. */
  sample: number | null
}

export const WHOLE: Scope = { since: 0, sample: null }

/** The places whose bodies are due, or `null` where all from `since` on are. */
export function sampledPlaces({ since, sample }: Scope, size: number): number[] | null {
  if (sample === null) return null
  return drawn(sample, Math.max(0, size - since)).map((place) => since + place)
}

/** The entities whose nodes and edges are due, in the order of their ids; `null` for all. */
export function dueEntities(
  { since, sample }: Scope,
  entities: ReadonlyMap<string, Replayed>,
): string[] | null {
  if (since === 0 && sample === null) return null
  const touched = [...entities.values()].filter(({ seq }) => seq >= since).map(({ id }) => id)
  if (sample === null) return touched.sort()
  return drawn(sample, touched.length)
    .map((i) => touched[i]!)
    .sort()
}

/** Up to `count` of the numbers below `below`, each once, ascending; any of them as likely as another. */
function drawn(count: number, below: number): number[] {
  if (count >= below) return Array.from({ length: below }, (_, i) => i)
  const numbers = new Set<number>()
  // Floyd's way: one draw for each, however large the range is.
  for (let most = below - count; most < below; most++) {
    const number = randomInt(most + 1)
    numbers.add(numbers.has(number) ? most : number)
  }
  return [...numbers].sort((a, b) => a - b)
}
