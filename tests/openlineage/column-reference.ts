import type { RawEvent } from './reference.ts'

/** A column as the tests write it: `d0.x`, or `d0.*` for all columns of a dataset. */
export interface Columns {
  /** All columns of each dataset, by what the dataset is called. */
  known: Map<string, Set<string>>
  /** `d0.x -> d1.y`, and `d0.* -> d1.y` where all of a dataset depends on it. */
  edges: Set<string>
}

/** Something that happened, in the order in which it was sent. */
export type Sent = { event: RawEvent } | { retire: string } | { erase: string }

interface Said {
  /** `''` where it is of the dataset alone. */
  job: string
  time: string
  facet: RawEvent
}

/**
 * What is to be known of columns after some things were sent, said in the plainest way: over the whole
 * list at once, for datasets that have one name each, and runs and datasets alone, whose `eventTime`s
 * all differ.
 *
 * @param erasedLater Whose bodies, as they are then, are erased afterwards: nothing is said by them.
 */
export function columnsByHand(sent: readonly Sent[], erasedLater: ReadonlySet<string>): Columns {
  const said = new Map<string, Said[]>()
  const schemas = new Map<string, { time: string; columns: string[] }>()
  const derived = new Set<string>()
  const written = new Set<string>()
  const used = new Set<string>()
  for (const one of sent) {
    if ('event' in one) {
      const { event } = one
      const job = event.job ? event.job.name : ''
      const named = event.job ? [...event.inputs, ...event.outputs] : [event.dataset]
      for (const { name } of event.inputs ?? []) used.add(`${job} ${name}`)
      for (const { name } of event.outputs ?? []) written.add(`${name} ${job}`)
      for (const { name, facets } of named) {
        const { columnLineage: facet, schema } = facets
        if (schema && (schemas.get(name)?.time ?? '') < event.eventTime) {
          const columns = schema.fields.map((field: RawEvent) => field.name)
          schemas.set(name, { time: event.eventTime, columns })
        }
        if (!facet) continue
        said.set(name, [...(said.get(name) ?? []), { job, time: event.eventTime, facet }])
        for (const { on } of dependenciesIn(facet)) derived.add(`${name} ${on.split('.')[0]}`)
      }
      continue
    }
    const gone = 'retire' in one ? one.retire : one.erase
    said.delete(gone)
    schemas.delete(gone)
    if ('erase' in one) continue
    for (const edges of [derived, written]) {
      for (const edge of edges) if (edge.startsWith(`${gone} `)) edges.delete(edge)
    }
  }
  const edges = new Set<string>()
  const known = new Map<string, Set<string>>()
  const know = (column: string) => {
    const [name, of] = column.split('.') as [string, string]
    known.set(name, (known.get(name) ?? new Set()).add(of))
  }
  for (const [name, all] of said) {
    if (erasedLater.has(name)) continue
    const byJob = Map.groupBy(all, ({ job }) => job)
    for (const [job, some] of byJob) {
      if (job && !written.has(`${name} ${job}`) && !used.has(`${job} ${name}`)) continue
      const { facet } = some.reduce((a, b) => (b.time > a.time ? b : a))
      if (facet._deleted) continue
      for (const column of Object.keys(facet.fields)) know(`${name}.${column}`)
      for (const { column, on } of dependenciesIn(facet)) {
        const from = on.split('.')[0]!
        if (from !== name && !derived.has(`${name} ${from}`)) continue
        know(on)
        edges.add(`${name}.${column} -> ${on}`)
      }
    }
  }
  for (const [name, { columns }] of schemas) {
    if (!erasedLater.has(name)) for (const column of columns) know(`${name}.${column}`)
  }
  return { known, edges }
}

function dependenciesIn(facet: RawEvent): { column: string; on: string }[] {
  if (facet._deleted) return []
  const on = ({ name, field }: RawEvent) => `${name}.${field}`
  return [
    ...Object.entries<RawEvent>(facet.fields).flatMap(([column, { inputFields }]) =>
      inputFields.map((input: RawEvent) => ({ column, on: on(input) })),
    ),
    ...(facet.dataset ?? []).map((input: RawEvent) => ({ column: '*', on: on(input) })),
  ]
}

/** A walk over single columns, each edge of a whole dataset taken for one of each of its columns. */
export function walkByHand(
  { known, edges }: Columns,
  root: string,
  { way, depth }: { way: 'UPSTREAM' | 'DOWNSTREAM'; depth: number },
) {
  const single = [...edges].flatMap((told) => {
    const [from, to] = told.split(' -> ') as [string, string]
    const [name, column] = from.split('.') as [string, string]
    const columns = column === '*' ? [...(known.get(name) ?? []), ownOf(root, name)] : [column]
    return columns.flatMap((of) => (of ? [{ from: `${name}.${of}`, to, told }] : []))
  })
  const nodes = new Map([[root, 0]])
  const walked = new Set<string>()
  for (let hop = 0; hop < depth; hop++) {
    for (const { from, to, told } of single) {
      const [near, far] = way === 'UPSTREAM' ? [from, to] : [to, from]
      if (nodes.get(near) === undefined || nodes.get(near)! > hop) continue
      walked.add(told)
      if (!nodes.has(far)) nodes.set(far, hop + 1)
    }
  }
  return { nodes: [...nodes].map(([name, d]) => `${d} ${name}`).sort(), edges: [...walked].sort() }
}

/** Whoever asks about a column names it; it depends on what all of its dataset does. */
const ownOf = (root: string, name: string) => {
  const [of, column] = root.split('.')
  return of === name ? column : undefined
}
