import { z } from 'zod'
import { BODIED_KINDS, type BodiedKind, kindInUrn } from '../../lineage/kinds.ts'
import { BODIES } from './bodies.ts'

/** The JSON Schema (2020-12) of a kind's whole body. What must hold between fields it does not say. */
export const jsonSchemaOf = (kind: BodiedKind) => {
  const { $schema, ...said } = z.toJSONSchema(BODIES[kind].whole, { io: 'input' })
  return {
    $schema,
    $id: `urn:selvedge:schema:${kindInUrn(kind)}`,
    title: kind,
    description: BODIES[kind].says,
    ...said,
  }
}

/** Those of all kinds, by kind. */
export const jsonSchemas = () =>
  Object.fromEntries(BODIED_KINDS.map((kind) => [kind, jsonSchemaOf(kind)]))
