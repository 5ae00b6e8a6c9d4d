import { ProofError } from './error.ts'

/** The leaves from `start` up to, but without, `end`. */
export interface Range {
  start: number
  end: number
}

/**
 * Gives the size of the left subtree of `count` leaves: the largest power of two below `count`
 * (RFC 6962 section 2.1).
 *
 * @param count At least 2, at most 2^53.
 */
export function splitPoint(count: number) {
  const last = count - 1
  const high = Math.floor(last / 2 ** 32)
  return high > 0 ? 2 ** (63 - Math.clz32(high)) : 2 ** (31 - Math.clz32(last))
}

/**
 * Refuses what cannot be the size of a tree.
 *
 * @throws {ProofError} `PROOF_SIZES`
 */
export function assertSize(size: number) {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new ProofError('PROOF_SIZES', `no tree has ${size} leaves`)
  }
}
