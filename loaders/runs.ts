import DataLoader from 'dataloader'
import type { Ask } from '../lineage/graph.ts'
import { type RunsAsked, type RunsPage, readRuns, runsShape } from '../lineage/runs.ts'

/** Runs of many jobs or edges at one position: one read for each shape of question in the same tick. */
export const runsLoader = (ask: Ask, n: number) =>
  new DataLoader<RunsAsked, RunsPage, string>(
    async (asked) => {
      const pages = new Map<RunsAsked, RunsPage>()
      const shapes = [...Map.groupBy(asked, runsShape).values()]
      await Promise.all(
        shapes.map(async (same) => {
          const read = await readRuns(ask, same, n)
          for (const [i, one] of same.entries()) pages.set(one, read?.pages[i] ?? NONE)
        }),
      )
      return asked.map((one) => pages.get(one) ?? NONE)
    },
    { name: 'runs', maxBatchSize: 250, cacheKeyFn: (asked) => JSON.stringify(asked) },
  )

const NONE: RunsPage = { runs: [], more: false }
