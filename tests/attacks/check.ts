import { expect } from 'vitest'
import { type Attack, NOTHING, TAKEN } from './attack.ts'
import { type Answer, codeIn } from './wire.ts'
import { missingLike, SECRET, type World } from './world.ts'

/** What no answer to an attacker holds, whatever it is about. */
const INNER = [
  /\bat \S+ \(?\S+:\d+:\d+/,
  /node_modules|node:internal|file:\/\//,
  /\.[cm]?[jt]s:\d+/,
  /\b(MATCH|MERGE|UNWIND|RETURN|OPTIONAL)\b|\$tenant|Neo\.\w+|Neo4jError|bolt:/,
  /\/(tmp|home|work|usr|etc|var)\//,
]

/**
 * Makes an attack, and checks that it is refused as the table says; where it is about something of
 * another, that what is nowhere is refused alike; and that neither answer tells anything.
 */
export async function check(
  world: World,
  attack: Attack[1],
  { status, code }: { status: number; code: string },
) {
  const things: string[] = []
  const nowhere: string[] = []
  const there = await patiently(() => {
    things.length = 0
    return attack(world, (thing) => {
      things.push(thing)
      return thing
    })
  })
  expect([there.status, outcomeOf(there)]).toEqual([status, code])
  expectNothingTold(there)
  if (things.length === 0) return
  const missing = await patiently(() =>
    attack(world, (thing, other = missingLike(thing)) => {
      nowhere.push(other)
      return other
    }),
  )
  expect(comparable(missing, nowhere)).toEqual(comparable(there, things))
}

/** Asks again where the database took too long, as it may for the first plan of a text on a busy machine. */
async function patiently(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    const answer = await ask()
    if (tries === 5 || codeIn(answer) !== 'DATABASE_TIMEOUT') return answer
  }
}

/** An answer without what may differ between any two: its id, its time, and the thing asked about. */
function comparable({ status, headers, body }: Answer, things: readonly string[]) {
  const { date, ratelimit, 'x-request-id': id, ...rest } = headers
  const withoutId = body.replaceAll(String(id), '<id>')
  return {
    status,
    rest,
    body: things.reduce((text, one) => text.replaceAll(one, '<it>'), withoutId),
  }
}

function outcomeOf(answer: Answer): string {
  const code = codeIn(answer)
  if (code !== null) return code
  if (answer.status !== 200) return ''
  return isNothing(JSON.parse(answer.body).data) ? NOTHING : TAKEN
}

const isNothing = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.values(value).every(isNothing))

function expectNothingTold({ body }: Answer) {
  for (const pattern of INNER) expect(body).not.toMatch(pattern)
  expect(body).not.toContain(SECRET)
}
