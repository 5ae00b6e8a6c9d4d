type Item = Readonly<Record<string, unknown>>

/** Writes items as CSV: a column for each place of them, lists and objects below the body as JSON. */
export function csvOf(items: readonly Item[], { eol = '\r\n' } = {}): string {
  const rows = items.map((item) => new Map(cellsOf(item)))
  const header = [...new Set(rows.flatMap((row) => [...row.keys()]))]
  const lines = [header, ...rows.map((row) => header.map((name) => row.get(name) ?? ''))]
  return lines.map((cells) => cells.map(quoted).join(',') + eol).join('')
}

function* cellsOf(item: Item): Generator<[string, string]> {
  for (const [name, value] of Object.entries(item)) {
    if (name !== 'body') yield [name, textOf(value)]
    else
      for (const [field, said] of Object.entries(value as Item))
        yield [`body.${field}`, textOf(said)]
  }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
