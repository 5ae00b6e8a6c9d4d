import type { EdgeRow } from '../lineage/entity-store.ts'
import { OPEN } from '../lineage/kinds.ts'
import type { EdgeStep } from './batch.ts'

/**
 * Folds the steps of one transaction to what is written: edges to create, closed already where the
 * transaction closed them again, and edges in force to close or date.
 */
export function edgeRows(steps: readonly EdgeStep[]): { create: EdgeRow[]; change: EdgeRow[] } {
  const create: EdgeRow[] = []
  const fresh = new Map<string, EdgeRow>()
  const change = new Map<string, EdgeRow>()
  for (const { step, rel, from, to, since, leaf, time } of steps) {
    const key = `${rel} ${from} ${to}`
    if (step === 'open') {
      const row = { rel, from, to, since, until: OPEN, leaf, time }
      create.push(row)
      fresh.set(key, row)
      continue
    }
    const row = fresh.get(key) ?? { rel, from, to, since: 0, until: OPEN, leaf, time }
    row.time = time
    if (step === 'close') row.until = since
    if (!fresh.has(key)) change.set(key, row)
    else if (step === 'close') fresh.delete(key)
  }
  return { create, change: [...change.values()] }
}
