import { readFileSync } from 'node:fs'
import type { RawEvent } from './reference.ts'

const folder = new URL('../fixtures/openlineage/', import.meta.url)

/** The lines of a fixture, as texts. */
export const fixtureLines = (name: string) =>
  readFileSync(new URL(`${name}.ndjson`, folder), 'utf8')
    .trim()
    .split('\n')

/** The events of a fixture. */
export const fixture = (name: string): RawEvent[] =>
  fixtureLines(name).map((line) => JSON.parse(line))

/** What every event opens with. */
export const head = (eventTime: string) => ({
  eventTime,
  producer: 'https://example.org/test',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json',
})

/** A run's id, by number. */
export const runId = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

/** The same items in an order that a seed fixes. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed
  // A linear congruential generator: the order only has to be different, and the same every time.
  const next = () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state
  }
  return items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
