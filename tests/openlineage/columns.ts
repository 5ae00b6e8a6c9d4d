import { expect } from 'vitest'
import type { TestApp } from '../setup/app.ts'

const FIND = `query Find($namespace: String!, $name: String!) {
  entity(kind: Dataset, namespace: $namespace, name: $name) { id }
}`

export const COLUMNS = `query Columns(
  $dataset: ID!, $column: String!, $direction: Direction = UPSTREAM, $depth: Int = 20
  $first: Int = 1000, $after: String, $asOf: AsOf
) {
  columnLineage(
    dataset: $dataset, column: $column, direction: $direction, depth: $depth
    first: $first, after: $after, asOf: $asOf
  ) {
    root { name }
    nodes { distance column dataset { id name namespace } }
    edges {
      scope from { dataset column } to { dataset column }
      statements { job { name } transformations { type subtype description masking } }
    }
    total truncated mergeInProgress position pageInfo { hasNextPage endCursor }
  }
}`

export interface ColumnsAnswer {
  root: { name: string }
  nodes: {
    distance: number
    column: string
    dataset: { id: string; name: string; namespace: string }
  }[]
  edges: {
    scope: 'COLUMN' | 'DATASET'
    from: { dataset: string; column: string | null }
    to: { dataset: string; column: string }
    statements: {
      job: { name: string } | null
      transformations: { type: string; subtype: string | null; masking: boolean | null }[]
    }[]
  }[]
  total: number
  truncated: boolean
  mergeInProgress: boolean
  position: string
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

/** The id of a dataset, which must be there. */
export async function idOf(
  { ask }: Pick<TestApp, 'ask'>,
  tenant: string,
  [namespace, name]: readonly [string, string],
) {
  const { data } = await ask<{ entity: { id: string } | null }>(FIND, {
    tenant,
    variables: { namespace, name },
  })
  return data.entity!.id
}

/** Asks for the lineage of a column; what is wrong fails the test. */
export async function columnsOf(
  { ask }: Pick<TestApp, 'ask'>,
  tenant: string,
  variables: Record<string, unknown>,
): Promise<ColumnsAnswer> {
  const { data, errors } = await ask<{ columnLineage: ColumnsAnswer }>(COLUMNS, {
    tenant,
    variables,
  })
  expect(errors).toBeUndefined()
  return data.columnLineage
}

/** An answer in words: `1 name.column`, and `name.column -> name.column` with `*` for all columns. */
export function toldColumns({ nodes, edges }: Pick<ColumnsAnswer, 'nodes' | 'edges'>) {
  const names = new Map(nodes.map(({ dataset }) => [dataset.id, dataset.name]))
  const end = ({ dataset, column }: { dataset: string; column: string | null }) =>
    `${names.get(dataset)}.${column ?? '*'}`
  return {
    nodes: nodes
      .map(({ distance, dataset, column }) => `${distance} ${dataset.name}.${column}`)
      .sort(),
    edges: edges.map(({ from, to }) => `${end(from)} -> ${end(to)}`).sort(),
  }
}
