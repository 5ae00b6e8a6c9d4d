import { columnsTooWide } from '../../lineage/problems.ts'
import type { ColumnEdge, ColumnEnd, ColumnWalk, ReachedColumn, Step } from './walk-columns.ts'

/** The most columns and the most edges of an answer. */
export const MOST_WALKED = 50_000

const keyOf = ({ dataset, column }: ColumnEnd) => JSON.stringify([dataset, column])

/** What a walk has come to so far: each column by the first distance that it is reached at. */
export class FoundColumns {
  readonly #columns = new Map<string, ReachedColumn>()
  readonly #edges = new Map<string, ColumnEdge>()
  readonly #rims: ReachedColumn[][] = []

  /** @throws {Problem} `LINEAGE_COLUMNS_TOO_WIDE` */
  reach({ dataset, column }: { dataset: string; column: string }, distance: number) {
    const key = keyOf({ dataset, column })
    if (this.#columns.has(key)) return
    const reached = { dataset, column, distance }
    this.#columns.set(key, reached)
    this.#rims[distance] ??= []
    this.#rims[distance].push(reached)
    this.#check(this.#columns.size)
  }

  /** Adds who says so to an edge. @throws {Problem} `LINEAGE_COLUMNS_TOO_WIDE` */
  add({ from, dependency: { on, job, transformations } }: Step['edges'][number]) {
    const key = `${keyOf(from)} ${keyOf(on)}`
    const edge = this.#edges.get(key) ?? { from, to: on, statements: [] }
    this.#edges.set(key, edge)
    this.#check(this.#edges.size)
    const said = { job, transformations }
    const text = JSON.stringify(said)
    if (edge.statements.every((other) => JSON.stringify(other) !== text)) edge.statements.push(said)
  }

  /** The columns first reached at a distance. */
  at(distance: number): readonly ReachedColumn[] {
    return this.#rims[distance] ?? []
  }

  /** All that was found, columns in their order. */
  walk(): ColumnWalk {
    return { columns: sorted([...this.#columns.values()]), edges: [...this.#edges.values()] }
  }

  #check(found: number) {
    if (found > MOST_WALKED) throw columnsTooWide(MOST_WALKED)
  }
}

const sorted = (columns: ReachedColumn[]) =>
  columns.sort(
    (a, b) =>
      a.distance - b.distance || compare(a.dataset, b.dataset) || compare(a.column, b.column),
  )

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b))

/** Two walks from one column taken together: each column by its lesser distance, each edge once. */
export function bothWays(up: ColumnWalk, down: ColumnWalk): ColumnWalk {
  const columns = new Map(down.columns.map((one) => [keyOf(one), one]))
  for (const one of up.columns) {
    const other = columns.get(keyOf(one))
    if (!other || other.distance > one.distance) columns.set(keyOf(one), one)
  }
  const edges = new Map(
    [...down.edges, ...up.edges].map((edge) => [`${keyOf(edge.from)} ${keyOf(edge.to)}`, edge]),
  )
  return { columns: sorted([...columns.values()]), edges: [...edges.values()] }
}
