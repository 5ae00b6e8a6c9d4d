import type { Database } from '../lineage/graph.ts'
import { lockLog } from '../lineage/log.ts'
import { forgetPages } from '../lineage/pages.ts'
import { stateBefore } from '../lineage/state-log.ts'

/** How long a state can be read from its pages; an older one is derived anew from the headers. */
const KEPT_MS = 24 * 3_600_000
/** What one run deletes at most, in transactions that are short enough for a writer to wait for. */
const MOST_TRANSACTIONS = 100

/**
 * Deletes the pages that only states of more than a day ago have. The last state of before that keeps
 * its own, since it is the one that answers for its time until the next.
 *
 * @returns How many pages went, which are not all where there are very many.
 */
export async function forgetOldPages(
  database: Database,
  tenant: string,
  now: number,
): Promise<number> {
  const graph = database.graph(tenant)
  const state = await stateBefore(graph.read, new Date(now - KEPT_MS).toISOString())
  if (!state) return 0
  let forgotten = 0
  for (let i = 0; i < MOST_TRANSACTIONS; i++) {
    const some = await graph.write(async ({ run }) => {
      await lockLog(run)
      return forgetPages(run, state.seq)
    })
    forgotten += some
    if (some === 0) break
  }
  return forgotten
}
