import type { z } from 'zod'
import type { BodiedKind } from '../../lineage/kinds.ts'
import type { Json } from '../../proofs/json.ts'
import { BODIES } from './bodies.ts'
import { issueOf } from './issue.ts'
import { bodyInvalid } from './problems.ts'

type Fields = Readonly<Record<string, Json>>

/** A change of a body, by field; `undefined` deletes one. */
export type BodyPatch = Readonly<Record<string, Json | undefined>>

/** Of which item of a batch something is. */
interface Place {
  kind: BodiedKind
  item: number
}

const MOST_TOLD = 20

/**
 * Reads what is to change in a body: each field by itself, `null` for one that is to go. Below the
 * fields `null` is the same as nothing.
 *
 * @throws {Problem} `BODY_INVALID`
 */
export function readPatch(given: unknown, place: Place): BodyPatch {
  const named = Object.entries((given ?? {}) as Record<string, Json>)
  const deleted = named.filter(([, value]) => value === null).map(([name]) => [name, undefined])
  const set = named
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, withoutNulls(value)])
  const fields = Object.fromEntries(set) as Fields
  const unknown = deleted
    .map(([name]) => name!)
    .filter((name) => !Object.hasOwn(shapeOf(place), name))
  check(
    BODIES[place.kind].patch,
    { ...fields, ...Object.fromEntries(unknown.map((name) => [name, ''])) },
    place,
  )
  return Object.fromEntries([...set, ...deleted]) as BodyPatch
}

const shapeOf = ({ kind }: Place) => BODIES[kind].patch.shape

/**
 * Requires that a body is whole: what must be there is, and its fields fit each other.
 *
 * @throws {Problem} `BODY_INVALID`
 */
export const requireWhole = (fields: Fields, place: Place) =>
  check(BODIES[place.kind].whole, bodyIn(fields, place.kind), place)

/** The fields of the kind's own body among all that an entity says. */
export const bodyIn = (fields: Fields, kind: BodiedKind): Fields =>
  Object.fromEntries(
    Object.entries(fields).filter(([name]) => Object.hasOwn(BODIES[kind].patch.shape, name)),
  )

function check(schema: z.ZodObject, value: Fields, { kind, item }: Place) {
  const { error } = schema.safeParse(value)
  if (error) throw bodyInvalid(item, kind, error.issues.slice(0, MOST_TOLD).map(issueOf))
}

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, part]) => part !== null)
  return Object.fromEntries(members.map(([name, part]) => [name, withoutNulls(part)]))
}
