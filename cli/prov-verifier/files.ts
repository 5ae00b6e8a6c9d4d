import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ProofError } from '../../proofs/error.ts'
import type { Sha256 } from '../../proofs/hash.ts'
import { parseTrust } from '../../proofs/trust.ts'
import { text } from '../../proofs/utf8.ts'
import { ZIP_LIMITS } from '../../proofs/zip.ts'

/** A file that could not be read, or a trust root that says nothing sound. */
export class UnreadableError extends Error {}

const TRUST_BYTES = 2 ** 20

/** Reads a bundle whole. @throws {UnreadableError} Unless it is a regular file below 2 GiB. */
export const readBundle = (path: string) => readWithin(path, ZIP_LIMITS.bytes)

/** A proof, a checkpoint or a leaf: none is longer. */
const SMALL_BYTES = 2 ** 20

/** Reads a proof, a checkpoint or a leaf. @throws {UnreadableError} Unless it is a file of at most 1 MiB. */
export const readSmall = (path: string) => readWithin(path, SMALL_BYTES)

/** 256 entries of 65,535 bytes, each behind two: no file of a log is longer. */
const LOG_FILE_BYTES = 256 * 65_537

/**
 * Opens a log's directory, as `selvedge log export` writes it: gives its files by path, `null` for one
 * that is not there.
 *
 * @throws {UnreadableError} Where there is no such directory, or no checkpoint in it; later for a file
 *   that cannot be read, or is longer than any of a log can be.
 */
export function openLogDirectory(directory: string): (path: string) => Uint8Array | null {
  if (!existsSync(join(directory, 'checkpoint'))) {
    throw new UnreadableError(`${directory} is no directory with a checkpoint`)
  }
  return (path) => {
    const file = join(directory, path)
    return existsSync(file) ? readWithin(file, LOG_FILE_BYTES) : null
  }
}

/** Reads a trust root. @throws {UnreadableError} Unless it is a file of at most 1 MiB and sound. */
export function readTrust(sha256: Sha256, path: string) {
  const bytes = readWithin(path, TRUST_BYTES)
  try {
    return parseTrust(sha256, text(bytes))
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause
    // A trust root that is half understood would be worse than none.
    const message = `${path} is not a trust root: ${cause.message} (${cause.code})`
    throw new UnreadableError(message, { cause })
  }
}

function readWithin(path: string, limit: number): Uint8Array {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const stat = fstatSync(file)
    if (!stat.isFile()) throw new UnreadableError(`${path} is not a file`)
    if (stat.size > limit) {
      throw new UnreadableError(`${path} has ${stat.size} bytes, and ${limit} are the most allowed`)
    }
    return readFileSync(file)
  } catch (cause) {
    if (cause instanceof UnreadableError) throw cause
    throw new UnreadableError(`${path} cannot be read: ${(cause as Error).message}`, { cause })
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
