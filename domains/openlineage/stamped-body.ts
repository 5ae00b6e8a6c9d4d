import { canonical } from '../../proofs/canonical.ts'
import type { Json } from '../../proofs/json.ts'
import type { FacetWrite } from './event.ts'
import { MOST_COLUMN_JOBS } from './limits.ts'
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

/** The facet that says what a dataset's columns come from. */
export const COLUMN_LINEAGE = 'facet:dataset:columnLineage'

const STATEMENT = 'facet:columnLineage:'

/**
 * The field that holds what a job last said in that facet, for several jobs may write one dataset and
 * each knows of its own columns alone. No foreign facet can have this name: its group is none of theirs.
 *
 * Where the facet in force came with the same event, it stands for the field, which has a stamp only.
 *
 * @param job The job's id, empty for what an event says of the dataset alone.
 */
export const statementOf = (job: string) => `${STATEMENT}${job}`

/** Whether a body keeps a field for itself, and not to say something of its entity. */
export const isBookkeeping = (field: string) =>
  field === TIMES || field === NUMBERS_AS_TEXT || field.startsWith(STATEMENT)

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
    for (const field of this.#shared()) {
      this.#put(field, this.get(COLUMN_LINEAGE), this.numbersIn(COLUMN_LINEAGE))
    }
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

  /** What each job last said of the columns, `''` where an event was of the dataset alone. */
  statements(): { job: string; value: Json | undefined }[] {
    return this.stamps(STATEMENT).map(([field]) => ({
      job: field.slice(STATEMENT.length),
      value: this.get(field),
    }))
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
    for (const [field] of this.#latestStatements().slice(MOST_COLUMN_JOBS)) {
      this.#times.delete(field)
      this.#put(field, undefined, [])
    }
    for (const field of this.#shared()) this.#put(field, undefined, [])
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

  /** The statements that came with the event of the facet in force. */
  #shared(): string[] {
    const [time, hash] = this.#times.get(COLUMN_LINEAGE) ?? []
    return this.stamps(STATEMENT)
      .filter(([, stamp]) => stamp[0] === time && stamp[1] === hash)
      .map(([field]) => field)
  }

  /** Which of them an event brought is the same whatever order they come in, however many are kept. */
  #latestStatements() {
    return this.stamps(STATEMENT).sort(
      ([a, left], [b, right]) => compareStamps(right, left) || (a < b ? -1 : 1),
    )
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
