import type { Answer } from './wire.ts'
import type { World } from './world.ts'

/** What an attack that asks for the thing of another is answered with: nothing, as if it were nowhere. */
export const NOTHING = 'NOTHING'
/** What is taken as the plain text that it is, and does nothing more. */
export const TAKEN = 'TAKEN'

/**
 * What is sent, and how exactly it is refused. An attack on a thing of somebody else is made twice, with
 * the thing and with one that is nowhere, and answered alike.
 */
export type Attack = readonly [
  name: string,
  send: (world: World, pick: Pick) => Promise<Answer>,
  status: number,
  code: string,
]

/** Gives the thing of another, or one of the same form that is nowhere. */
export type Pick = (thing: string, nowhere?: string) => string

/** What the issue names, and what belongs beside it. */
export interface Theme {
  theme: string
  attacks: readonly Attack[]
  /** Whether something in it is taken, and recorded for the attacker. */
  writes?: true
}
