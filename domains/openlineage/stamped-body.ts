import { canonical } from '../../proofs/canonical.ts'
import type { Json } from '../../proofs/json.ts'
import type { FacetWrite } from './event.ts'
import { compareStamps, type Stamp } from './stamp.ts'

/** The fields of an entity's body. */
export type Fields = Readonly<Record<string, Json>>

/** A facet with the stamp of the event that wrote it. */
export interface StampedWrite extends FacetWrite {
  stamp: Stamp
}

/** The field that holds, by name, the stamp of whatever events decide by their time. */
export const TIMES = 'times'

/** The field that holds, by field, where in it a text stands for a number (docs/specs/record.md). */
export const NUMBERS_AS_TEXT = 'numbersAsText'

/**
 * A body being merged with what events say, last writer by stamp: whatever order the same statements
 * come in, the same body results (docs/specs/record.md). Collects a patch and leaves the fields alone.
 */
export class StampedBody {
  readonly #fields: Fields
  readonly #times: Map<string, Stamp>
  readonly #numbers: Map<string, readonly string[]>
  readonly #patch = new Map<string, Json | undefined>()

  /** @param fields The body in force; empty for an entity that is new or retired. */
  constructor(fields: Fields = {}) {
    this.#fields = fields
    this.#times = new Map(Object.entries((fields[TIMES] ?? {}) as Record<string, Stamp>))
    this.#numbers = new Map(
      Object.entries((fields[NUMBERS_AS_TEXT] ?? {}) as Record<string, string[]>),
    )
  }

  /** The stamp kept under a name, or `undefined` where no event has decided yet. */
  stampOf(name: string): Stamp | undefined {
    return this.#times.get(name)
  }

  /** All stamps whose names open with `prefix`. */
  stamps(prefix: string): [name: string, stamp: Stamp][] {
    return [...this.#times].filter(([name]) => name.startsWith(prefix))
  }

  /** Moves a stamp forward, never back, and says whether it moved. */
  advance(name: string, stamp: Stamp): boolean {
    const last = this.#times.get(name)
    if (last && compareStamps(stamp, last) <= 0) return false
    this.#times.set(name, stamp)
    return true
  }

  /** Forgets a stamp. */
  forget(name: string) {
    this.#times.delete(name)
  }

  /**
   * Writes a facet unless a later event has written it. A deleted one keeps its stamp, so that an
   * older event that comes late does not bring it back.
   */
  write({ field, value, numbersAsText, stamp }: StampedWrite) {
    const last = this.#times.get(field)
    const order = last ? compareStamps(stamp, last) : 1
    if (order < 0 || (order === 0 && rank(value, numbersAsText) <= this.#rankOf(field))) return
    this.#times.set(field, stamp)
    this.#put(field, value, numbersAsText)
  }

  /** The value of a field as it stands now. */
  get(field: string): Json | undefined {
    if (this.#patch.has(field)) return this.#patch.get(field)
    return Object.hasOwn(this.#fields, field) ? this.#fields[field] : undefined
  }

  /** Where in a field a text stands for a number. */
  numbersIn(field: string): readonly string[] {
    return this.#numbers.get(field) ?? []
  }

  /** Sets a field that no stamp decides. */
  set(field: string, value: Json, numbersAsText: readonly string[] = []) {
    this.#put(field, value, numbersAsText)
  }

  /** Every facet with its stamp, deleted ones included. */
  facets(): StampedWrite[] {
    return this.stamps('facet:').map(([field, stamp]) => ({
      field,
      stamp,
      value: this.get(field),
      numbersAsText: this.numbersIn(field),
    }))
  }

  /** What to assert: fields to set, `undefined` for one to delete. */
  patch(): Record<string, Json | undefined> {
    return Object.fromEntries([
      ...this.#patch,
      [TIMES, objectOrNothing(this.#times)],
      [NUMBERS_AS_TEXT, objectOrNothing(this.#numbers as Map<string, Json>)],
    ])
  }

  #put(field: string, value: Json | undefined, numbersAsText: readonly string[]) {
    this.#patch.set(field, value)
    if (numbersAsText.length > 0) this.#numbers.set(field, numbersAsText)
    else this.#numbers.delete(field)
  }

  #rankOf(field: string) {
    return rank(this.get(field), this.numbersIn(field))
  }
}

/**
 * Decides where one event says two things of one facet: it may name a dataset as input and as output,
 * or by two names that later prove to be one. Any fixed rule will do; a value beats a deletion.
 */
const rank = (value: Json | undefined, numbersAsText: readonly string[]) =>
  value === undefined ? '' : canonical([value, [...numbersAsText].sort()], 0)

const objectOrNothing = (map: ReadonlyMap<string, Json>): Json | undefined =>
  map.size === 0 ? undefined : Object.fromEntries(map)
