import type { Json } from '../../proofs/json.ts'
import type { Name } from './event.ts'
import { itemsAt, memberOf, nameAt, objectAt, type Place, textAt } from './place.ts'
import { memberInvalid } from './problems.ts'

/** How a column came out of another, in OpenLineage's words. */
export interface Transformation {
  /** `DIRECT` where values flow, `INDIRECT` where they only decide; others are kept as they came. */
  type: string
  subtype: string | null
  description: string | null
  /** Whether the values cannot be told from the result; `null` where nothing is said of it. */
  masking: boolean | null
}

/** A column that another depends on. */
export interface InputColumn {
  dataset: Name
  column: string
  transformations: Transformation[]
}

/** What one `columnLineage` facet says of the columns of its dataset. */
export interface ColumnLineage {
  /** What each column comes from. */
  columns: Map<string, InputColumn[]>
  /** What decides about all of its columns: what rows are filtered, joined or sorted by. */
  dataset: InputColumn[]
}

/**
 * Reads a `columnLineage` facet, all of it or nothing: half of what a column comes from would pass for
 * the whole. The words of the facet's first releases, `transformationType` and
 * `transformationDescription`, are told as a direct transformation of each input that has none.
 *
 * @throws {Problem} `OPENLINEAGE_MEMBER_INVALID`, `OPENLINEAGE_NAME_INVALID`
 */
export function columnLineageAt(facet: Place): ColumnLineage {
  const fields = memberOf(facet, 'fields')
  const dataset = memberOf(facet, 'dataset')
  return {
    columns: new Map(
      Object.keys(objectAt(fields)).map((name) => {
        const field = memberOf(fields, name)
        const inputs = itemsAt(memberOf(field, 'inputFields'))
        const older = olderWords(field)
        return [nameAt({ value: name, path: field.path }), inputs.map((at) => inputAt(at, older))]
      }),
    ),
    dataset: dataset.value === undefined ? [] : itemsAt(dataset).map((at) => inputAt(at, [])),
  }
}

/** The same of a facet that is recorded already; `undefined` where it is not of its form. */
export function columnLineageIn(value: Json): ColumnLineage | undefined {
  try {
    return columnLineageAt({ value, path: '' })
  } catch {
    return undefined
  }
}

/** The datasets that a facet names, each once. */
export function datasetsIn({ columns, dataset }: ColumnLineage): Name[] {
  const inputs = [...[...columns.values()].flat(), ...dataset]
  return [...new Map(inputs.map(({ dataset: name }) => [JSON.stringify(name), name])).values()]
}

function inputAt(place: Place, older: Transformation[]): InputColumn {
  const listed = memberOf(place, 'transformations')
  const transformations = listed.value === undefined ? [] : itemsAt(listed).map(transformationAt)
  return {
    dataset: {
      namespace: nameAt(memberOf(place, 'namespace')),
      name: nameAt(memberOf(place, 'name')),
    },
    column: nameAt(memberOf(place, 'field')),
    transformations: transformations.length > 0 ? transformations : older,
  }
}

const transformationAt = (place: Place): Transformation => ({
  type: textAt(memberOf(place, 'type')),
  subtype: textOrNothing(memberOf(place, 'subtype')),
  description: textOrNothing(memberOf(place, 'description')),
  masking: truthOrNothing(memberOf(place, 'masking')),
})

function olderWords(field: Place): Transformation[] {
  const subtype = textOrNothing(memberOf(field, 'transformationType'))
  const description = textOrNothing(memberOf(field, 'transformationDescription'))
  if (subtype === null) return []
  return [{ type: 'DIRECT', subtype, description, masking: subtype === 'MASKED' }]
}

/** Clients in languages that have it write `null` for what they leave out. */
const isLeftOut = ({ value }: Place) => value === undefined || value === null

const textOrNothing = (place: Place) => (isLeftOut(place) ? null : textAt(place))

function truthOrNothing(place: Place): boolean | null {
  if (isLeftOut(place)) return null
  if (typeof place.value !== 'boolean') throw memberInvalid(place.path, 'true or false')
  return place.value
}
