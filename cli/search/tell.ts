export const SEARCH = `query Search($text: String!, $kinds: [Kind!], $first: Int!, $after: String, $facets: Boolean!) {
  search(text: $text, kinds: $kinds, first: $first, after: $after) {
    nodes { id kind namespace name }
    total more complete position
    facets @include(if: $facets) {
      kinds { value count }
      owners { value count }
      principals { entity { id name } count }
      licences { entity { id name } count }
      risks { value count }
    }
    pageInfo { hasNextPage endCursor }
  }
}`

/** What was found, as the server lists it. */
export interface Hit {
  id: string
  kind: string
  namespace: string | null
  name: string | null
}

interface Value {
  value: string
  count: number
}

interface Counted {
  entity: { id: string; name: string | null } | null
  count: number
}

/** How the hits are spread, as the server says. */
export interface Facets {
  kinds: Value[]
  owners: Value[]
  principals: Counted[]
  licences: Counted[]
  risks: Value[]
}

/** A line a hit: its kind, its name and where that is unique, and its id. */
export function hitLines(hits: readonly Hit[]): string {
  const cells = hits.map(({ id, kind, namespace, name }) => [
    kind.toLowerCase(),
    name ?? '',
    namespace ?? '',
    id,
  ])
  const widths = [0, 1, 2].map((i) => Math.max(0, ...cells.map((row) => row[i]!.length)))
  return cells
    .map((row) => `${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}\n`)
    .join('')
}

/** A line for each sort of value that there is. */
export function facetLines({ kinds, owners, principals, licences, risks }: Facets): string {
  const sorts: [string, readonly Value[]][] = [
    ['kinds', kinds.map(({ value, count }) => ({ value: value.toLowerCase(), count }))],
    ['owners', owners],
    ['for', principals.map(named)],
    ['licences', licences.map(named)],
    ['risks', risks],
  ]
  return sorts
    .filter(([, values]) => values.length > 0)
    .map(
      ([sort, values]) =>
        `${`${sort}:`.padEnd(10)}${values.map(({ value, count }) => `${value} ${count}`).join(', ')}\n`,
    )
    .join('')
}

const named = ({ entity, count }: Counted): Value => ({
  value: entity?.name ?? entity?.id ?? '',
  count,
})
