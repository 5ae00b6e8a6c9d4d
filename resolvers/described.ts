import type { Described } from '../domains/standards/models/answer.ts'
import type { EntityAt } from '../lineage/entities.ts'
import type { Context } from './context.ts'
import { recordedAt } from './entity.ts'
import { fieldsOf } from './facet.ts'

/** An entity with what it says of itself, as documents in formats of others tell it. */
export async function describe(entity: EntityAt, context: Context): Promise<Described> {
  const [fields, at] = await Promise.all([fieldsOf(entity, context), recordedAt(entity, context)])
  const { id, namespace, name, seq } = entity
  return { id, namespace, name, seq, fields, recordedAt: at }
}
