import DataLoader from 'dataloader'
import type { Ask } from '../lineage/graph.ts'
import { type MergedNames, mergesOf } from '../lineage/merges.ts'

/** The merges under way at one position, by an entity that takes part, in one read for all of the same tick. */
export const mergesLoader = (ask: Ask, n: number) =>
  new DataLoader<string, MergedNames[]>(
    async (ids) => {
      const rows = await mergesOf(ask, ids, n)
      return ids.map((id) =>
        rows.filter(({ alias, canonical }) => alias === id || canonical === id),
      )
    },
    { name: 'merges', maxBatchSize: 500 },
  )
