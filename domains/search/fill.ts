import { openSweeper, type Sweeper } from '../../core/sweeper.ts'
import { findableOf, isFindable } from '../../lineage/findable.ts'
import { type Ask, type Database, type Graph, SERVICE } from '../../lineage/graph.ts'
import { lockLog, noteSearched } from '../../lineage/log.ts'
import { bodyLengths, type SaidRow, saidBetween, setFound, tenantsBehind } from './store.ts'

/** How much one transaction looks through: so many leaves, with bodies of so many characters in all. */
export interface Part {
  leaves: number
  text: number
}

const USUAL: Part = { leaves: 500, text: 8_000_000 }
const SWEEP_MS = 5_000

/**
 * Derives by what the entities of a tenant are found, where a version wrote that knew nothing of that:
 * from the first such record on, some a transaction, each under the log's lock. It may be stopped or
 * killed at any point and called again, also by several servers at once.
 *
 * @param isStopped Asked before each part.
 * @returns How many transactions it took.
 */
export async function fillWords(
  graph: Graph,
  { most = USUAL, isStopped = () => false }: { most?: Part; isStopped?(): boolean } = {},
): Promise<number> {
  for (let parts = 0; ; parts++) {
    if (isStopped()) return parts
    const isDone = await graph.write(({ run }) => fillPart(run, graph.tenant, most))
    if (isDone) return parts
  }
}

/** Entities are set at their last record: one that changes meanwhile is set by who changes it. */
async function fillPart(ask: Ask, tenant: string, most: Part): Promise<boolean> {
  const head = await lockLog(ask)
  if (!head || head.searched === head.size) return true
  // One that was cut back by an older version is looked through from the start.
  const from = head.searched !== null && head.searched < head.size ? head.searched : 0
  const to = await endOfPart(ask, from, { ...most, size: head.size })
  const said = await saidBetween(ask, from, to)
  await setFound(
    ask,
    said.filter(({ kind }) => isFindable(kind)).map((row) => foundRow(tenant, row)),
  )
  await noteSearched(ask, to)
  return false
}

async function endOfPart(ask: Ask, from: number, { leaves, text, size }: Part & { size: number }) {
  const all = await bodyLengths(ask, from, Math.min(from + leaves, size))
  let sum = 0
  const beyond = all.find(({ length }, i) => {
    sum += length
    return i > 0 && sum > text
  })
  return beyond?.seq ?? Math.min(from + leaves, size)
}

const foundRow = (tenant: string, { id, kind, action, fields }: SaidRow) => ({
  id,
  ...findableOf(tenant, {
    ...{ id, kind, action },
    fields: JSON.parse(fields ?? '{}') as Record<string, unknown>,
  }),
})

/** Fills in the background what older versions have written, before this server started or beside it. */
export const openFillWorker = ({
  database,
  onError,
}: {
  database: Database
  /** Told what fails, each failure of a tenant once until it goes on. */
  onError(error: unknown): void
}): Sweeper =>
  openSweeper({
    everyMs: SWEEP_MS,
    atOnce: true,
    tenants: () => tenantsBehind(database.graph(SERVICE).read),
    finish: (tenant, isStopped) => fillWords(database.graph(tenant), { isStopped }),
    onError,
  })
