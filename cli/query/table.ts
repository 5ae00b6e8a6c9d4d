type Row = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A list of things in an answer, with what stands around it. */
interface Found {
  rows: readonly Row[]
  more: boolean
}

/**
 * The list of an answer that is about one list: the one field at its root is a list of objects, or has one
 * as `nodes` or `edges`. Any other answer has none.
 */
export function listIn(data: unknown): Found | null {
  const fields = isObject(data) ? Object.values(data) : []
  if (fields.length !== 1) return null
  const [field] = fields
  const more = hasMore(field)
  const list = isObject(field) ? (field.nodes ?? nodesOf(field.edges)) : field
  return Array.isArray(list) && list.length > 0 && list.every(isObject)
    ? { rows: list, more }
    : null
}

const nodesOf = (edges: unknown) =>
  Array.isArray(edges) ? edges.map((edge) => (isObject(edge) ? edge.node : edge)) : edges

const hasMore = (field: unknown) =>
  isObject(field) && isObject(field.pageInfo) && field.pageInfo.hasNextPage === true

/** Things as a table, one a line, a column for each plain value in them. */
export function tableOf({ rows, more }: Found): string {
  const flat = rows.map((row) => Object.fromEntries(cellsOf(row, '')))
  const columns = [...new Set(flat.flatMap((row) => Object.keys(row)))]
  const lines = [columns, ...flat.map((row) => columns.map((column) => row[column] ?? '-'))]
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)))
  const written = lines.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  )
  return [...written, ...(more ? ['(there is more)'] : [])].join('\n')
}

function cellsOf(row: Row, under: string): [string, string][] {
  return Object.entries(row).flatMap(([name, value]) =>
    isObject(value) ? cellsOf(value, `${under}${name}.`) : [[`${under}${name}`, cellOf(value)]],
  )
}

/** On one line, and nothing in it that a terminal acts on. */
function cellOf(value: unknown): string {
  const text = value === null ? '-' : typeof value === 'string' ? value : JSON.stringify(value)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}
