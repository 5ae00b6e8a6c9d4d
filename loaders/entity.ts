import DataLoader from 'dataloader'
import { type EntityAt, entitiesByIds } from '../lineage/entities.ts'
import type { Ask } from '../lineage/graph.ts'
import { inOrderOf } from './batch.ts'

/**
 * One read for all the entities that a request asks for in the same tick, at one position.
 *
 * Made anew for each request: its cache would otherwise hand one caller what another may see.
 */
export const entityLoader = (ask: Ask, n: number) =>
  new DataLoader<string, EntityAt | null>(
    async (ids) =>
      inOrderOf(ids, (await entitiesByIds(ask, ids, n))?.entities ?? [], ({ id }) => id),
    { name: 'entity', maxBatchSize: 500 },
  )
