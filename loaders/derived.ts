import DataLoader from 'dataloader'
import { derivedFrom } from '../lineage/derived.ts'
import type { Ask } from '../lineage/graph.ts'
import { inOrderOf } from './batch.ts'

/** The ids of the datasets that are derived from each at one position, in one read for all of the same tick. */
export const derivedLoader = (ask: Ask, n: number) =>
  new DataLoader<string, readonly string[]>(
    async (ids) => {
      const rows = inOrderOf(ids, await derivedFrom(ask, ids, n), ({ id }) => id)
      return rows.map((row) => row?.derived ?? [])
    },
    { name: 'derived', maxBatchSize: 500 },
  )
