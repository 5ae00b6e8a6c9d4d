import { z } from 'zod'
import { builder } from './builder.ts'

/** A zod schema of a body in terms of GraphQL. */
interface Converted {
  input: unknown
  output: unknown
}

type Members = Readonly<Record<string, unknown>>

const SCALARS = { String: 'String', Int: 'Int', Float: 'Float', Boolean: 'Boolean' } as const
const scalar = (name: keyof typeof SCALARS): Converted => ({ input: name, output: name })

/** An input type whose fields the compiler does not know: zod has checked nothing yet when one is resolved. */
export type AnyInput = ReturnType<typeof builder.inputType>

const MOST_INT = 2 ** 31 - 1

/** A type that several fields have is made once. */
const made = new WeakMap<z.ZodType, Converted>()

/**
 * Makes GraphQL types of a zod schema: a text, a word of a closed list, a number, a truth value, a list
 * or an object of these, and any of them optional. It is exact: what the one takes, the other does.
 *
 * @throws {Error} While the program loads, for whatever has no such type.
 */
function convert(given: z.ZodType, at: string): Converted {
  const schema = rootOf(given)
  const known = made.get(schema)
  if (known) return known
  const converted = convertAnew(schema, at)
  made.set(schema, converted)
  return converted
}

/** What `describe` has made of a schema is of the same type: it says what a field is, not what the type is. */
function rootOf(schema: z.ZodType): z.ZodType {
  const parent = schema._zod.parent as z.ZodType | undefined
  return parent?.meta()?.title === undefined ? schema : rootOf(parent)
}

function convertAnew(schema: z.ZodType, at: string): Converted {
  if (schema instanceof z.ZodEnum) return enumOf(schema, at)
  if (schema instanceof z.ZodString || schema instanceof z.ZodStringFormat) return scalar('String')
  if (schema instanceof z.ZodBoolean) return scalar('Boolean')
  if (schema instanceof z.ZodNumber) return numberOf(schema, at)
  if (schema instanceof z.ZodArray) {
    const { input, output } = convert(schema.element as z.ZodType, `${at}[]`)
    return { input: [input], output: [output] }
  }
  if (schema instanceof z.ZodObject) return objectOf(schema, at)
  throw new Error(`${at}: a ${schema.type} of zod has no type of GraphQL`)
}

function numberOf({ isInt, minValue, maxValue }: z.ZodNumber, at: string): Converted {
  if (!isInt) return scalar('Float')
  if ((minValue ?? -Infinity) < -MOST_INT || (maxValue ?? Infinity) > MOST_INT) {
    throw new Error(`${at}: an Int of GraphQL has 32 bits, so say a least and a most`)
  }
  return scalar('Int')
}

interface Told {
  title: string
  description: string
  enumDescriptions?: readonly string[]
}

function told(schema: z.ZodType, at: string): Told {
  const { title, description, enumDescriptions } = schema.meta() ?? {}
  if (typeof title !== 'string' || typeof description !== 'string') {
    throw new Error(`${at}: it needs a title and a description`)
  }
  return { title, description, enumDescriptions: enumDescriptions as readonly string[] | undefined }
}

function enumOf(schema: z.ZodEnum, at: string): Converted {
  const { title, description, enumDescriptions = [] } = told(schema, at)
  const words = schema.options.map((word, i) => {
    const says = enumDescriptions[i]
    if (typeof word !== 'string' || !/^[A-Za-z_]\w*$/.test(word) || !says) {
      throw new Error(`${at}: ${word} is no word of GraphQL, or nothing says what it means`)
    }
    return [word, { value: word, description: says }] as const
  })
  const ref = builder.enumType(title, { description, values: Object.fromEntries(words) })
  return { input: ref, output: ref }
}

function objectOf(schema: z.ZodObject, at: string): Converted {
  const { title, description } = told(schema, at)
  return {
    input: inputOf(`${title}Input`, { schema, description, at }),
    output: outputOf<Members>(title, { schema, description, at, members: (it) => it }),
  }
}

interface Field {
  name: string
  isOptional: boolean
  description: string
  type: Converted
}

/** The fields of an object, without what makes them optional. */
const fieldsOf = (schema: z.ZodObject, at: string): Field[] =>
  Object.entries(schema.shape).map(([name, part]) => {
    let inner = part as z.ZodType
    let { description } = inner
    while (inner instanceof z.ZodOptional) {
      inner = inner.unwrap() as z.ZodType
      description ??= inner.description
    }
    if (!description) throw new Error(`${at}.${name}: nothing says what it is`)
    const isOptional = inner !== part
    return { name, isOptional, description, type: convert(inner, `${at}.${name}`) }
  })

interface ObjectTold {
  schema: z.ZodObject
  description: string
  /** Where it stands, for whoever has to mend it. */
  at: string
}

/** An input type with a field for each of the object's. */
export function inputOf(name: string, { schema, description, at }: ObjectTold): AnyInput {
  const fields = fieldsOf(schema, at)
  return builder.inputType(name, {
    description,
    fields: (t) =>
      Object.fromEntries(
        fields.map(({ name, isOptional, description, type }) => [
          name,
          // The type is not known to the compiler, which one of any type stands in for.
          t.field({ type: type.input as 'String', required: !isOptional, description }),
        ]),
      ),
  })
}

/**
 * An object type with a field for each of the object's.
 *
 * @param members Where in what is resolved the object's members are.
 */
export function outputOf<Parent extends object>(
  name: string,
  { schema, description, at, members }: ObjectTold & { members(parent: Parent): Members },
) {
  const fields = fieldsOf(schema, at)
  return builder.objectRef<Parent>(name).implement({
    description,
    fields: (t) =>
      Object.fromEntries(
        fields.map(({ name, isOptional, description, type }) => [
          name,
          t.field({
            type: type.output as 'String',
            nullable: isOptional,
            description,
            resolve: (parent) => members(parent)[name] as string,
          }),
        ]),
      ),
  })
}
