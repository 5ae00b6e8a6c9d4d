import { Kind, type ValueNode } from 'graphql'
import { Problem } from '../core/problem.ts'
import { normaliseTime } from '../domains/openlineage/time.ts'
import { ProofError } from '../proofs/error.ts'
import { type ForeignJson, parseForeignJson, rawJson } from '../proofs/json.ts'
import { builder } from './builder.ts'

const refusal = (wanted: string) => new Problem('VALUE_INVALID', `It must be ${wanted}.`)

function seqOf(value: unknown) {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value)
  throw refusal('a whole number from 0 to 9007199254740991')
}

builder.scalarType('Seq', {
  description:
    'A place in the log, or a size of it: a whole number from 0 to 9007199254740991 (2^53 - 1).',
  serialize: seqOf,
  parseValue: seqOf,
  parseLiteral: (node) => seqOf(node.kind === Kind.INT ? Number(node.value) : null),
})

function timeOf(value: unknown) {
  const time = typeof value === 'string' ? normaliseTime(value) : undefined
  if (time !== undefined) return time
  throw refusal('an RFC 3339 date and time with an offset, such as 2026-03-31T09:15:02.113Z')
}

builder.scalarType('DateTime', {
  description:
    'An RFC 3339 date and time with an offset, such as `2026-03-31T09:15:02.113Z`; given back in UTC.',
  serialize: (value) => value,
  parseValue: timeOf,
  parseLiteral: (node) => timeOf(node.kind === Kind.STRING ? node.value : null),
})

/** Numbers are kept as they came, so that a 64-bit id is not rounded on its way (docs/specs/record.md). */
function foreignJson(text: string): ForeignJson {
  try {
    return parseForeignJson(text)
  } catch (error) {
    if (error instanceof ProofError) throw refusal(`JSON that all read alike: ${error.message}`)
    throw error
  }
}

type Variables = Readonly<Record<string, unknown>> | null | undefined

/** A literal's own text, with its numbers as they were written. */
function textOf(node: ValueNode, variables: Variables): string {
  switch (node.kind) {
    case Kind.OBJECT: {
      const members = node.fields.map(
        ({ name, value }) => `${JSON.stringify(name.value)}:${textOf(value, variables)}`,
      )
      return `{${members.join()}}`
    }
    case Kind.LIST:
      return `[${node.values.map((value) => textOf(value, variables)).join()}]`
    case Kind.VARIABLE:
      return textOfVariable(variables?.[node.name.value])
    case Kind.STRING:
      return JSON.stringify(node.value)
    case Kind.NULL:
      return 'null'
    case Kind.ENUM:
      throw refusal('JSON; a word without quotes is none')
    default:
      return String(node.value)
  }
}

function textOfVariable(value: unknown): string {
  const foreign = value as Partial<ForeignJson> | null | undefined
  return foreign && Array.isArray(foreign.numbersAsText)
    ? JSON.stringify(rawJson(foreign.value!, foreign.numbersAsText))
    : (JSON.stringify(value) ?? 'null')
}

builder.scalarType('JSON', {
  description:
    'Any JSON, given back as it came: also numbers that a double cannot hold keep all their digits.',
  serialize: (value) => value,
  parseValue: (value) => foreignJson(JSON.stringify(value) ?? 'null'),
  parseLiteral: (node, variables) => foreignJson(textOf(node, variables)),
})
