import { getIntrospectionQuery, type IntrospectionSchema } from 'graphql'
import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'

const { ask } = await testApp()
const { data, errors } = await ask<{ __schema: IntrospectionSchema }>(getIntrospectionQuery())

interface Described {
  name: string
  description?: string | null
}

/** The parts of a type that can have descriptions, whatever type it is. */
interface Parts {
  fields?: readonly (Described & { args?: readonly Described[] })[] | null
  inputFields?: readonly Described[] | null
  enumValues?: readonly Described[] | null
}

const BUILT_IN = /^(__|(String|Int|Float|Boolean|ID)$)/

/** Everything in the schema that can have a description, by its coordinate. */
const all = data.__schema.types
  .filter(({ name }) => !BUILT_IN.test(name))
  .flatMap((type) => {
    const { fields, inputFields, enumValues } = type as Parts
    const under = (part: Described) => ({ ...part, name: `${type.name}.${part.name}` })
    return [
      type as Described,
      ...(inputFields ?? []).map(under),
      ...(enumValues ?? []).map(under),
      ...(fields ?? []).flatMap((field) => [
        under(field),
        ...(field.args ?? []).map((arg) => ({
          ...arg,
          name: `${under(field).name}(${arg.name}:)`,
        })),
      ]),
    ]
  })

it('lets itself be introspected', () => expect(errors).toBeUndefined())

it('describes every type, field, argument and value, in sentences', () => {
  expect(all.length).toBeGreaterThan(150)
  const bad = all.filter(({ description }) => !/^[A-Z`0-9].*[.`]$/s.test(description?.trim() ?? ''))
  expect(bad.map(({ name, description }) => [name, description])).toEqual([])
})
