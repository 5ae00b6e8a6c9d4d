import { std64, unstd64 } from './base64.ts'
import { verifyEd25519 } from './ed25519.ts'
import { ProofError } from './error.ts'
import { equal, type Sha256 } from './hash.ts'
import { hex } from './hex.ts'
import { utf8 } from './utf8.ts'

/** C2SP signed-note's numbers for what a key signs with: one key under two types is two keys. */
export const KEY_TYPES = { ed25519: 0x01, cosignature: 0x04 } as const

/** How a note's key signs: over the text itself, or as a witness does (proofs/cosignature.ts). */
export type KeyType = keyof typeof KEY_TYPES

const HASH_BYTES = 4
const MAX_SIGNATURES = 100

/** A key's name: no white space, no plus sign. */
const NAME = /^[^\p{White_Space}\p{Cc}+]+$/u
/** Every ASCII control character below the space but the newline; those above it a note may have. */
const CONTROL = /[^\P{Cc}\n\x7f-\x9f]/u
const LINE = /^— (\S+) (\S+)$/

/** One signature line of a note. */
export interface NoteSignature {
  name: string
  /** The first four bytes of the key's hash: they tell which key to try, and prove nothing. */
  keyHash: Uint8Array
  signature: Uint8Array
}

/** A note and whoever signed it, nothing checked yet. */
export interface Note {
  /** Ends with a newline; the signatures are over exactly this. */
  text: string
  signatures: NoteSignature[]
}

/** A public key under the name that a note's signature line gives it. */
export interface NoteKey {
  name: string
  publicKey: Uint8Array
}

/** Gives the first four bytes of `H(name ‖ "\n" ‖ type ‖ key)` (C2SP signed-note). */
export const keyHash = (
  sha256: Sha256,
  name: string,
  publicKey: Uint8Array,
  type: KeyType = 'ed25519',
) => sha256(utf8(`${name}\n`), Uint8Array.of(KEY_TYPES[type]), publicKey).slice(0, HASH_BYTES)

/** Gives the signature line's parts for a signature made over the note's text. */
export function noteSignature(
  sha256: Sha256,
  name: string,
  publicKey: Uint8Array,
  signature: Uint8Array,
): NoteSignature {
  requireName(name)
  return { name, keyHash: keyHash(sha256, name, publicKey), signature }
}

/** Tells whether a line says that it is by this key; what it says is not checked. */
export const isBy = (line: NoteSignature, key: { name: string; keyHash: Uint8Array }) =>
  line.name === key.name && equal(line.keyHash, key.keyHash)

/**
 * Writes a signed note.
 *
 * @throws {ProofError} `PROOF_NOTE_SYNTAX` where the text does not end with a newline or holds a control character.
 */
export function formatNote(text: string, signatures: readonly NoteSignature[]) {
  requireText(text)
  return `${text}\n${formatSignatures(signatures)}`
}

/** Writes signature lines alone, as a witness answers with them (C2SP tlog-witness). */
export const formatSignatures = (signatures: readonly NoteSignature[]) =>
  signatures
    .map(({ name, keyHash, signature }) => {
      const bytes = new Uint8Array(keyHash.length + signature.length)
      bytes.set(keyHash)
      // Not spread: another party's signature can be longer than a call may have arguments.
      bytes.set(signature, keyHash.length)
      return `— ${name} ${std64(bytes)}\n`
    })
    .join('')

/**
 * Reads a signed note, in the one form that `formatNote` writes.
 *
 * @throws {ProofError} `PROOF_NOTE_SYNTAX`
 */
export function parseNote(note: string): Note {
  const border = note.lastIndexOf('\n\n')
  if (border < 0 || !note.endsWith('\n')) throw syntax('no blank line before signatures')
  const text = note.slice(0, border + 1)
  requireText(text)
  const lines = note.slice(border + 2, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) throw syntax(`over ${MAX_SIGNATURES} signatures`)
  return { text, signatures: lines.map(parseLine) }
}

/** Writes a key as a vkey: `<name>+<key hash in hex>+<base64 of type ‖ key>`. */
export function formatVkey(
  sha256: Sha256,
  { name, publicKey }: NoteKey,
  type: KeyType = 'ed25519',
) {
  requireName(name)
  const typed = std64(Uint8Array.of(KEY_TYPES[type], ...publicKey))
  return `${name}+${hex(keyHash(sha256, name, publicKey, type))}+${typed}`
}

/**
 * Reads a vkey of one type.
 *
 * @throws {ProofError} `PROOF_NOTE_KEY` for another form, another type, or a hash not the key's.
 */
export function parseVkey(sha256: Sha256, vkey: string, type: KeyType = 'ed25519'): NoteKey {
  const [, name = '', hash = '', typed = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? []
  const bytes = bytesOf(typed)
  const publicKey = bytes.slice(1)
  const sound = NAME.test(name) && bytes.length === 33 && bytes[0] === KEY_TYPES[type]
  if (!sound || hex(keyHash(sha256, name, publicKey, type)) !== hash) {
    const wanted = type === 'ed25519' ? 'an Ed25519 key' : 'an Ed25519 key that cosigns (0x04)'
    throw new ProofError('PROOF_NOTE_KEY', `not a vkey of ${wanted}`)
  }
  return { name, publicKey }
}

/**
 * Gives a note's text once the key given has signed it. Signatures by others are ignored, as the
 * specification asks: a witness's line must not make a note unreadable to those who do not know it.
 *
 * @throws {ProofError} `PROOF_NOTE_SYNTAX`; `PROOF_NOTE_UNSIGNED` without a line by this key;
 * `PROOF_NOTE_SIGNATURE` where any line by it does not hold.
 */
export function verifyNote(sha256: Sha256, note: string, key: NoteKey): string {
  const parsed = parseNote(note)
  requireSigned(sha256, parsed, key)
  return parsed.text
}

/**
 * Requires a note that was read to be signed by a key.
 *
 * @throws {ProofError} `PROOF_NOTE_UNSIGNED`, `PROOF_NOTE_SIGNATURE`
 */
export function requireSigned(
  sha256: Sha256,
  { text, signatures }: Note,
  { name, publicKey }: NoteKey,
) {
  const key = { name, keyHash: keyHash(sha256, name, publicKey) }
  const own = signatures.filter((line) => isBy(line, key))
  if (own.length === 0) throw new ProofError('PROOF_NOTE_UNSIGNED', `not signed by ${name}`)
  const message = utf8(text)
  if (!own.every(({ signature }) => verifyEd25519(publicKey, message, signature))) {
    throw new ProofError('PROOF_NOTE_SIGNATURE', `the signature by ${name} does not hold`)
  }
}

function parseLine(line: string): NoteSignature {
  const [, name = '', encoded = ''] = LINE.exec(line) ?? []
  if (!NAME.test(name)) throw syntax('a malformed signature line')
  const bytes = bytesOf(encoded)
  if (bytes.length <= HASH_BYTES) throw syntax('a signature line without a signature')
  return { name, keyHash: bytes.slice(0, HASH_BYTES), signature: bytes.slice(HASH_BYTES) }
}

/** Gives no bytes where the text is no base64: both callers refuse what is too short. */
function bytesOf(encoded: string) {
  try {
    return unstd64(encoded)
  } catch {
    return new Uint8Array()
  }
}

function requireText(text: string) {
  if (!text.endsWith('\n') || CONTROL.test(text)) {
    throw syntax('a text that does not end with a newline, or holds a control character')
  }
}

/** @throws {ProofError} `PROOF_NOTE_KEY` where a key cannot have that name. */
export function requireName(name: string) {
  if (!NAME.test(name)) throw new ProofError('PROOF_NOTE_KEY', 'a key name with a space or plus')
}

const syntax = (message: string) => new ProofError('PROOF_NOTE_SYNTAX', message)
