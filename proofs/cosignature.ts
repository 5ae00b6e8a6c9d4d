import { verifyEd25519 } from './ed25519.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import { keyHash, type NoteKey, type NoteSignature, requireName } from './note.ts'
import { utf8 } from './utf8.ts'

/** A witness's statement about a checkpoint: that it saw this, and when (C2SP tlog-cosignature). */
export interface Cosignature {
  /** Seconds since 1970, by the witness's own clock. */
  time: number
  /** 64 bytes of Ed25519 over `cosignatureMessage`. */
  signature: Uint8Array
}

const TIME_BYTES = 8
const SIGNATURE_BYTES = 64

/**
 * Gives the bytes that a witness signs: two lines of its own, and the checkpoint's whole text. The
 * first line keeps the signature from ever being one over a checkpoint itself.
 *
 * @param text The note's text, ending with its newline; extension lines of other logs included.
 */
export const cosignatureMessage = (text: string, time: number) =>
  utf8(`cosignature/v1\ntime ${time}\n${text}`)

/**
 * Gives the parts of the line that adds a cosignature to a note.
 *
 * @throws {ProofError} `PROOF_NOTE_KEY` for a name that no key can have; `PROOF_COSIGNATURE` for a
 *   time that is none.
 */
export function cosignatureLine(
  sha256: Sha256,
  { name, publicKey }: NoteKey,
  { time, signature }: Cosignature,
): NoteSignature {
  requireName(name)
  if (!isTime(time)) throw malformed('its time')
  const bytes = new Uint8Array(TIME_BYTES + signature.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(time))
  bytes.set(signature, TIME_BYTES)
  return { name, keyHash: keyHash(sha256, name, publicKey, 'cosignature'), signature: bytes }
}

/**
 * Reads a cosignature out of its line: eight bytes of time, big end first, and the signature.
 *
 * A time of zero says nothing, and is what tlog-witness forbids a witness to answer.
 *
 * @throws {ProofError} `PROOF_COSIGNATURE` for another length, or a time of zero or above 2^53 − 1.
 */
export function parseCosignature({ signature: bytes }: NoteSignature): Cosignature {
  if (bytes.length !== TIME_BYTES + SIGNATURE_BYTES) throw malformed('its length')
  const time = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0))
  if (!isTime(time)) throw malformed('its time')
  return { time, signature: bytes.slice(TIME_BYTES) }
}

/**
 * Checks one witness's line over a checkpoint's text and gives what it states.
 *
 * @throws {ProofError} `PROOF_COSIGNATURE` where the line is malformed or does not hold.
 */
export function verifyCosignature(
  text: string,
  line: NoteSignature,
  { name, publicKey }: NoteKey,
): Cosignature {
  const stated = parseCosignature(line)
  const message = cosignatureMessage(text, stated.time)
  if (!verifyEd25519(publicKey, message, stated.signature)) {
    throw new ProofError('PROOF_COSIGNATURE', `the cosignature by ${name} does not hold`)
  }
  return stated
}

const isTime = (time: number) => Number.isSafeInteger(time) && time > 0

const malformed = (what: string) =>
  new ProofError('PROOF_COSIGNATURE', `not a cosignature: ${what}`)
