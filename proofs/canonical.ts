import { ProofError } from './error.ts'
import { type Json, MAX_DEPTH } from './json.ts'
import { utf8 } from './utf8.ts'

/** Characters that JSON writes as they are; most of our texts have no others. */
const PLAIN = /^[ !#-[\]-~]*$/

/**
 * Writes a value in the one form that RFC 8785 (JCS) gives it.
 *
 * Nothing is dropped or converted on the way: what JSON.stringify would silently leave out or turn
 * into something else (`undefined`, a date, a class instance) is refused, because a hash over less
 * than was meant is worse than no hash.
 *
 * @param depth How many arrays and objects already lie around the value: the whole may nest
 * `MAX_DEPTH` deep, so that whatever is written here can be read by `parseJson`.
 * @throws {ProofError} `PROOF_JSON_SURROGATE`, `PROOF_JSON_NUMBER`, `PROOF_JSON_DEPTH`, `PROOF_JSON_VALUE`
 */
export function canonical(value: Json, depth = 0): string {
  switch (typeof value) {
    case 'string':
      return writeString(value)
    case 'number':
      return writeNumber(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (depth >= MAX_DEPTH)
        throw new ProofError('PROOF_JSON_DEPTH', `nests over ${MAX_DEPTH} deep`)
      return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value, depth + 1)
    default:
      throw new ProofError('PROOF_JSON_VALUE', `JSON has no ${typeof value}`)
  }
}

/** Gives the UTF-8 bytes of `canonical(value)`: what gets hashed and signed. */
export const canonicalBytes = (value: Json) => utf8(canonical(value))

function writeString(value: string) {
  if (PLAIN.test(value)) return `"${value}"`
  if (!value.isWellFormed()) throw new ProofError('PROOF_JSON_SURROGATE', 'a lone surrogate')
  // For well-formed text ECMAScript's own escapes are those of RFC 8785 section 3.2.2.2.
  return JSON.stringify(value)
}

function writeNumber(value: number) {
  if (!Number.isFinite(value)) throw new ProofError('PROOF_JSON_NUMBER', `JSON has no ${value}`)
  return String(value)
}

function writeArray(items: readonly Json[], depth: number) {
  let text = '['
  for (let i = 0; i < items.length; i++) {
    if (i > 0) text += ','
    text += canonical(items[i]!, depth)
  }
  return `${text}]`
}

function writeObject(value: { [name: string]: Json }, depth: number) {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new ProofError('PROOF_JSON_VALUE', `not a plain object: ${prototype.constructor?.name}`)
  }
  let text = '{'
  // The default order of `sort` is by UTF-16 code units, as RFC 8785 section 3.2.3 asks.
  for (const name of Object.keys(value).sort()) {
    if (text.length > 1) text += ','
    text += `${writeString(name)}:${canonical(value[name]!, depth)}`
  }
  return `${text}}`
}
