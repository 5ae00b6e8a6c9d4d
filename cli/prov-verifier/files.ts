import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseAnchors } from '../../proofs/anchors.ts'
import { unb64 } from '../../proofs/base64.ts'
import { ProofError } from '../../proofs/error.ts'
import { equal, type Sha256 } from '../../proofs/hash.ts'
import { HASH_TEXT } from '../../proofs/ids.ts'
import { parseTrust, trustFingerprint } from '../../proofs/trust.ts'
import { text } from '../../proofs/utf8.ts'
import { readZip, ZIP_LIMITS } from '../../proofs/zip.ts'

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

/**
 * Reads the trust root that `--trust` names: a file, or by its fingerprint the one that lies beside the
 * bundle or in it (docs/specs/keys.md, "Fingerprint").
 *
 * @throws {UnreadableError} Unless it is a file of at most 1 MiB and sound, with that fingerprint.
 */
export function readTrust(
  sha256: Sha256,
  named: string,
  bundle: { path: string; bytes?: Uint8Array } = { path: '' },
) {
  const fingerprint = fingerprintIn(named)
  if (fingerprint === null) return trustIn(sha256, named, readWithin(named, TRUST_BYTES))
  const beside = join(dirname(bundle.path), TRUST)
  const candidates = [
    () => trustIn(sha256, beside, readWithin(beside, TRUST_BYTES)),
    () => trustIn(sha256, `${TRUST} in the bundle`, entryOf(bundle.bytes, TRUST)),
  ]
  for (const read of candidates) {
    const trust = unlessUnreadable(read)
    if (trust && equal(trustFingerprint(sha256, trust), fingerprint)) return trust
  }
  throw new UnreadableError(
    `neither ${beside} nor a ${TRUST} in the bundle is a trust root with the fingerprint ${named}`,
  )
}

const TRUST = 'trust.json'

/** Whether what `--trust` names is a fingerprint, and so no file. */
export const isFingerprint = (named: string) => fingerprintIn(named) !== null

function fingerprintIn(text: string): Uint8Array | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return new Uint8Array(Buffer.from(text, 'hex'))
  return HASH_TEXT.test(text) ? unb64(text) : null
}

function entryOf(bundle: Uint8Array | undefined, path: string): Uint8Array {
  try {
    if (!bundle) throw new UnreadableError('there is no bundle to look into')
    const found = readZip(bundle).find((entry) => entry.path === path)
    if (found && found.bytes.length <= TRUST_BYTES) return found.bytes
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause
  }
  throw new UnreadableError(`the bundle has no ${path} of at most ${TRUST_BYTES} bytes`)
}

function unlessUnreadable<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof UnreadableError) return null
    throw error
  }
}

function trustIn(sha256: Sha256, path: string, bytes: Uint8Array) {
  try {
    return parseTrust(sha256, text(bytes))
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause
    // A trust root that is half understood would be worse than none.
    const message = `${path} is not a trust root: ${cause.message} (${cause.code})`
    throw new UnreadableError(message, { cause })
  }
}

/** Reads proofs that lead to anchors. @throws {UnreadableError} Unless it is a sound file of at most 1 MiB. */
export function readAnchors(path: string) {
  const bytes = readWithin(path, TRUST_BYTES)
  try {
    return parseAnchors(bytes)
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause
    const message = `${path} holds no proofs for anchors: ${cause.message} (${cause.code})`
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
