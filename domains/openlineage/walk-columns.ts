import type { Transformation } from './column-lineage.ts'
import { FoundColumns } from './found-columns.ts'

/** A column of a dataset, by the dataset's id; without a column each one of the dataset's. */
export interface ColumnEnd {
  dataset: string
  column: string | null
}

/** A column that the walk came to. */
export interface ReachedColumn {
  dataset: string
  column: string
  /** The least number of hops from where the walk began. */
  distance: number
}

/** One dependency, as one job says it (`null`: as it is said of the dataset alone). */
export interface Dependency {
  /** The column that depends; `null` where all of the dataset's do. */
  column: string | null
  on: { dataset: string; column: string }
  job: string | null
  transformations: Transformation[]
}

/** What is known of a dataset's columns. */
export interface DatasetColumns {
  id: string
  /** Those that its schema or what is said of its columns names; others may name more. */
  names: ReadonlySet<string>
  dependencies: readonly Dependency[]
}

/** Where the walk reads; each is asked for many datasets in one tick. */
export interface ColumnSource {
  columnsOf(dataset: string): Promise<DatasetColumns>
  /** The ids of the datasets that are derived from one. */
  derivedFrom(dataset: string): Promise<readonly string[]>
}

/** An edge of the answer, pointing upstream, with everybody who says that it is there. */
export interface ColumnEdge {
  from: ColumnEnd
  to: { dataset: string; column: string }
  statements: Pick<Dependency, 'job' | 'transformations'>[]
}

/** The whole answer: columns by distance, dataset and name, and the edges walked. */
export interface ColumnWalk {
  columns: ReachedColumn[]
  edges: ColumnEdge[]
}

/**
 * Walks from one column, hop by hop: each column once, by its least distance, so that cycles end.
 * Edges are those from (downstream: to) columns that lie nearer than the depth.
 *
 * What a dataset as a whole depends on each of its columns depends on: it is one edge from the dataset,
 * not one for each column, and leads downstream to every column that anybody names.
 *
 * @throws {Problem} `LINEAGE_COLUMNS_TOO_WIDE`
 */
export async function walkColumns(
  source: ColumnSource,
  root: { dataset: string; column: string },
  { way, depth }: { way: 'UPSTREAM' | 'DOWNSTREAM'; depth: number },
): Promise<ColumnWalk> {
  const found = new FoundColumns()
  const hop = way === 'UPSTREAM' ? upstream(source) : downstream(source)
  found.reach(root, 0)
  for (let distance = 0, rim = found.at(0); distance < depth && rim.length > 0; ) {
    const byDataset = Map.groupBy(rim, ({ dataset }) => dataset)
    distance += 1
    const steps = await Promise.all(
      [...byDataset].map(([dataset, columns]) =>
        hop(dataset, new Set(columns.map(({ column }) => column))),
      ),
    )
    for (const { edges, reached } of steps) {
      for (const edge of edges) found.add(edge)
      for (const column of reached) found.reach(column, distance)
    }
    rim = found.at(distance)
  }
  return found.walk()
}

/** One hop from some columns of one dataset. */
type Hop = (dataset: string, columns: ReadonlySet<string>) => Promise<Step>

/** What one hop finds. */
export interface Step {
  edges: { from: ColumnEnd; dependency: Dependency }[]
  reached: { dataset: string; column: string }[]
}

const upstream =
  (source: ColumnSource): Hop =>
  async (dataset, columns) => {
    const { dependencies } = await source.columnsOf(dataset)
    const taken = dependencies.filter(({ column }) => column === null || columns.has(column))
    return {
      edges: taken.map((one) => ({ from: { dataset, column: one.column }, dependency: one })),
      reached: taken.map(({ on }) => on),
    }
  }

const downstream =
  (source: ColumnSource): Hop =>
  async (dataset, columns) => {
    const owners = await ownersOf(source, dataset)
    const edges = owners.flatMap(({ id, dependencies }) =>
      dependencies
        .filter(({ on }) => on.dataset === dataset && columns.has(on.column))
        .map((dependency) => ({ from: { dataset: id, column: dependency.column }, dependency })),
    )
    const single = edges.flatMap(({ from: { dataset: owner, column } }) =>
      column === null ? [] : [{ dataset: owner, column }],
    )
    const whole = new Set(
      edges.filter(({ from }) => from.column === null).map(({ from }) => from.dataset),
    )
    const all = await Promise.all([...whole].map((owner) => allColumns(source, owner)))
    return { edges, reached: [...single, ...all.flat()] }
  }

/** The datasets whose columns may come from this one's: its own may too. */
const ownersOf = async (source: ColumnSource, dataset: string) =>
  Promise.all([...new Set([dataset, ...(await source.derivedFrom(dataset))])].map(source.columnsOf))

/** Every column of a dataset that anybody names. */
async function allColumns(source: ColumnSource, dataset: string) {
  const { names } = await source.columnsOf(dataset)
  const owners = await ownersOf(source, dataset)
  const named = owners.flatMap(({ dependencies }) =>
    dependencies.filter(({ on }) => on.dataset === dataset).map(({ on }) => on.column),
  )
  return [...new Set([...names, ...named])].map((column) => ({ dataset, column }))
}
