import fc from 'fast-check'
import { z } from 'zod'

/**
 * Values by a zod schema, and values that it must refuse, with where it must. A schema that this
 * cannot read fails the test that uses it: nothing goes unchecked.
 */
type Schema = z.ZodType

export const isOptional = (schema: Schema): schema is z.ZodOptional =>
  schema instanceof z.ZodOptional
export const bare = (schema: Schema): Schema =>
  isOptional(schema) ? bare(schema.unwrap() as Schema) : schema
const shapeOf = (schema: z.ZodObject) => Object.entries(schema.shape) as [string, Schema][]

const WORDS = fc.stringMatching(/^[a-z]{1,8}( [a-zé]{1,8}){0,3}$/)

const boundsOf = (schema: z.ZodArray) =>
  z.toJSONSchema(schema) as { minItems?: number; maxItems?: number }

function textBy(schema: Schema): fc.Arbitrary<string> {
  const { examples } = (schema.meta() ?? {}) as { examples?: string[] }
  if (examples) return fc.constantFrom(...examples)
  const { format } = schema as { format?: string | null }
  if (format === 'date')
    return fc
      .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
      .map((day) => day.toISOString().slice(0, 10))
  if (format === 'datetime')
    return fc
      .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
      .map((day) => day.toISOString())
  if (format === 'email') return fc.constantFrom('ann@example.org', 'data.office+x@a-b.example')
  return WORDS
}

/** A value that the schema takes, as far as one field at a time says. */
export function valueBy(given: Schema): fc.Arbitrary<unknown> {
  const schema = bare(given)
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options)
  if (schema instanceof z.ZodString || schema instanceof z.ZodStringFormat) return textBy(schema)
  if (schema instanceof z.ZodBoolean) return fc.boolean()
  if (schema instanceof z.ZodNumber) {
    const [min, max] = [schema.minValue ?? -1e9, schema.maxValue ?? 1e9]
    return schema.isInt
      ? fc.integer({ min: Math.max(min, -1e9), max: Math.min(max, 1e9) })
      : fc.double({ min, max, noNaN: true }).map((number) => (number === 0 ? 0 : number))
  }
  if (schema instanceof z.ZodArray) {
    const { minItems: minimum = 0, maxItems: maximum = 3 } = boundsOf(schema)
    return fc.array(valueBy(schema.element as Schema), {
      minLength: minimum,
      maxLength: Math.min(maximum, minimum + 3),
    })
  }
  if (schema instanceof z.ZodObject) {
    const required = shapeOf(schema).filter(([, part]) => !isOptional(part))
    return fc.record(
      Object.fromEntries(shapeOf(schema).map(([name, part]) => [name, valueBy(part)])),
      { requiredKeys: required.map(([name]) => name) },
    )
  }
  throw new Error(`say here what values a ${schema.type} has`)
}

/** A whole body by a schema, fit in itself. */
export const bodyBy = (schema: z.ZodObject) =>
  (valueBy(schema) as fc.Arbitrary<Record<string, unknown>>).filter(
    (body) => schema.safeParse(body).success,
  )

/** Far deeper than anything that a body holds. */
const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => [inner], 'x')

/** Members that no body has: an object of JavaScript has some of them all the same. */
const STRANGE_MEMBERS = ['strange', '__proto__', 'constructor', 'toString', 'a/b~c', '$where', ' ']

/** What a schema must refuse in the place of a value: none of these is ever one of its own. */
function badBy(given: Schema): unknown[] {
  const schema = bare(given)
  const strange = [{ strange: 1 }]
  if (schema instanceof z.ZodEnum) return ['no such word', 7, true, '', ...strange]
  if (schema instanceof z.ZodString || schema instanceof z.ZodStringFormat) {
    return ['', ' ', '\t\n', 'x'.repeat((schema.maxLength ?? 5_000) + 1), 7, true, deep, ...strange]
  }
  if (schema instanceof z.ZodBoolean) return ['true', 1, ...strange]
  if (schema instanceof z.ZodNumber) {
    const out = [schema.minValue ?? -1e300, schema.maxValue ?? 1e300] as const
    const beyond = [out[0] - 1, out[1] + 1].filter((n) => !out.includes(n))
    return ['7', true, ...beyond, ...(schema.isInt ? [0.5, 1e10] : []), ...strange]
  }
  if (schema instanceof z.ZodArray) {
    const { maxItems: maximum = 100_000 } = boundsOf(schema)
    const [one] = fc.sample(valueBy(schema.element as Schema), { numRuns: 1, seed: 1 })
    return [Array.from({ length: maximum + 1 }, () => one), [null], ...strange]
  }
  if (schema instanceof z.ZodObject) return ['text', 7, [1], { strange: 1 }]
  throw new Error(`say here what is bad for a ${schema.type}`)
}

/** A body with one thing wrong in it, and the place of that thing. */
export interface Spoilt {
  body: Record<string, unknown>
  /** A JSON Pointer from the body down; the refusal must name the first of it at least. */
  path: string
  what: string
}

interface Spot {
  path: (string | number)[]
  schema: Schema
  isNeeded: boolean
}

/** Every place of a value where something stands or could. */
function spotsOf(given: Schema, value: unknown, path: (string | number)[]): Spot[] {
  const schema = bare(given)
  const own = { path, schema: given, isNeeded: !isOptional(given) }
  if (schema instanceof z.ZodObject) {
    const members = (value ?? {}) as Record<string, unknown>
    return [
      own,
      ...shapeOf(schema).flatMap(([name, part]) =>
        name in members
          ? spotsOf(part, members[name], [...path, name])
          : [{ path: [...path, name], schema: part, isNeeded: !isOptional(part) }],
      ),
    ]
  }
  if (schema instanceof z.ZodArray) {
    const items = value as unknown[]
    return [
      own,
      ...items.flatMap((item, i) => spotsOf(schema.element as Schema, item, [...path, i])),
    ]
  }
  return [own]
}

const put = (value: unknown, [key, ...rest]: (string | number)[], bad: unknown): unknown => {
  if (key === undefined) return bad
  if (Array.isArray(value)) return value.map((item, i) => (i === key ? put(item, rest, bad) : item))
  const members = value as Record<string, unknown>
  const next = put(members[key], rest, bad)
  const { [key]: _, ...others } = members
  return next === undefined ? others : { ...others, [key]: next }
}

/** RFC 6901. */
const pointer = (path: readonly (string | number)[]) =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

const told = (value: unknown) => `${JSON.stringify(value)}`.slice(0, 60)

/** What can be wrong in one place: another value, nothing, or a member that is not one. */
function wrongsAt({ path, schema, isNeeded }: Spot, body: Record<string, unknown>): Spoilt[] {
  const spoilt = (value: unknown, what = told(value)): Spoilt => ({
    body: put(body, path, value) as Record<string, unknown>,
    ...{ path: pointer(path), what },
  })
  const isWhole = path.length === 0
  const wrongs = isWhole ? [] : badBy(schema).map((bad) => spoilt(bad))
  if (isNeeded && !isWhole) {
    wrongs.push(spoilt(null, 'null where something is needed'))
    if (typeof path.at(-1) === 'string') {
      wrongs.push(spoilt(undefined, 'nothing where something is needed'))
    }
  }
  const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], body)
  if (!(bare(schema) instanceof z.ZodObject) || value === undefined) return wrongs
  const more = STRANGE_MEMBERS.map((name) => ({
    ...spoilt({ ...(value as object), [name]: 1 }, `a member ${name}`),
    path: pointer([...path, name]),
  }))
  return [...wrongs, ...more]
}

/** Bodies with one thing wrong in each, somewhere. */
export const spoiltBy = (schema: z.ZodObject): fc.Arbitrary<Spoilt> =>
  bodyBy(schema).chain((body) =>
    fc
      .constantFrom(...spotsOf(schema, body, []))
      .chain((spot) => fc.constantFrom(...wrongsAt(spot, body))),
  )

/** Each text and list of a schema that has a bound, with values at it and above it. */
export const edgesOf = (schema: z.ZodObject) =>
  shapeOf(schema).flatMap(([field, part]): { field: string; at: unknown; above: unknown }[] => {
    const inner = bare(part)
    if (inner instanceof z.ZodArray) {
      const [one] = fc.sample(valueBy(inner.element as Schema), { numRuns: 1, seed: 1 })
      const list = (length: number | undefined) => Array.from({ length: length! }, () => one)
      const { maxItems } = boundsOf(inner)
      return [{ field, at: list(maxItems), above: list(maxItems! + 1) }]
    }
    if (!(inner instanceof z.ZodString) || inner.maxLength === null) return []
    const [example = ''] = (inner.meta()?.examples ?? []) as string[]
    const text = (length: number) => [
      'x'.repeat(length),
      example.padEnd(length),
      example.padEnd(length, 'a'),
    ]
    const most = inner.maxLength
    const kept = text(most).findIndex((one) => inner.safeParse(one).success)
    // One of a fixed length, such as a hash, has no edge but its form.
    return kept < 0 ? [] : [{ field, at: text(most)[kept], above: text(most + 1)[kept] }]
  })
