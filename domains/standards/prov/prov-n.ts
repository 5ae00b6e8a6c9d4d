import {
  type Attribute,
  type ProvDocument,
  type ProvValue,
  type QualifiedName,
  type RelationSort,
  ROLES,
  SORTS,
  type Thing,
} from './statement.ts'

/** Writes a document as PROV-N (W3C Recommendation of 30 April 2013), a statement a line. */
export function* writeProvN(document: ProvDocument): Generator<string> {
  yield 'document\n'
  for (const [prefix, means] of Object.entries(document.prefixes)) {
    yield `prefix ${prefix} <${means}>\n`
  }
  yield '\n'
  for (const sort of SORTS) {
    if (sort === 'entity') {
      for (const { id, attributes } of document.entities()) {
        yield expression(sort, [written(id)], attributes)
      }
    } else if (sort === 'activity') {
      for (const activity of document.activities()) yield writtenActivity(activity)
    } else {
      for (const { about, attributes } of document.relations(sort)) {
        yield expression(sort, formalOf(sort, about), attributes)
      }
    }
  }
  yield 'endDocument\n'
}

/** What is not known is a marker: the grammar knows it by its place. */
const UNKNOWN = '-'

const formalOf = (sort: RelationSort, about: Readonly<Record<string, QualifiedName | undefined>>) =>
  ROLES[sort].map((role) => {
    const name = about[role]
    return name ? written(name) : UNKNOWN
  })

const writtenActivity = ({ id, times, attributes }: Thing) =>
  expression('activity', [written(id), times?.start ?? UNKNOWN, times?.end ?? UNKNOWN], attributes)

function expression(sort: string, formal: readonly string[], attributes: readonly Attribute[]) {
  const pairs = attributes.map(([name, value]) => `${written(name)}=${writtenValue(value)}`)
  const list = pairs.length > 0 ? `, [${pairs.join(', ')}]` : ''
  return `${sort}(${formal.join(', ')}${list})\n`
}

/** A local name may hold these only behind a backslash, and no hyphen at its beginning either. */
const ESCAPED = /^-|[=\\'(),:;[\].]/g

const written = ({ prefix, local }: QualifiedName) =>
  `${prefix}:${local.replace(ESCAPED, (mark) => `\\${mark}`)}`

function writtenValue(value: ProvValue): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'boolean') return typed(String(value), 'boolean')
  if ('long' in value) return typed(String(value.long), 'long')
  return 'time' in value ? typed(value.time, 'dateTime') : `'${written(value)}'`
}

const typed = (text: string, type: string) => `${quoted(text)} %% xsd:${type}`

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
}

const quoted = (text: string) => `"${text.replace(/["\\\n\r\t\b\f]/g, (mark) => ESCAPES[mark]!)}"`
