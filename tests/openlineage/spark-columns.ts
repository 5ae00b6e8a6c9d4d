import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { TestApp } from '../setup/app.ts'
import { columnsOf, idOf } from './columns.ts'

interface ByHand {
  dataset: [namespace: string, name: string]
  job: string
  columns: Record<string, Record<string, string[]>>
}

/** What a person read in the Spark events of `column-lineage.ndjson`. */
export const SPARK: ByHand = JSON.parse(
  readFileSync(
    new URL('../fixtures/openlineage/column-lineage.columns.json', import.meta.url),
    'utf8',
  ),
)

/** Expects just the graph written by hand, from either end of each of its edges. */
export async function expectSparkColumns(test: Pick<TestApp, 'ask'>, tenant: string) {
  const root = await idOf(test, tenant, SPARK.dataset)
  const downstream = new Map<string, Set<string>>()
  const ids = new Map<string, string>()
  for (const [column, inputs] of Object.entries(SPARK.columns)) {
    const { nodes, edges } = await columnsOf(test, tenant, { dataset: root, column })
    const names = new Map(nodes.map(({ dataset }) => [dataset.id, dataset.name.split('/').at(-1)!]))
    for (const [id, name] of names) ids.set(name, id)
    const told = edges.map(({ scope, from, to, statements }) => {
      expect([scope, from.dataset, from.column]).toEqual(['COLUMN', root, column])
      expect(statements.map(({ job }) => job?.name)).toEqual([SPARK.job])
      const words = statements[0]!.transformations.map((one) => {
        expect(one.masking).toBe(false)
        return `${one.type[0]} ${one.subtype}`
      })
      return [`${names.get(to.dataset)}.${to.column}`, words]
    })
    expect(Object.fromEntries(told)).toEqual(inputs)
    expect(nodes.filter(({ distance }) => distance > 0)).toHaveLength(told.length)
    for (const input of Object.keys(inputs)) {
      downstream.set(input, (downstream.get(input) ?? new Set()).add(column))
    }
  }
  for (const [input, columns] of downstream) {
    const [name, column] = input.split('.') as [string, string]
    const asked = { dataset: ids.get(name), column, direction: 'DOWNSTREAM' }
    const { nodes } = await columnsOf(test, tenant, asked)
    const reached = nodes.filter(({ distance }) => distance === 1)
    expect(reached.map((node) => [node.dataset.id, node.column])).toEqual(
      [...columns].sort().map((of) => [root, of]),
    )
  }
}
