import { isBookkeeping } from '../domains/openlineage/stamped-body.ts'
import type { EntityAt } from '../lineage/entities.ts'
import type { Fields } from '../loaders/record.ts'
import { rawJson } from '../proofs/json.ts'
import type { Context } from './context.ts'

/** A facet as others define it, with its numbers as they came. */
export interface Facet {
  group: string
  name: string
  value: unknown
}

export const fieldsOf = ({ seq }: EntityAt, { loaders }: Context): Promise<Fields> =>
  loaders.body.load(seq)

const FACET = /^facet:([^:]*):(.*)$/s

/** The facets in force, by group and name; of one group where one is named. */
export async function facetsOf(
  entity: EntityAt,
  wanted: { group?: string | null; name?: string | null },
  context: Context,
): Promise<Facet[]> {
  return facetsIn(await fieldsOf(entity, context), wanted)
}

/** The facets among some fields, by group and name. */
export function facetsIn(
  fields: Fields,
  wanted: { group?: string | null; name?: string | null },
): Facet[] {
  const pointers = (fields.numbersAsText ?? {}) as Record<string, string[]>
  return Object.keys(fields)
    .filter((field) => !isBookkeeping(field))
    .sort()
    .flatMap((field) => {
      const [, group, name] = FACET.exec(field) ?? []
      if (group === undefined || name === undefined) return []
      if ((wanted.group ?? group) !== group || (wanted.name ?? name) !== name) return []
      const numbers = Object.hasOwn(pointers, field) ? pointers[field]! : []
      return [{ group, name, value: rawJson(fields[field]!, numbers) }]
    })
}

/** A field of the body that is text, or `null`. */
export async function textField(entity: EntityAt, name: string, context: Context) {
  return textIn(await fieldsOf(entity, context), name)
}

/** A field that is text, or `null`. */
export function textIn(fields: Fields, name: string) {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  return typeof value === 'string' ? value : null
}
