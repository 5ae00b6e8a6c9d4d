import { openSweeper, type Sweeper } from '../../core/sweeper.ts'
import type { Command, Ledger } from '../../ledger/ledger.ts'
import { type Database, SERVICE } from '../../lineage/graph.ts'
import { type MergeRow, mergingTenants, openMerges } from '../../lineage/merges.ts'
import { continueMerge, type MergePart } from './absorb-aliases.ts'
import { OWNERS_A_PART, TEXT_A_PART } from './limits.ts'

/**
 * In whose name merges go on. No caller can have it, since a subject is ASCII there: the keys of its
 * commands are never another's.
 */
const MERGER = 'selvedge·merges'

const USUAL: MergePart = { owners: OWNERS_A_PART, text: TEXT_A_PART }
const SWEEP_MS = 1_000

/** One part of a merge as a command: the same key from whichever server asks for it. */
const partCommand = (tenant: string, merge: MergeRow, most: MergePart): Command => ({
  tenant,
  subject: MERGER,
  key: `merge:${merge.alias}:${merge.part}`,
  request: `merge ${merge.alias} ${merge.part}`,
  ids: [merge.alias, merge.canonical],
  run: async (draft) => {
    await continueMerge(draft, merge, most)
    return []
  },
})

/**
 * Carries every merge of a tenant on to its end, part by part. It may be stopped or killed at any
 * point and called again, also by several servers at once: a part is done once.
 *
 * @param isStopped Asked before each part.
 */
export async function finishMerges(
  { database, ledger }: { database: Database; ledger: Pick<Ledger, 'submit'> },
  tenant: string,
  { most = USUAL, isStopped = () => false }: { most?: MergePart; isStopped?(): boolean } = {},
) {
  for (;;) {
    const merges = await openMerges(database.graph(tenant).read)
    if (merges.length === 0) return
    for (const merge of merges) {
      if (isStopped()) return
      await ledger.submit(partCommand(tenant, merge, most))
    }
  }
}

/** Finishes merges in the background, those of an earlier server included. */
export function openMergeWorker(options: {
  database: Database
  ledger: Pick<Ledger, 'submit'>
  /** Told what fails, each failure of a tenant once until its merges go on. */
  onError(error: unknown): void
  most?: MergePart
}): Sweeper {
  const { database, onError, most } = options
  return openSweeper({
    everyMs: SWEEP_MS,
    tenants: () => mergingTenants(database.graph(SERVICE).read),
    finish: (tenant, isStopped) => finishMerges(options, tenant, { most, isStopped }),
    onError,
  })
}
