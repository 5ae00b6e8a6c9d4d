import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { writeDurably } from './durable.ts'
import type { Home } from './home.ts'

const Running = z.object({
  /** The Java process, and what tells it from a later one of the same number. */
  pid: z.int(),
  mark: z.string(),
  startedAt: z.string(),
  /** Where the supervisor listens, and the word it wants to hear first. */
  supervisor: z.object({ pid: z.int(), port: z.int(), token: z.string() }),
})

const State = z.object({
  version: z.string(),
  /** The Bolt port, kept while nothing runs too: a home keeps its address as long as it is free. */
  port: z.int(),
  running: Running.nullable(),
})

/** What `<SELVEDGE_HOME>/neo4j/state.json` holds (mode 0600: the token lets one stop the database). */
export type State = z.infer<typeof State>
export type Running = z.infer<typeof Running>

/** A state that cannot be read counts as none: it says nothing that cannot be found out again. */
export function readState({ state }: Pick<Home, 'state'>): State | null {
  try {
    return State.parse(JSON.parse(readFileSync(state, 'utf8')))
  } catch {
    return null
  }
}

export function writeState({ state }: Pick<Home, 'state'>, value: State): void {
  writeDurably(state, `${JSON.stringify(value, null, 2)}\n`)
}
