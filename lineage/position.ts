import { positionInvalid } from './problems.ts'

/**
 * A place in a tenant's log: a read at `seq` sees the first `seq` leaves, in the epoch that the log
 * had then (docs/specs/log.md, "Reading").
 */
export interface Position {
  epoch: number
  seq: number
}

/** The state of the log that every read brings along, so that it can be told which position it is of. */
export interface LogState {
  /** How many leaves a read may see now. */
  size: number
  epoch: number
  /** How many leaves of each earlier epoch the log still has, by epoch; none before a restore. */
  kept: readonly number[]
  /** Which policies the tenant has, where the read looked: how many ever, and when one last changed. */
  policies?: readonly [readonly [count: number, last: number | null]]
  /** The size that this read was pinned to, where it was. */
  n?: number
}

/**
 * How much of the log a read may see. Neo4j applies a commit piece by piece, and a reader may meet it
 * halfway: the new size of the log, and not yet the edges or the records that came with it. So a read
 * goes no further than what is known to be applied in full: what was there when the lock was last
 * taken (no earlier transaction can still be under way then), or what this process has had confirmed
 * of this epoch: what it knows of an earlier one was lost in a restore.
 */
export const APPLIED = `CASE WHEN $appliedEpoch <> log.epoch OR coalesce(log.applied, 0) >= $applied
    THEN coalesce(log.applied, 0) WHEN $applied < log.size THEN $applied ELSE log.size END`

/**
 * How every read that may come first opens: it fixes `n`, the position, at what was asked, or at the
 * size of the log. No row comes back where there is no such tenant.
 */
export const AT_POSITION = `MATCH (log:Log {tenant: $tenant})
  WITH log, coalesce(toInteger($n), ${APPLIED}) AS n`

/** An entity `p` is a policy, by its id: just this form is a seek in the index of ids. */
export const IS_POLICY = `p.id > 'urn:selvedge:policy:' AND p.id < 'urn:selvedge:policy;'`

/**
 * What `LogState` says of the policies. Every read brings it along, so that whoever is answered need not
 * look first whether the answer is permitted.
 */
const POLICIES = `COLLECT {
    MATCH (p:Entity {tenant: $tenant}) WHERE ${IS_POLICY}
    RETURN [count(p), max(p.seq)]
  }`

/** The columns of `LogState` as the log is now. */
export const LOG_NOW = `${APPLIED} AS size, log.epoch AS epoch, coalesce(log.kept, []) AS kept,
  ${POLICIES} AS policies`

/** The columns of `LogState`, to stand in the last RETURN of a read at a position. */
export const LOG_STATE = `${LOG_NOW}, n`

/** Picks the state of the log from a row that holds more. */
export const stateOf = ({ size, epoch, kept, policies }: LogState): LogState => ({
  size,
  epoch,
  kept,
  policies,
})

/** Whether a position is one of this log: of its epoch, or among the leaves kept of an earlier one. */
export const isOfLog = ({ epoch, seq }: Position, log: Pick<LogState, 'epoch' | 'kept'>) =>
  epoch === log.epoch || seq <= (log.kept[epoch] ?? -1)

/** An edge is in force at `n` (docs/specs/record.md). Just this form keeps the pruning search. */
export const inForce = (edge: string) => `${edge}.since < n AND ${edge}.until >= n`

export const formatPosition = ({ epoch, seq }: Position) => `${epoch}:${seq}`

const POSITION = /^(0|[1-9]\d{0,8}):(0|[1-9]\d{0,15})$/

/** @throws {Problem} `POSITION_INVALID` */
export function parsePosition(text: string): Position {
  const [, epoch, seq] = POSITION.exec(text) ?? []
  const position = { epoch: Number(epoch), seq: Number(seq) }
  if (!Number.isSafeInteger(position.epoch) || !Number.isSafeInteger(position.seq)) {
    throw positionInvalid(text)
  }
  return position
}
