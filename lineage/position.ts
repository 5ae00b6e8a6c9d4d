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
  /** How many leaves the log holds now. */
  size: number
  epoch: number
}

/**
 * How every read that may come first opens: it fixes `n`, the position, at what was asked, or at the
 * size of the log. No row comes back where there is no such tenant.
 */
export const AT_POSITION = `MATCH (log:Log {tenant: $tenant})
  WITH log, coalesce(toInteger($n), log.size) AS n`

/** The columns of `LogState`, to stand in the last RETURN. */
export const LOG_STATE = 'log.size AS size, log.epoch AS epoch, n'

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
