import DataLoader from 'dataloader'
import type { Ask } from '../lineage/graph.ts'
import { type DroppedEdge, droppedEdges } from '../lineage/state-log.ts'

/** The edges that retiring records ended, which their headers do not list, in one read for all of a tick. */
export const droppedLoader = (ask: Ask) =>
  new DataLoader<{ id: string; seq: number }, DroppedEdge[], number>(
    async (retired) => {
      const bySeq = Map.groupBy(await droppedEdges(ask, retired), ({ seq }) => seq)
      return retired.map(({ seq }) => bySeq.get(seq) ?? [])
    },
    { name: 'dropped edges', maxBatchSize: 100, cacheKeyFn: ({ seq }) => seq },
  )
