import { sha256 } from '../../../core/sha256.ts'
import type { Leaf, StateLeaf } from '../../../proofs/leaf.ts'
import type { ShownRecord } from '../../../proofs/records.ts'
import type { InEdge } from '../../../proofs/state.ts'
import type { StatePart } from '../../../proofs/state-part.ts'
import { type Asked, type Changes, makeBundle, type TestBundle } from '../../make/bundle.ts'
import type { TestLog } from '../../make/log.ts'
import { Pen } from '../../make/pen.ts'
import { makeReplayer } from '../../make/replayer.ts'
import { rootOfStates, statesOf, type TestStates } from '../../make/state.ts'
import { statedLog } from '../../make/stated-log.ts'

/** A lie as it is told: in a bundle, in the log itself, or in an answer to a question about one entity. */
export interface Lie {
  /** Signed throughout with the genuine keys. */
  bundle?: TestBundle
  /** The log that the operator keeps, where the lie is in it. */
  log?: readonly Leaf[]
  /** Reads what was answered; throws where the reader sees through it. */
  read?(): void
}

/** The world that the lies are about: the log, and what it is asked. */
export const world = statedLog()
export const { log, raw, rates, clean, cleaning, report, reporting, stranger, first } = world
export const late = log.idOf('Dataset', 'late')
export const size = log.leaves.length
export const question = { root: clean, direction: 'BOTH', depth: 5 } as const
export const replayers = [makeReplayer('replayer.example')]
export const asked: Asked = { question, replayers }

/** A bundle that differs from the genuine one in what is named. */
export const tell = (changes: Changes, ask: Partial<Asked> = {}, of: TestLog = log) =>
  makeBundle(of, { ...asked, ...ask }, changes)

/** The operator's log where his tree holds something else: the last state record has the root of that. */
export function logWith(states: (genuine: TestStates) => TestStates): Leaf[] {
  const root = rootOfStates(states(statesOf(log.leaves.slice(0, -1))))
  return [...log.leaves.slice(0, -1), { ...(log.leaves.at(-1) as StateLeaf), root }]
}

/** A lie that the tree itself tells: a bundle that agrees with it, and the log that it is told in. */
export const tellInTree = (
  states: (genuine: TestStates) => TestStates,
  changes: Changes = {},
): Lie => ({ bundle: tell({ ...changes, states }), log: logWith(states) })

/** The log with something written behind it, and a state record behind that. */
export function behind(write: (pen: Pen) => void): TestLog {
  const pen = new Pen(log.leaves)
  write(pen)
  pen.state()
  return { ...log, leaves: pen.leaves }
}

/** Changes the record of one entity. */
export const record =
  (id: string, change: (shown: ShownRecord) => ShownRecord) => (records: ShownRecord[]) =>
    records.map((shown) => (shown.header.id === id ? change(shown) : shown))
/** Leaves one entity out. */
export const without = (id: string) => (records: ShownRecord[]) =>
  records.filter(({ header }) => header.id !== id)

/** Changes what the tree has of one entity. */
export const entity =
  (id: string, change: (state: TestStates extends Map<string, infer S> ? S : never) => object) =>
  (states: TestStates): TestStates =>
    new Map(states).set(id, { ...states.get(id)!, ...change(states.get(id)!) })
/** Changes the design edges that the tree has of one entity. */
export const inDesign = (id: string, change: (edges: InEdge[]) => InEdge[]) =>
  entity(id, ({ design }) => ({ design: change(design) }))

/** Changes what is shown of one entity of the state. */
export const shownEntity =
  (id: string, change: Partial<StatePart['entities'][number]>) =>
  (part: StatePart): StatePart => ({
    ...part,
    entities: part.entities.map((one) => (one.id === id ? { ...one, ...change } : one)),
  })

/** A root of nothing that anybody has. */
export const noRoot = sha256()
