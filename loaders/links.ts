import DataLoader from 'dataloader'
import type { Ask } from '../lineage/graph.ts'
import { type Links, linksOf } from '../lineage/links.ts'
import { inOrderOf } from './batch.ts'

/** The out-edges of entities at one position, in one read for all of the same tick. */
export const linksLoader = (ask: Ask, n: number) =>
  new DataLoader<string, Links['links']>(
    async (ids) => {
      const rows = inOrderOf(ids, await linksOf(ask, ids, n), ({ id }) => id)
      return rows.map((row) => row?.links ?? [])
    },
    { name: 'links', maxBatchSize: 500 },
  )
