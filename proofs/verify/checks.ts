import { ProofError } from '../error.ts'
import { CHECKS, type Check, type CheckName, type Group } from '../report.ts'

/** What a step found, and how it tells a person. */
export interface Found<T> {
  value: T
  detail: string
}

/** Something that later steps need: found, or not there for a reason. */
export type Known<T> = { found: true; value: T } | { found: false; because: string }

type ValuesOf<Needs extends readonly Known<unknown>[]> = {
  [I in keyof Needs]: Needs[I] extends Known<infer T> ? T : never
}

/** A message may quote the bundle, and a hostile bundle may hold a name of many megabytes. */
const cut = (message: string) => (message.length > 400 ? `${message.slice(0, 400)} [cut]` : message)

/** Makes a value known that no check had to find. */
export const known = <T>(value: T): Known<T> => ({ found: true, value })

/** Stands for what nobody gave or asked for: the steps that need it are not evaluated, with this reason. */
export const absent = (because: string): Known<never> => ({ found: false, because })

/** Makes known what follows from something known without a check of its own. */
export const derived = <T, U>(from: Known<T>, step: (value: T) => U): Known<U> =>
  from.found ? known(step(from.value)) : from

/** Makes known what follows from several things of one kind, once all of them are. */
export function together<T, U>(
  parts: readonly Known<T>[],
  step: (values: readonly T[]) => U,
): Known<U> {
  const values: T[] = []
  for (const part of parts) {
    if (!part.found) return part
    values.push(part.value)
  }
  return known(step(values))
}

/**
 * Runs the named checks one after the other and keeps the result of each.
 *
 * A failing check ends nothing: whatever does not need what it would have found is still evaluated,
 * so that an auditor sees everything that is wrong, and what does need it says what is missing.
 * Only `ProofError` is a "no" of the bundle; any other error is ours and is not caught.
 */
export class Checks<Name extends string = CheckName> {
  readonly #done = new Map<Name, Check<Name>>()
  readonly #table: Record<Name, Group>

  /** @param table The checks that there are, in the order of the report; those of a bundle without it. */
  constructor(table: Record<Name, Group> = CHECKS as unknown as Record<Name, Group>) {
    this.#table = table
  }

  /** Runs a check that finds something for later ones. */
  async find<T, const Needs extends readonly Known<unknown>[]>(
    name: Name,
    needs: Needs,
    step: (...values: ValuesOf<Needs>) => Found<T> | Promise<Found<T>>,
  ): Promise<Known<T>> {
    const lacking = needs.find((need) => !need.found)
    if (lacking !== undefined && !lacking.found) {
      this.#keep(name, { result: 'not evaluated', detail: lacking.because })
      return lacking
    }
    try {
      const values = needs.map((need) => need.found && need.value) as unknown as ValuesOf<Needs>
      const { value, detail } = await step(...values)
      this.#keep(name, { result: 'pass', detail })
      return known(value)
    } catch (error) {
      if (!(error instanceof ProofError)) throw error
      this.#keep(name, { result: 'fail', detail: cut(error.message), code: error.code })
      return absent(`because ${name} failed`)
    }
  }

  /** Runs a check that finds nothing, and whose step gives only what it tells. */
  async judge<const Needs extends readonly Known<unknown>[]>(
    name: Name,
    needs: Needs,
    step: (...values: ValuesOf<Needs>) => string | Promise<string>,
  ): Promise<void> {
    await this.find(name, needs, async (...values) => ({
      value: null,
      detail: await step(...values),
    }))
  }

  /** All checks in the order of their table; one that never ran is a fault of ours, and must not look like a pass. */
  all(): Check<Name>[] {
    return (Object.keys(this.#table) as Name[]).map((name) => {
      const check = this.#done.get(name)
      if (check === undefined) throw new Error(`the check ${name} was never run`)
      return check
    })
  }

  #keep(name: Name, check: Omit<Check, 'name' | 'group'>) {
    this.#done.set(name, { name, group: this.#table[name], ...check })
  }
}
