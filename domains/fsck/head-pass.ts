import type { LogHead } from '../../lineage/log.ts'
import type { EpochLeaf } from '../../proofs/leaf.ts'
import type { Report } from './difference.ts'
import type { StoredMerge } from './store.ts'

/** Holds what the head says of epochs against the epoch records (docs/specs/log.md, "After a restore"). */
export function compareEpochs(
  { origin, epoch, kept }: LogHead,
  epochs: readonly EpochLeaf[],
  { tenant, report }: { tenant: string; report: Report },
) {
  const tell = (what: string) => report({ name: 'LOG_EPOCH', what })
  const last = epochs.at(-1)
  const expected = last ? last.origin : origin.split('/').slice(0, 2).join('/')
  const number = last ? epochOf(last.origin) : 0
  if (origin !== expected || origin.split('/')[1] !== tenant) {
    tell(`its origin is ${origin}, the last epoch record's ${last?.origin ?? 'none'}`)
  }
  if (epoch !== number) tell(`it is in epoch ${epoch}, and its records in ${number}`)
  if (kept.length !== epoch) tell(`it knows what it kept of ${kept.length} epochs, not of ${epoch}`)
  if (!last) return
  const ofPrevious = kept[epochOf(last.prevOrigin)]
  if (ofPrevious !== last.keptSize) {
    tell(`it kept ${ofPrevious} leaves of ${last.prevOrigin}, the record says ${last.keptSize}`)
  }
  const most = Math.max(...kept)
  if (most > last.keptSize) tell(`it kept ${most} leaves of an epoch, and ${last.keptSize} at most`)
}

const epochOf = (origin: string) => Number(origin.split('/')[2] ?? 0)

/** Holds the merges under way against what the head counts, and against the entities that they join. */
export function compareMerges(counted: number, merges: readonly StoredMerge[], report: Report) {
  if (counted !== merges.length) {
    const what = `the head counts ${counted} merges under way, and there are ${merges.length}`
    report({ name: 'MERGE', what })
  }
  for (const { alias, canonical, isAlias, isThere } of merges) {
    if (isAlias)
      report({ name: 'MERGE', id: alias, what: 'it is an alias, and still being merged' })
    if (!isThere) report({ name: 'MERGE', id: alias, what: `it, or ${canonical}, is not there` })
  }
}
