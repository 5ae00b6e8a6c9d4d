import type { Kind } from '../../lineage/kinds.ts'
import type { Position } from '../../lineage/position.ts'
import type { Direction } from '../../lineage/traversal-texts.ts'
import type { RecordHeader } from '../../proofs/leaf.ts'

/** What was recorded of one entity, at one place of the log. */
export interface RecordedChange {
  /** From here on it is in force, and after this one goes on: the place of its record, and one. */
  position: Position
  /** Who did what to which entity, and when; nothing in it is personal. */
  header: RecordHeader
  /** The entity as it is called now: what was erased meanwhile is told to nobody. */
  entity: { id: string; kind: Kind; namespace: string; name: string }
  /** By which record its body is gone; `null` while it is there. */
  erased: number | null
  /** In an erasure: the entity that says on what ground, and why. */
  erasure: string | null
}

/** The lineage that a change must be of. */
export interface Under {
  root: string
  direction: Direction
  /** 0 to 20. */
  depth: number
}

/** Which changes are wanted, and how many at most. */
export interface ChangesAsked {
  /** What is seen already: the first change told is recorded at this size of the log, or later. */
  after: Position
  /** 1 to `MOST_CHANGES`. */
  first: number
  kinds?: readonly Kind[] | null
  under?: Under | null
}

/** Some changes, in the order of the log. */
export interface ChangesPage {
  changes: RecordedChange[]
  /** Where to go on: everything before it was told, or is not of those wanted. */
  through: Position
  /** How much of the log there was to read: where `through` is less, there may be more at once. */
  end: Position
}
