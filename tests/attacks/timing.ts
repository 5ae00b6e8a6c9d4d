import { Agent } from 'node:http'
import type { Next } from '../fuzz/mutate.ts'
import { mannWhitney } from './mann-whitney.ts'
import { type Answer, type Sent, send } from './wire.ts'

/** A door that may tell by its time what is there: things behind it, and as many that are nowhere. */
export interface Door {
  /** What is sent to ask for a thing. */
  asking(thing: string): Sent
  there: readonly string[]
  nowhere: readonly string[]
}

/** How many are asked for in a run; half of them are there. */
export const PROBES = 2_000
/** What is less likely than this is taken for no chance. */
export const SIGNIFICANT = 0.01
const RUNS = 3
/** What comes first pays for plans, compilers and caches, whatever it asks for. */
const WARMING = 200

/**
 * Asks by one connection that is kept alive, in an order that the numbers make, and compares how long it
 * took by whether the thing was there. The order is what makes the comparison fair: whatever else the
 * machine does meets both alike.
 */
async function probeOnce(port: number, door: Door, next: Next, probes: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const plan = Array.from({ length: probes / 2 }, (_, i) => [
    { isThere: true, thing: door.there[i % door.there.length]! },
    { isThere: false, thing: door.nowhere[i % door.nowhere.length]! },
  ]).flat()
  shuffle(plan, next)
  const times = { there: [] as number[], nowhere: [] as number[] }
  try {
    for (const { thing } of plan.slice(0, WARMING))
      await send(port, { ...door.asking(thing), agent })
    for (const { isThere, thing } of plan) {
      const sent = { ...door.asking(thing), agent }
      const start = performance.now()
      await send(port, sent)
      times[isThere ? 'there' : 'nowhere'].push(performance.now() - start)
    }
  } finally {
    agent.destroy()
  }
  return mannWhitney(times.there, times.nowhere)
}

/**
 * Probes a door until it is silent, three times at most, and gives what each run said.
 *
 * Where nothing is told, one run in a hundred still says so: that is what 0.01 means. So a door is held
 * to tell only where three runs of fresh probes in a row say so, which chance does once in a million.
 */
export async function probe(
  port: number,
  door: Door,
  { next, probes = PROBES }: { next: Next; probes?: number },
): Promise<number[]> {
  const found: number[] = []
  while (found.length < RUNS) {
    const { p } = await probeOnce(port, door, next, probes)
    found.push(p)
    if (p > SIGNIFICANT) break
  }
  return found
}

/** Whether every run said that the door tells. */
export const isTold = (found: readonly number[]) =>
  found.length === RUNS && found.every((p) => p <= SIGNIFICANT)

/** Fisher and Yates. */
function shuffle<T>(items: T[], next: Next) {
  for (let i = items.length - 1; i > 0; i--) {
    const j = next(i + 1)
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
}

/** An answer as far as it may be compared: without its id, its time and the thing that was asked for. */
export const comparable = ({ status, headers, body }: Answer, thing: string) => {
  const id = headers['x-request-id']
  const told = body.replaceAll(String(id), '<id>').replaceAll(thing, '<it>')
  // A document that is compiled by now may give its members in another order.
  return { status, type: headers['content-type'], body: JSON.parse(told) as unknown }
}
