import { type Ask, query } from './graph.ts'

/** An earlier epoch of a log: what it still has of it, and what was signed last for its origin. */
export interface PastEpoch {
  epoch: number
  /** How many of its leaves the log has. */
  kept: number
  /** The last size signed, and its root in base64url; 0 where nothing was. */
  size: number
  root: string
}

const MOVE_EPOCH = query(`
  // move the log to another epoch
  MATCH (log:Log {tenant: $tenant})
  SET log.origin = $origin, log.epoch = $epoch, log.kept = $kept, log.pastSizes = $sizes,
    log.pastRoots = $roots, log.signed = 0, log.checkpoint = null,
    log.witnessed = null, log.witnessedSize = 0, log.witnesses = null`)

const PAST_EPOCHS = query<PastEpoch>(`
  // earlier epochs of a log
  MATCH (log:Log {tenant: $tenant})
  UNWIND range(0, size(coalesce(log.kept, [])) - 1) AS epoch
  RETURN epoch, log.kept[epoch] AS kept, log.pastSizes[epoch] AS size, log.pastRoots[epoch] AS root`)

/** Goes on under another origin, for which nothing is signed yet. */
export const moveEpoch = (
  ask: Ask,
  { origin, epoch, past }: { origin: string; epoch: number; past: readonly PastEpoch[] },
) =>
  ask(MOVE_EPOCH, {
    origin,
    epoch,
    kept: past.map(({ kept }) => kept),
    sizes: past.map(({ size }) => size),
    roots: past.map(({ root }) => root),
  })

/** The earlier epochs of a log, in order; none where it was never restored. */
export const pastEpochs = (ask: Ask) => ask(PAST_EPOCHS)
