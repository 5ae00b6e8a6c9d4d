import { timed } from './figures.ts'

/**
 * Asks in several ways, one after the other in each round, so that what else the machine does meets all
 * of them alike.
 *
 * @returns The milliseconds of each way, one for a round; those that warm up are not among them.
 */
export async function inRounds<Way extends string>(
  ways: Readonly<Record<Way, () => unknown>>,
  { warmUp, rounds, say }: { warmUp: number; rounds: number; say(text: string): void },
): Promise<Record<Way, number[]>> {
  const names = Object.keys(ways) as Way[]
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Way,
    number[]
  >
  for (let i = -warmUp; i < rounds; i++) {
    const took: string[] = []
    for (const name of names) {
      const ms = await timed(ways[name])
      took.push(`${name} in ${Math.round(ms)} ms`)
      if (i >= 0) times[name].push(ms)
    }
    say(`round ${i}: ${took.join(', ')}`)
  }
  return times
}
