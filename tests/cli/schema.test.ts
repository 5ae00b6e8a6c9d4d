import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { BODIES } from '../../domains/kinds/bodies.ts'
import { jsonSchemaOf, jsonSchemas } from '../../domains/kinds/json-schema.ts'
import { TYPED_KINDS } from '../../lineage/kinds.ts'
import { bodyBy } from '../kinds/arbitrary.ts'
import { leastBody } from '../kinds/recording.ts'
import { selvedge } from '../setup/selvedge.ts'

/** What others check by the schema that we print. */
function validatorOf(kind: (typeof TYPED_KINDS)[number]) {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ;(addFormats as unknown as (to: Ajv2020) => void)(ajv)
  return ajv.compile(jsonSchemaOf(kind))
}

describe.each(TYPED_KINDS)('the JSON Schema of a %s', (kind) => {
  it('takes whatever we take', () => {
    const isValid = validatorOf(kind)
    for (const body of fc.sample(bodyBy(BODIES[kind].whole), { numRuns: 100, seed: 1 })) {
      isValid(body)
      expect([body, isValid.errors]).toEqual([body, null])
    }
  })

  it('takes the least body, and nothing less or strange', () => {
    const isValid = validatorOf(kind)
    const least = leastBody(kind)
    expect(isValid(least)).toBe(true)
    expect(isValid({ ...least, strange: 1 })).toBe(false)
    const parts = BODIES[kind].whole.shape
    const needed = Object.keys(parts).filter((field) => !(parts[field] as z.ZodType).isOptional())
    expect(needed.length).toBeGreaterThan(0)
    for (const field of needed) {
      const { [field]: _, ...less } = least
      expect([field, isValid(less)]).toEqual([field, false])
    }
  })
})

it('is printed for one kind and for all, without a server', async () => {
  const [one, all, none] = await Promise.all([
    selvedge(['schema', 'kind', 'Source']),
    selvedge(['schema', 'kind']),
    selvedge(['schema', 'kind', 'Sauce']),
  ])
  expect(JSON.parse(one.stdout)).toEqual(jsonSchemaOf('Source'))
  expect(JSON.parse(all.stdout)).toEqual(jsonSchemas())
  expect([one.code, all.code, none.code]).toEqual([0, 0, 2])
  expect(none.stderr).toContain('Source')
})
