import { ProofError } from './error.ts'

const COMMON = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const URL_ALPHABET = `${COMMON}-_`
const STANDARD_ALPHABET = `${COMMON}+/`
const URL_VALUES = valuesOf(URL_ALPHABET)
const STANDARD_VALUES = valuesOf(STANDARD_ALPHABET)
const URL_PAIRS = pairsOf(URL_ALPHABET)
const STANDARD_PAIRS = pairsOf(STANDARD_ALPHABET)

/** Writes bytes as unpadded base64url (RFC 4648 section 5), the form of every hash, key and salt in our own JSON. */
export const b64 = (bytes: Uint8Array) => encode(bytes, URL_PAIRS)

/**
 * Reads unpadded base64url, only in the one form that `b64` writes: no padding, no white space, no
 * stray low bits. Otherwise two texts could stand for one hash, and a byte comparison would lie.
 *
 * @throws {ProofError} `PROOF_ENCODING`
 */
export const unb64 = (text: string) => decode(text, URL_VALUES)

/** Writes bytes as padded standard base64 (RFC 4648 section 4), the form that signed notes use. */
export function std64(bytes: Uint8Array) {
  const text = encode(bytes, STANDARD_PAIRS)
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

/**
 * Reads padded standard base64, only in the one form that `std64` writes.
 *
 * @throws {ProofError} `PROOF_ENCODING`
 */
export function unstd64(text: string) {
  const bare = text.endsWith('==')
    ? text.slice(0, -2)
    : text.endsWith('=')
      ? text.slice(0, -1)
      : text
  if (text.length % 4 !== 0) throw malformed()
  return decode(bare, STANDARD_VALUES)
}

const malformed = () => new ProofError('PROOF_ENCODING', 'not base64 in its one canonical form')

function valuesOf(alphabet: string) {
  const values = new Uint8Array(128).fill(255)
  for (let i = 0; i < 64; i++) values[alphabet.charCodeAt(i)] = i
  return values
}

/** Every two characters of an alphabet, by twelve bits: half the steps of one by one. */
function pairsOf(alphabet: string) {
  return Array.from({ length: 4096 }, (_, bits) => alphabet[bits >> 6]! + alphabet[bits & 63]!)
}

function encode(bytes: Uint8Array, pairs: readonly string[]) {
  let text = ''
  let at = 0
  for (; at + 2 < bytes.length; at += 3) {
    const word = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
    text += pairs[word >> 12]! + pairs[word & 4095]!
  }
  const left = bytes.length - at
  if (left === 0) return text
  const word = (bytes[at]! << 16) | ((left === 2 ? bytes[at + 1]! : 0) << 8)
  return text + pairs[word >> 12]! + (left === 2 ? pairs[word & 4095]![0]! : '')
}

function decode(text: string, values: Uint8Array) {
  if (text.length % 4 === 1) throw malformed()
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let [word, bits, at] = [0, 0, 0]
  for (let i = 0; i < text.length; i++) {
    const value = values[text.charCodeAt(i)] ?? 255
    if (value === 255) throw malformed()
    word = ((word << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = word >> bits
    }
  }
  // Bits that no byte uses must be zero, or the text would not re-encode to itself.
  if (word & ((1 << bits) - 1)) throw malformed()
  return bytes
}
