/** What an RDF graph says of a thing: its values by the address of each property, in order. */
export interface Said {
  [property: string]: Value[]
}
/** An address in angle brackets, a text in quotes with its type behind it, or a thing without a name. */
export type Value = string | Said
export type Graph = Record<string, Said>

const TYPE = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type'
type Terms = Record<string, { '@id': string; '@type'?: string }>
type Json = Record<string, unknown>

const order = (values: readonly Value[]) => {
  const texts = values.map((value) => JSON.stringify(value))
  return [...new Set(texts)].sort().map((text) => JSON.parse(text) as Value)
}

/** What a document in JSON-LD says, as far as ours go: the reader that theirs is held against. */
export function graphOf(text: string): Graph {
  const document = JSON.parse(text) as { '@context': Terms; '@graph': Json[] }
  const { '@context': terms, '@graph': nodes } = document
  const graph: Record<string, Record<string, Value[]>> = {}
  const list = (value: unknown) => (Array.isArray(value) ? value : [value])
  const address = (word: string) => terms[word]!['@id']
  const told = (value: unknown, type: string | undefined): Value => {
    if (typeof value === 'object') return node(value as Json)
    if (type === '@id') return `<${value}>`
    return `"${value}"${type ? `^^${type}` : ''}`
  }
  const node = (given: Json): Value => {
    const { '@id': id, '@type': types, ...members } = given
    const said: Record<string, Value[]> = (typeof id === 'string' && graph[id]) || {}
    if (typeof id === 'string') graph[id] = said
    const add = (property: string, values: Value[]) => {
      said[property] = order([...(said[property] ?? []), ...values])
    }
    if (types !== undefined)
      add(
        TYPE,
        list(types).map((word) => `<${address(String(word))}>`),
      )
    for (const [word, value] of Object.entries(members)) {
      if (list(value).length > 0) {
        add(
          address(word),
          list(value).map((one) => told(one, terms[word]!['@type'])),
        )
      }
    }
    return typeof id === 'string' ? `<${id}>` : inOrder(said)
  }
  for (const one of nodes) node(one)
  return Object.fromEntries(Object.entries(graph).map(([id, said]) => [id, inOrder(said)]))
}

const inOrder = (said: Said): Said =>
  Object.fromEntries(Object.entries(said).sort(([a], [b]) => (a < b ? -1 : 1)))
