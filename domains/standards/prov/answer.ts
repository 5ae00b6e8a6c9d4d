import type { Kind, Relation } from '../../../lineage/kinds.ts'

/** An entity of an answer. */
export interface AnswerNode {
  id: string
  kind: Kind
  /** Empty, as is the name, where they are erased. */
  namespace: string
  name: string
  version: number
  /** The position of the record in force, and when that was appended. */
  seq: number
  recordedAt: string | null
  retired: boolean
}

/** An edge of an answer: it points upstream. */
export interface AnswerEdge {
  relation: Relation
  from: string
  to: string
  since: number
}

/** A run of a job of the answer, with what it read and wrote. */
export interface AnswerRun extends AnswerNode {
  job: string
  startedAt: string | null
  endedAt: string | null
  /** The state that was told last, in OpenLineage's words. */
  state: string | null
  links: readonly (readonly [relation: Relation, id: string])[]
}

/** The whole answer to a lineage question, as it was at one position. */
export interface LineageAnswer {
  question: { root: string; direction: string; depth: number }
  position: string
  nodes: readonly AnswerNode[]
  edges: readonly AnswerEdge[]
  runs: readonly AnswerRun[]
  /** The jobs that have more runs than are here. */
  withMoreRuns: ReadonlySet<string>
}
