import { expect, it } from 'vitest'
import { MOST_WALKED } from '../../domains/openlineage/found-columns.ts'
import { type ColumnSource, walkColumns } from '../../domains/openlineage/walk-columns.ts'

/** One column that comes from so many others, each of a dataset of its own. */
const wide = (many: number): ColumnSource => ({
  columnsOf: async (id) => ({
    id,
    names: new Set(),
    dependencies:
      id === 'root'
        ? Array.from({ length: many }, (_, i) => ({
            ...{ column: 'a', job: null, transformations: [] },
            on: { dataset: `d${i}`, column: 'x' },
          }))
        : [],
  }),
  derivedFrom: async () => [],
})
const walk = (many: number) =>
  walkColumns(wide(many), { dataset: 'root', column: 'a' }, { way: 'UPSTREAM', depth: 1 })

it('finds as many columns as an answer may have, and refuses one more', async () => {
  expect((await walk(MOST_WALKED - 1)).columns).toHaveLength(MOST_WALKED)
  await expect(walk(MOST_WALKED)).rejects.toMatchObject({
    ...{ code: 'LINEAGE_COLUMNS_TOO_WIDE', details: { most: MOST_WALKED } },
  })
})
