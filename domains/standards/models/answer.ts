import type { Json } from '../../../proofs/json.ts'

/** An entity with what it says of itself. */
export interface Described {
  id: string
  /** Empty, as is the name, where they are erased. */
  namespace: string
  name: string
  /** The position of the record in force, and when that was appended. */
  seq: number
  recordedAt: string | null
  fields: Readonly<Record<string, Json>>
}

/** Something that is given under licences. */
export interface Licensed extends Described {
  licenses: readonly Described[]
}

/** A model with all that a document says of it, as it was at one position. */
export interface ModelAnswer {
  model: Licensed
  /** The card that is about the model's own file, the newest where there are several. */
  card: Described | null
  trainedOn: readonly Licensed[]
  position: string
}

/** A field that is a text, where there is one. */
export function textOf({ fields }: Described, name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' ? value : undefined
}

/** A field that is a list; empty where there is none. */
export function listOf<Item extends Json>(thing: Described | null, name: string): Item[] {
  const value = thing?.fields[name]
  return Array.isArray(value) ? (value as Item[]) : []
}

/** What it is called by people: by its title, its name, or, where both are erased, its id. */
export const titleOf = (thing: Described) => textOf(thing, 'title') || thing.name || thing.id

/** A measure of a card. */
export type Metric = {
  name: string
  value: number
  unit?: string
  slices?: { slice: string; value: number }[]
}

/**
 * The one SPDX expression that says under what something is given: all of its licences hold at once.
 * Nothing where one of them has none, for the rest would say too little.
 */
export function expressionOf(licenses: readonly Described[]): string | undefined {
  const all = [...new Set(licenses.map((license) => textOf(license, 'spdx')))]
  if (all.length === 0 || all.includes(undefined)) return undefined
  if (all.length === 1) return all[0]
  return all.map((one) => (/ OR /.test(one!) ? `(${one})` : one)).join(' AND ')
}
