import { canonical } from './canonical.ts'
import { ProofError } from './error.ts'
import { HASH_TEXT, isUrn } from './ids.ts'
import { type Json, parseJson } from './json.ts'

/** A JSON object whose members are still to be checked. */
export type Members = { [name: string]: Json }

/**
 * Reads JSON that must be in its one canonical form: a text that differs from what its own value
 * would be written as has a second reading, or a second hash.
 *
 * @throws {ProofError} As `parseJson`, and `PROOF_JSON_NOT_CANONICAL`.
 */
export function parseCanonical(text: string): Json {
  const value = parseJson(text)
  if (canonical(value) !== text) {
    throw new ProofError('PROOF_JSON_NOT_CANONICAL', 'the text is not in RFC 8785 form')
  }
  return value
}

/**
 * Gives the value as an object that has exactly the members named, neither more nor fewer.
 *
 * @param what How to call the object in a message.
 * @throws {ProofError} `PROOF_MEMBERS`
 */
export function closed(value: Json | undefined, what: string, names: readonly string[]): Members {
  const members = object(value, what)
  for (const name of Object.keys(members)) {
    if (!names.includes(name)) throw new ProofError('PROOF_MEMBERS', `${what} has a member ${name}`)
  }
  for (const name of names) {
    if (!Object.hasOwn(members, name)) {
      throw new ProofError('PROOF_MEMBERS', `${what} lacks its member ${name}`)
    }
  }
  return members
}

/**
 * Gives the value as an object.
 *
 * @throws {ProofError} `PROOF_MEMBERS`
 */
export function object(value: Json | undefined, what: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProofError('PROOF_MEMBERS', `${what} is not an object`)
  }
  return value
}

/** A check of one value: passes it on, or throws `PROOF_VALUE` naming what it stands for. */
export type Check<Value> = (value: Json | undefined, what: string) => Value

const check =
  <Value extends Json>(expected: string, holds: (value: Json | undefined) => boolean) =>
  (value: Json | undefined, what: string): Value => {
    if (!holds(value)) throw new ProofError('PROOF_VALUE', `${what} is not ${expected}`)
    return value as Value
  }

/** A count or position: a whole number from 0 to 2^53 − 1. */
export const count: Check<number> = check('a whole number', (value) => {
  return Number.isSafeInteger(value) && (value as number) >= 0
})

/** Text in NFC, not empty. */
export const name: Check<string> = check('text in NFC', (value) => {
  return typeof value === 'string' && value !== '' && value.normalize('NFC') === value
})

/** 32 bytes in base64url. */
export const hash: Check<string> = check('32 bytes in base64url', matches(HASH_TEXT))

/** An id of ours. */
export const id: Check<string> = check('an id', (value) => {
  return typeof value === 'string' && isUrn(value)
})

/** A time as we write it: UTC, milliseconds, a day that the calendar has. */
export const time: Check<string> = check('a time in UTC with milliseconds', (value) => {
  // Reading and writing again catches the 30th of February, an hour 24 and a leap second.
  if (typeof value !== 'string' || !TIME.test(value)) return false
  const parsed = new Date(value)
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString() === value
})

const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/

/** Text of a given pattern. */
export const pattern = (expected: string, regex: RegExp): Check<string> =>
  check(expected, matches(regex))

/** One of a few texts. */
export const oneOf = <Text extends string>(...texts: readonly Text[]): Check<Text> =>
  check(`one of ${texts.join(', ')}`, (value) => texts.includes(value as Text))

/** An array, each item checked by the function given. */
export const listOf =
  <Item>(item: Check<Item>): Check<Item[]> =>
  (value, what) => {
    if (!Array.isArray(value)) throw new ProofError('PROOF_VALUE', `${what} is not a list`)
    return value.map((entry, i) => item(entry, `${what}[${i}]`))
  }

/** `null`, or what the function given accepts. */
export const orNull =
  <Value>(inner: Check<Value>): Check<Value | null> =>
  (value, what) =>
    value === null ? null : inner(value, what)

function matches(regex: RegExp) {
  return (value: Json | undefined) => typeof value === 'string' && regex.test(value)
}
