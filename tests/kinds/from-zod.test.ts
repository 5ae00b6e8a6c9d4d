import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineBody } from '../../domains/kinds/body.ts'
import { readPatch, requireWhole } from '../../domains/kinds/read-body.ts'
import { inputOf, type outputOf } from '../../schema/from-zod.ts'

const said = <T extends z.ZodType>(schema: T) => schema.describe('Something.')

const convert = (part: z.ZodType, side: typeof inputOf | typeof outputOf = inputOf) =>
  side(`Test${crypto.randomUUID().replaceAll('-', '')}`, {
    schema: z.strictObject({ part }),
    description: 'A test.',
    at: 'Test',
    members: (it: object) => it as Record<string, unknown>,
  })

describe('a schema that GraphQL has no type for is refused while the program loads', () => {
  it.each([
    ['a union', z.union([z.string(), z.int()]), 'Test.part: a union'],
    ['a record', z.record(z.string(), z.string()), 'Test.part: a record'],
    ['anything', z.any(), 'Test.part: a any'],
    ['null', z.string().nullable(), 'Test.part: a nullable'],
    ['a default', z.string().default('x'), 'Test.part: a default'],
    ['what changes what is given', z.string().transform(Number), 'Test.part: a pipe'],
    ['a literal', z.literal('x'), 'Test.part: a literal'],
    ['a date', z.date(), 'Test.part: a date'],
    ['an integer of 64 bits', z.int(), 'Test.part: an Int of GraphQL has 32 bits'],
    [
      'an integer just above 32 bits',
      z
        .int()
        .min(0)
        .max(2 ** 31),
      'Test.part: an Int',
    ],
    ['a list of such', z.array(z.any()), 'Test.part[]: a any'],
    ['an object without a name', z.strictObject({}), 'Test.part: it needs a title'],
    [
      'a word that is none of GraphQL',
      z.enum(['a-b']).meta({ title: 'T', description: 'D', enumDescriptions: ['W.'] }),
      'Test.part: a-b is no word',
    ],
    [
      'a word that nothing explains',
      z.enum(['ab']).meta({ title: 'T', description: 'D' }),
      'Test.part: ab is no word',
    ],
  ])('%s', (_what, schema, message) => {
    expect(() => convert(z.optional(schema).describe('Something.'))).toThrow(message)
  })

  it('a field that nothing describes', () =>
    expect(() => convert(z.string())).toThrow('Test.part: nothing says what it is'))

  it('takes the largest integer that GraphQL has', () => {
    const most = 2 ** 31 - 1
    expect(() => convert(said(z.int().min(-most).max(most)))).not.toThrow()
  })
})

it.each(['namespace', 'name', 'times', 'numbersAsText', 'facet:x', 'Upper', '__proto', 'a_b'])(
  'no field of a body is called %s',
  (name) =>
    expect(() => defineBody({ says: 'A test.', fields: { [name]: z.string() } })).toThrow(
      'no field of a body can be called',
    ),
)

describe('a body that comes from elsewhere than GraphQL', () => {
  const place = { kind: 'Source' as const, item: 3 }
  it.each([
    ['half of a surrogate pair', { title: '\ud800' }, '/title'],
    ['an unknown field', { titel: 'x' }, '/titel'],
    ['an unknown field to delete', { titel: null }, '/titel'],
    ['the prototype', JSON.parse('{"__proto__": {"title": "x"}}'), '/__proto__'],
    ['an unknown field below', { publisher: { name: 'x', 'a/b~c': 1 } }, '/publisher/a~1b~0c'],
    ['null in a list', { keywords: [null] }, '/keywords/0'],
    ['no number', { title: Number.NaN }, '/title'],
  ])('is refused for %s', (_what, body, path) => {
    expect(() => readPatch(body, place)).toThrow(
      expect.objectContaining({
        code: 'BODY_INVALID',
        details: expect.objectContaining({ item: 3, kind: 'Source', path }),
      }),
    )
  })

  it('never tells what was given', () => {
    try {
      readPatch({ title: 7, landingPage: 'secret-value', themes: ['secret-value'] }, place)
    } catch (error) {
      expect(JSON.stringify([String(error), error])).not.toContain('secret-value')
      return
    }
    expect.unreachable()
  })

  it.each([
    ['modified before issued', { issued: '2026-01-02', modified: '2026-01-01' }, '/modified'],
    [
      'a period that ends first',
      { temporal: { from: '2026-02-01', until: '2026-01-01' } },
      '/temporal/until',
    ],
  ])('is refused as a whole for %s', (_what, more, path) => {
    const body = { title: 'a', description: 'b', ...more }
    expect(() => requireWhole(body, place)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ path }) }),
    )
  })
})
