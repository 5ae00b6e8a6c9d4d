import { type ColumnLineage, columnLineageIn } from './column-lineage.ts'
import { COLUMN_LINEAGE, type Fields, StampedBody } from './stamped-body.ts'

/** What one job last said of a dataset's columns. */
export interface ColumnStatement {
  /** The job's id; `null` for what was said of the dataset alone. */
  job: string | null
  says: ColumnLineage
}

/**
 * What a dataset's body says of its columns: for each job what it last said, and what was last said of
 * the dataset alone. Where no event has said anything, it is the facet that somebody recorded.
 */
export function columnStatements(fields: Fields): ColumnStatement[] {
  const body = new StampedBody(fields)
  const said = body.statements()
  const all = said.length > 0 ? said : [{ job: '', value: body.get(COLUMN_LINEAGE) }]
  return all.flatMap(({ job, value }) => {
    const says = value === undefined ? undefined : columnLineageIn(value)
    return says ? [{ job: job || null, says }] : []
  })
}

/** The names of the columns that the dataset's `schema` facet lists, but for what lies inside them. */
export function schemaColumns(fields: Fields): string[] {
  const schema = fields['facet:dataset:schema'] as { fields?: unknown } | undefined
  if (!Array.isArray(schema?.fields)) return []
  return schema.fields.flatMap((field: unknown) => {
    const name = (field as { name?: unknown } | null)?.name
    return typeof name === 'string' && name !== '' ? [name.normalize('NFC')] : []
  })
}
