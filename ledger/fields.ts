import type { Json } from '../proofs/json.ts'

type Fields = Readonly<Record<string, Json>>

/** The fields after a change: `undefined` deletes one, and what is not mentioned is kept. */
export function patched(
  fields: Fields,
  patch: Readonly<Record<string, Json | undefined>> = {},
): Record<string, Json> {
  const next = new Map(Object.entries(fields))
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) next.delete(name)
    else next.set(name, value)
  }
  return Object.fromEntries(next)
}

/** Compares values, not texts: the order of members says nothing. */
export const sameFields = (a: Fields, b: Fields): boolean => sameMembers(a, b)

function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  return sameMembers(a as Fields, b as Fields)
}

/** Own members only: a body may well have a field that is called like one of every object's. */
function sameMembers(a: Fields, b: Fields): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameJson(a[name]!, b[name]!))
  )
}
