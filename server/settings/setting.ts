import { resolve } from 'node:path'

/** One setting: given by a flag, an environment variable or the file; checked once, listed by `selvedge config`. */
export interface Setting<Value> {
  /** The environment variable. */
  readonly name: string
  readonly meaning: string
  /** What holds when the variable is not set, as a person would write it; `null` is "nothing". */
  readonly fallback: (env: Environment) => string | null
  /** Turns the text into the value, or returns a `Refusal` that says what would be accepted. */
  readonly read: (text: string) => Value | Refusal
  /** The value is never shown. It may be given as the path of a file that holds it, too. */
  readonly secret?: true
  /** What it names is a file that must be there, and readable or executable by this process. */
  readonly mustBe?: 'readable' | 'executable'
  /** Told by the surroundings of a process, and so by its environment alone. */
  readonly surroundings?: true
}

/** The environment of a process, or what a test gives in its place. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A text that is no value of its setting: what would have been one. */
export class Refusal {
  readonly wanted: string
  constructor(wanted: string) {
    this.wanted = wanted
  }
}

export const refuse = (wanted: string) => new Refusal(wanted)

type Read<Value> = (text: string) => Value | Refusal

/** A setting that has a value always: its default, where nobody gives one. */
export const setting = <Value>(
  name: string,
  fallback: string | ((env: Environment) => string),
  read: Read<Value>,
  meaning: string,
): Setting<Exclude<Value, Refusal>> => ({
  name,
  fallback: typeof fallback === 'string' ? () => fallback : fallback,
  read: read as Read<Exclude<Value, Refusal>>,
  meaning,
})

/** A setting that is `null` where nobody gives a value. */
export const optional = <Value>(
  name: string,
  read: Read<Value>,
  meaning: string,
): Setting<Exclude<Value, Refusal> | null> => ({
  name,
  fallback: () => null,
  read: read as Read<Exclude<Value, Refusal>>,
  meaning,
})

/** The same setting, never shown. */
export const secret = <S extends Setting<unknown>>(one: S): S => ({ ...one, secret: true })

/** The same setting, which names a file that must be readable. */
export const readable = <S extends Setting<unknown>>(one: S): S => ({
  ...one,
  mustBe: 'readable',
})

/** The same setting, which names a file that must be executable. */
export const executable = <S extends Setting<unknown>>(one: S): S => ({
  ...one,
  mustBe: 'executable',
})

/** The same settings, which only the environment can give. */
export const ofSurroundings = <S extends Record<string, Setting<unknown>>>(settings: S): S =>
  Object.fromEntries(
    Object.entries(settings).map(([key, one]) => [key, { ...one, surroundings: true }]),
  ) as S

export const text = (value: string) => value
export const path = (value: string) => resolve(value)
export const oneOf =
  <const Choice extends string>(...choices: Choice[]) =>
  (value: string) =>
    choices.find((choice) => choice === value) ?? refuse(`one of ${choices.join(', ')}`)
export const flag = (value: string) =>
  ({ true: true, 1: true, false: false, 0: false })[value] ?? refuse('true or false')
export const wholeNumber = (from: number, to: number) => (value: string) => {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  return number >= from && number <= to ? number : refuse(`a whole number from ${from} to ${to}`)
}
