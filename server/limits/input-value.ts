import type { GraphQLInputField, GraphQLLeafType, GraphQLSchema } from 'graphql'

/** Where a value is not of its type, and why. */
export interface Misfit {
  path: readonly (string | number)[]
  because: string
}

type Path = Misfit['path']

/**
 * Finds where JSON is no value of a type of input: the first such place, or `null`. As the executor does
 * it, which says no path, and refuses the types of a schema that another copy of the library has built.
 *
 * @param type As it is written, such as `[ID!]!`.
 */
export function misfitOf(
  value: unknown,
  type: string,
  schema: GraphQLSchema,
  path: Path = [],
): Misfit | null {
  if (type.endsWith('!')) {
    if (value === null) return { path, because: `null is no ${type}.` }
    return misfitOf(value, type.slice(0, -1), schema, path)
  }
  if (value === null) return null
  if (type.startsWith('[')) {
    const one = type.slice(1, -1)
    // One that stands alone is a list of one.
    if (!Array.isArray(value)) return misfitOf(value, one, schema, path)
    return firstOf(value.map((item, i) => () => misfitOf(item, one, schema, [...path, i])))
  }
  const named = schema.getType(type)
  if (named && 'getFields' in named) {
    const fields = named.getFields() as Record<string, GraphQLInputField>
    const isOneOf = 'isOneOf' in named && named.isOneOf
    return misfitOfObject(value, { type, fields, isOneOf }, schema, path)
  }
  return misfitOfLeaf(value, named as GraphQLLeafType, path)
}

function misfitOfLeaf(value: unknown, leaf: GraphQLLeafType, path: Path): Misfit | null {
  try {
    leaf.coerceInputValue(value)
    return null
  } catch (error) {
    return { path, because: (error as Error).message }
  }
}

interface ObjectType {
  type: string
  fields: Readonly<Record<string, GraphQLInputField>>
  isOneOf: boolean
}

function misfitOfObject(
  value: unknown,
  { type, fields, isOneOf }: ObjectType,
  schema: GraphQLSchema,
  path: Path,
): Misfit | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { path, because: `it must be an object: a ${type}.` }
  }
  const given = Object.entries(value)
  if (isOneOf && (given.length !== 1 || given[0]![1] === null)) {
    return { path, because: `of a ${type} just one field must be given.` }
  }
  const strange = given.find(([name]) => !Object.hasOwn(fields, name))
  if (strange) return { path: [...path, strange[0]], because: `a ${type} has no such field.` }
  const missing = Object.values(fields).find(
    (one) => isRequired(one) && !Object.hasOwn(value, one.name),
  )
  if (missing) return { path, because: `its field ${missing.name} must be given.` }
  return firstOf(
    given.map(
      ([name, one]) =>
        () =>
          misfitOf(one, String(fields[name]!.type), schema, [...path, name]),
    ),
  )
}

const isRequired = ({ type, defaultValue, default: other }: GraphQLInputField) =>
  String(type).endsWith('!') && defaultValue === undefined && other === undefined

function firstOf(looks: readonly (() => Misfit | null)[]): Misfit | null {
  for (const look of looks) {
    const found = look()
    if (found) return found
  }
  return null
}
