import {
  type Attribute,
  type ProvDocument,
  type ProvValue,
  type QualifiedName,
  type Relating,
  type RelationSort,
  ROLES,
  SORTS,
  type Thing,
} from './statement.ts'

/**
 * Writes a document as PROV-JSON (W3C Member Submission of 24 April 2013), a piece at a time: a group
 * for each sort of statement, in it a line for each statement. Relations have no ids of their own.
 */
export function* writeProvJson(document: ProvDocument): Generator<string> {
  yield `{\n"prefix":${JSON.stringify(document.prefixes)}`
  let blank = 0
  for (const sort of SORTS) {
    let isFirst = true
    for (const [id, members] of membersOf(document, sort)) {
      const key = JSON.stringify(id ?? `_:id${++blank}`)
      yield `${isFirst ? `,\n"${sort}":{\n` : ',\n'}${key}:${JSON.stringify(members)}`
      isFirst = false
    }
    if (!isFirst) yield '\n}'
  }
  yield '\n}\n'
}

type Members = Record<string, unknown>

function* membersOf(
  document: ProvDocument,
  sort: (typeof SORTS)[number],
): Generator<[id: string | undefined, members: Members]> {
  if (sort === 'entity' || sort === 'activity') {
    const things = sort === 'entity' ? document.entities() : document.activities()
    for (const thing of things) yield [written(thing.id), membersOfThing(thing)]
    return
  }
  for (const one of document.relations(sort)) yield [undefined, membersOfRelation(one, sort)]
}

const membersOfThing = ({ times, attributes }: Thing): Members => ({
  ...(times?.start !== undefined && { 'prov:startTime': times.start }),
  ...(times?.end !== undefined && { 'prov:endTime': times.end }),
  ...membersOfAttributes(attributes),
})

function membersOfRelation({ about, attributes }: Relating, sort: RelationSort): Members {
  const formal = ROLES[sort].flatMap((role) => {
    const name = about[role]
    return name ? [[`prov:${role}`, written(name)]] : []
  })
  return { ...Object.fromEntries(formal), ...membersOfAttributes(attributes) }
}

/** An attribute that comes more than once is a list. */
function membersOfAttributes(attributes: readonly Attribute[]): Members {
  const byName = Map.groupBy(attributes, ([name]) => written(name))
  return Object.fromEntries(
    [...byName].map(([name, all]) => {
      const values = all.map(([, value]) => writtenValue(value))
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
}

const written = ({ prefix, local }: QualifiedName) => `${prefix}:${local}`

function writtenValue(value: ProvValue): unknown {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if ('long' in value) return typed(String(value.long), 'long')
  return 'time' in value ? typed(value.time, 'dateTime') : typed(written(value), 'QName')
}

const typed = (text: string, type: string) => ({ $: text, type: `xsd:${type}` })
