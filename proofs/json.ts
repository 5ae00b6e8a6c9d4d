import { isExact } from './decimal.ts'
import { ProofError } from './error.ts'
import { pointerTo, stepsOf } from './pointer.ts'

/** What JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** How deep arrays and objects may nest. */
export const MAX_DEPTH = 64

/** Foreign JSON as we keep it: the value, and where in it a string stands for a number. */
export interface ForeignJson {
  value: Json
  /** JSON Pointers (RFC 6901), in the order of the text. */
  numbersAsText: string[]
}

/**
 * Reads JSON of our own schemas, refusing whatever two readers could understand differently
 * (record.md, "Reading JSON"): a member twice, also where escapes hide it, a lone surrogate, and a number
 * whose exact decimal value is not the one its RFC 8785 form has. `-0` becomes 0.
 *
 * Takes time linear in the text. A member called `__proto__` is a member like any other.
 *
 * @throws {ProofError} `PROOF_JSON_SYNTAX`, `PROOF_JSON_DUPLICATE`, `PROOF_JSON_SURROGATE`,
 * `PROOF_JSON_NUMBER`, or `PROOF_JSON_DEPTH` above `MAX_DEPTH`.
 */
export const parseJson = (text: string): Json => new Parser(text, refuseNumber).parse()

/**
 * Reads JSON that others define, such as OpenLineage facets, where 64-bit ids are ordinary: a number
 * that a double cannot hold becomes a string, exactly as it came, and its place is listed.
 *
 * @throws {ProofError} As `parseJson`, except for `PROOF_JSON_NUMBER`.
 */
export function parseForeignJson(text: string): ForeignJson {
  const numbersAsText: string[] = []
  const keep = (source: string, path: Path) => {
    numbersAsText.push(pointerTo(path))
    return source
  }
  return { value: new Parser(text, keep).parse(), numbersAsText }
}

/**
 * Reads foreign JSON whose numbers that a double cannot hold become `JSON.rawJSON`: what `rawJson` makes
 * of what `parseForeignJson` reads, without the way over the pointers, which takes ten times as long.
 *
 * @throws {ProofError} As `parseForeignJson`.
 */
export const parseRawJson = (text: string): unknown =>
  new Parser(text, (source) => RawJSON.rawJSON(source) as Json).parse()

/**
 * Puts the numbers back that `parseForeignJson` kept as text, so that `JSON.stringify` gives them as
 * they came. The value itself is left as it is.
 *
 * @throws {ProofError} `PROOF_JSON_POINTER` where a pointer leads nowhere, or to no number's text.
 */
export function rawJson(value: Json, numbersAsText: readonly string[]): unknown {
  if (numbersAsText.length === 0) return value
  const holder = { '': structuredClone(value) }
  for (const pointer of numbersAsText) {
    const steps = ['', ...stepsOf(pointer)]
    const last = steps.pop()!
    let parent: unknown = holder
    for (const step of steps) parent = memberOf(parent, step, pointer)
    const source = memberOf(parent, last, pointer)
    if (typeof source !== 'string' || !ONE_NUMBER.test(source)) throw nowhere(pointer)
    define(parent as object, last, RawJSON.rawJSON(source))
  }
  return holder['']
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}
const HEX = /^[0-9a-fA-F]{4}$/
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const ONE_NUMBER = new RegExp(`^(?:${NUMBER.source})$`)

/** ECMAScript's JSON.rawJSON (Node 22, Chrome 114), which TypeScript's library does not name yet. */
const RawJSON = JSON as JSON & { rawJSON(text: string): unknown }

type Path = readonly (string | number)[]

/** What stands for a number that a double cannot hold. */
type Inexact = (source: string, path: Path) => Json

const refuseNumber: Inexact = (source) => {
  const shown = source.length > 40 ? `${source.slice(0, 40)}…` : source
  throw new ProofError('PROOF_JSON_NUMBER', `${shown} is not held exactly by a double`)
}

class Parser {
  readonly #text: string
  readonly #inexact: Inexact
  readonly #path: (string | number)[] = []
  #at = 0

  constructor(text: string, inexact: Inexact) {
    this.#text = text
    this.#inexact = inexact
  }

  parse() {
    const value = this.#value()
    if (this.#next() !== undefined) throw this.#unexpected()
    return value
  }

  /** Recursion is bounded by `MAX_DEPTH`, so no text can exhaust the stack. */
  #value(): Json {
    const char = this.#next()
    if (char === '"') return this.#string()
    if (char === '{') return this.#nested(() => this.#object())
    if (char === '[') return this.#nested(() => this.#array())
    if (char === 't') return this.#word('true', true)
    if (char === 'f') return this.#word('false', false)
    if (char === 'n') return this.#word('null', null)
    return this.#number()
  }

  #nested(read: () => Json) {
    if (this.#path.length >= MAX_DEPTH) {
      throw new ProofError('PROOF_JSON_DEPTH', `nests over ${MAX_DEPTH} deep`)
    }
    this.#at++
    this.#path.push('')
    const value = read()
    this.#path.pop()
    return value
  }

  #object() {
    const object: { [name: string]: Json } = {}
    if (this.#closes('}')) return object
    do {
      if (this.#next() !== '"') throw this.#unexpected()
      const name = this.#string()
      if (Object.hasOwn(object, name)) {
        throw new ProofError('PROOF_JSON_DUPLICATE', `member ${JSON.stringify(name)} occurs twice`)
      }
      if (this.#next() !== ':') throw this.#unexpected()
      this.#at++
      this.#path[this.#path.length - 1] = name
      setMember(object, name, this.#value())
    } while (this.#continues('}'))
    return object
  }

  #array() {
    const array: Json[] = []
    if (this.#closes(']')) return array
    do {
      this.#path[this.#path.length - 1] = array.length
      array.push(this.#value())
    } while (this.#continues(']'))
    return array
  }

  #closes(bracket: string) {
    if (this.#next() !== bracket) return false
    this.#at++
    return true
  }

  #continues(bracket: string) {
    if (this.#closes(bracket)) return false
    if (this.#text.charCodeAt(this.#at) !== COMMA) throw this.#unexpected()
    this.#at++
    return true
  }

  #string() {
    const text = this.#text
    let value = ''
    let from = this.#at + 1
    for (let at = from; ; at++) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) {
        value += text.slice(from, at)
        this.#at = at + 1
        break
      }
      if (code === BACKSLASH) {
        value += text.slice(from, at) + this.#escape(at)
        at += text[at + 1] === 'u' ? 5 : 1
        from = at + 1
      } else if (!(code >= 0x20)) {
        // Below a space stand the control characters; past the end the code is NaN.
        this.#at = at
        throw this.#unexpected()
      }
    }
    if (!value.isWellFormed()) throw new ProofError('PROOF_JSON_SURROGATE', 'a lone surrogate')
    return value
  }

  #escape(at: number) {
    const char = this.#text[at + 1] ?? ''
    const hex = this.#text.slice(at + 2, at + 6)
    if (char === 'u' && HEX.test(hex)) return String.fromCharCode(Number.parseInt(hex, 16))
    const escaped = ESCAPES[char]
    if (escaped !== undefined) return escaped
    this.#at = at
    throw this.#unexpected()
  }

  #number(): Json {
    NUMBER.lastIndex = this.#at
    const source = NUMBER.exec(this.#text)?.[0]
    if (source === undefined) throw this.#unexpected()
    this.#at += source.length
    const value = Number(source)
    if (isExact(source, value)) return value === 0 ? 0 : value
    return this.#inexact(source, this.#path)
  }

  #word<Value extends Json>(word: string, value: Value) {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected()
    this.#at += word.length
    return value
  }

  /** Skips white space and gives the character there, or `undefined` at the end. */
  #next() {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break
      this.#at++
    }
    return this.#text[this.#at]
  }

  #unexpected() {
    const what = this.#at < this.#text.length ? `the character at ${this.#at}` : 'the end'
    return new ProofError('PROOF_JSON_SYNTAX', `did not expect ${what}`)
  }
}

/** Assigning would set the prototype where the member is called `__proto__`. */
function setMember(object: { [name: string]: Json }, name: string, value: Json) {
  if (name === '__proto__') define(object, name, value)
  else object[name] = value
}

const define = (object: object, name: string, value: unknown) =>
  Object.defineProperty(object, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })

const nowhere = (pointer: string) =>
  new ProofError('PROOF_JSON_POINTER', `${JSON.stringify(pointer)} leads to no number kept as text`)

function memberOf(parent: unknown, step: string, pointer: string): unknown {
  const within = typeof parent === 'object' && parent !== null && Object.hasOwn(parent, step)
  // An array's own `length` is no item of it.
  if (!within || (Array.isArray(parent) && step === 'length')) throw nowhere(pointer)
  return (parent as Record<string, unknown>)[step]
}
