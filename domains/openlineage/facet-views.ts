import { z } from 'zod'
import { runIdAt } from './mending.ts'
import type { Fields } from './stamped-body.ts'

/** What a facet leaves out, or says by `null`, nobody has said. */
const said = <Type extends z.ZodType>(type: Type) =>
  type.nullish().transform((value) => value ?? null)

const words = said(z.string())
const column = z.object({
  name: z.string(),
  type: words,
  description: words,
  ordinal_position: said(z.int32()),
})
type Listed = z.output<typeof column> & { fields?: Listed[] | null }
const listed: z.ZodType<Listed> = column.extend({
  get fields() {
    return z.array(listed).nullish()
  },
}) as never

const owner = z.object({ name: z.string(), type: words })
const tag = z.object({ key: z.string(), value: z.string(), source: words, field: words })
const assertion = z.object({
  assertion: z.string(),
  success: z.boolean(),
  ...{ column: words, severity: words, name: words, description: words },
  ...{ expected: words, actual: words },
})

/** A column as a `schema` facet lists it. */
export interface ListedColumn {
  /** With a dot before each part inside another column. */
  name: string
  type: string | null
  description: string | null
  position: number | null
}

export type Owner = z.output<typeof owner>
export type Tag = z.output<typeof tag>
export type Assertion = z.output<typeof assertion>

/**
 * Reads a list out of a facet, all of it or nothing: of a facet that is not of its form nothing is told
 * here, so that half of a schema never passes for the whole. As it came it is among the facets anyhow.
 */
const listIn =
  <Item>(name: string, item: z.ZodType<Item>) =>
  (facet: unknown): Item[] | null => {
    const read = z.object({ [name]: z.array(item).nullish() }).safeParse(facet)
    return read.success ? ((read.data[name] as Item[] | null | undefined) ?? []) : null
  }

const columnsIn = listIn('fields', listed)
const ownersIn = listIn('owners', owner)
const tagsIn = listIn('tags', tag)
const assertionsIn = listIn('assertions', assertion)

type Group = 'dataset' | 'job' | 'run'

/** `null` where there is no such facet, or it is not of its form. */
const of = <Item>(read: (facet: unknown) => Item[] | null, fields: Fields, field: string) =>
  Object.hasOwn(fields, field) ? read(fields[field]) : null

/** The columns of the facet `schema`, those inside others after them. */
export function columnsOf(fields: Fields): ListedColumn[] | null {
  const columns = of(columnsIn, fields, 'facet:dataset:schema')
  return columns && flat(columns, '')
}

const flat = (columns: readonly Listed[], prefix: string): ListedColumn[] =>
  columns.flatMap(({ name, type, description, ordinal_position: position, fields }) => [
    { name: `${prefix}${name}`, type, description, position },
    ...flat(fields ?? [], `${prefix}${name}.`),
  ])

/** The owners of the facet `ownership`. */
export const ownersOf = (fields: Fields, group: Group) =>
  of(ownersIn, fields, `facet:${group}:ownership`)

/** The tags of the facet `tags`. */
export const tagsOf = (fields: Fields, group: Group) => of(tagsIn, fields, `facet:${group}:tags`)

/** What was last asserted of a dataset's quality: of itself, or else as an input of a run. */
export const assertionsOf = (fields: Fields) =>
  of(assertionsIn, fields, 'facet:dataset:dataQualityAssertions') ??
  of(assertionsIn, fields, 'facet:input:dataQualityAssertions')

const rooted = z.object({
  root: z.object({
    run: z.object({ runId: z.string().min(1) }),
    job: z.object({ namespace: z.string() }),
  }),
})

/** The name of the run that the facet `parent` calls the root, as it is linked; `null` where it calls none so. */
export function rootRunOf(fields: Fields): string | null {
  const read = rooted.safeParse(fields['facet:run:parent'])
  if (!read.success) return null
  const { run, job } = read.data.root
  const mending = { lenient: true, mended: [] }
  return runIdAt({ value: run.runId, path: '' }, job.namespace.normalize('NFC'), mending)
}
