export const COLUMNS = `query Columns(
  $dataset: ID!, $column: String!, $direction: Direction!, $depth: Int!, $first: Int!
) {
  columnLineage(
    dataset: $dataset, column: $column, direction: $direction, depth: $depth, first: $first
  ) {
    nodes { distance column dataset { id namespace name } }
    edges {
      scope from { dataset column } to { dataset column }
      statements { job { id namespace name } transformations { type subtype description masking } }
    }
    total truncated position
  }
}`

interface End {
  dataset: string
  column: string | null
}

interface Named {
  id: string
  namespace: string | null
  name: string | null
}

/** The answer of a server, as far as it is shown. */
export interface ColumnsAnswer {
  nodes: { distance: number; column: string; dataset: Named | null }[]
  edges: {
    scope: 'COLUMN' | 'DATASET'
    from: End
    to: End
    statements: {
      job: Named | null
      transformations: { type: string; subtype: string | null }[]
    }[]
  }[]
  total: number
  truncated: boolean
  position: string
}

/** One line a column, and below it the columns that it comes from, with how and by whose word. */
export function columnLines({ nodes, edges, total, truncated }: ColumnsAnswer): string {
  const names = new Map(nodes.map(({ dataset }) => [dataset?.id, dataset?.name ?? dataset?.id]))
  const named = ({ dataset, column }: End) => `${names.get(dataset) ?? dataset}.${column ?? '*'}`
  const lines = nodes.map(({ distance, dataset, column }) => {
    const own = { dataset: dataset?.id ?? '', column }
    const mine = edges.filter(
      ({ from }) => from.dataset === own.dataset && (from.column ?? column) === column,
    )
    return [`${distance}  ${named(own)}`, ...mine.map((edge) => `     ${edgeLine(edge, named)}`)]
  })
  const shown = truncated ? `, ${nodes.length} shown` : ''
  const count = total === 1 ? '1 column' : `${total} columns`
  return `${count}${shown}\n\n${lines.flat().join('\n')}\n`
}

function edgeLine(
  { scope, to, statements }: ColumnsAnswer['edges'][number],
  named: (end: End) => string,
) {
  const how = new Set(
    statements.flatMap(({ transformations }) =>
      transformations.map(({ type, subtype }) => [type, subtype].filter(Boolean).join(' ')),
    ),
  )
  const jobs = statements.flatMap(({ job }) => (job ? [job.name ?? job.id] : []))
  const by = jobs.length > 0 ? `  by ${[...new Set(jobs)].join(', ')}` : ''
  const words = [scope === 'DATASET' ? 'all rows' : '', ...how].filter(Boolean).join('; ')
  return `← ${named(to)}${words && `  (${words})`}${by}`
}
