import DataLoader from 'dataloader'
import type { EntityAt } from '../lineage/entities.ts'
import type { GrantedGraph } from '../lineage/granted.ts'
import { parseWithholding, withheldNames } from '../proofs/withhold.ts'
import { inOrderOf } from './batch.ts'
import { type Fields, openBodyLoader } from './record.ts'

/** What is read of entities that a grant shows, as far as it shows it. */
export interface GrantedLoaders {
  /** The fields that the grant shows, by name. */
  fields(entity: EntityAt): Promise<Fields>
  /** Whether the grant shows a field of this name on the entities of a kind. */
  shows(kind: string, name: string): boolean
  recordTime(entity: EntityAt): Promise<string | null>
  isErased(entity: EntityAt): Promise<boolean>
  /** An entity that is granted, or `null`. */
  entity(id: string): Promise<EntityAt | null>
  /** Takes what the grant has shown already: it is not looked up again. */
  prime(entities: readonly EntityAt[]): void
}

/**
 * One read for all that a request asks for in the same tick, through one grant.
 *
 * @param patterns The grant's, of the fields that it shows: read as those that a bundle withholds are.
 */
export function grantedLoaders(graph: GrantedGraph, patterns: readonly string[]): GrantedLoaders {
  const parsed = patterns.length > 0 ? parseWithholding(patterns) : null
  const shownOf = (kind: string, names: readonly string[]) =>
    parsed ? withheldNames(parsed, kind, names) : new Set<string>()
  const bySeq = new Map<number, EntityAt>()
  const entitiesAt = (seqs: readonly number[]) => seqs.map((seq) => bySeq.get(seq)!)
  const seqOf = (entity: EntityAt) => {
    bySeq.set(entity.seq, entity)
    return entity.seq
  }
  const body = openBodyLoader((seqs) => graph.bodies(entitiesAt(seqs)))
  const recordTime = new DataLoader<number, string | null>(async (seqs) => {
    const rows = inOrderOf(seqs, await graph.recordTimes(entitiesAt(seqs)), ({ seq }) => seq)
    return rows.map((row) => row?.at ?? null)
  })
  const erased = new DataLoader<number, boolean>(async (seqs) => {
    const rows = new Set((await graph.erasures(entitiesAt(seqs))).map(({ seq }) => seq))
    return seqs.map((seq) => rows.has(seq))
  })
  const entity = new DataLoader<string, EntityAt | null>(
    async (ids) => inOrderOf(ids, await graph.entities(ids), ({ id }) => id),
    { maxBatchSize: 500 },
  )
  return {
    async fields(one) {
      const fields = await body.load(seqOf(one))
      const shown = shownOf(one.kind, Object.keys(fields))
      return Object.fromEntries(Object.entries(fields).filter(([name]) => shown.has(name)))
    },
    shows: (kind, name) => shownOf(kind, [name]).has(name),
    recordTime: (one) => recordTime.load(seqOf(one)),
    isErased: (one) => erased.load(seqOf(one)),
    entity: (id) => entity.load(id),
    prime(entities) {
      for (const one of entities) entity.prime(one.id, one)
    },
  }
}
