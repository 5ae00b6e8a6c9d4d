import type { Ask } from '../lineage/graph.ts'
import { derivedLoader } from './derived.ts'
import { droppedLoader } from './dropped.ts'
import { entityLoader } from './entity.ts'
import { linksLoader } from './links.ts'
import { mergesLoader } from './merges.ts'
import { bodyLoader, erasureLoader, recordNoteLoader } from './record.ts'
import { runsLoader } from './runs.ts'

/** What is read of entities at one position. */
export interface LoadersAt {
  entity: ReturnType<typeof entityLoader>
  links: ReturnType<typeof linksLoader>
  merges: ReturnType<typeof mergesLoader>
  derived: ReturnType<typeof derivedLoader>
  runs: ReturnType<typeof runsLoader>
}

/** The loaders of one request. Records never change, so what is read of them has no position. */
export interface Loaders {
  recordNote: ReturnType<typeof recordNoteLoader>
  body: ReturnType<typeof bodyLoader>
  erasure: ReturnType<typeof erasureLoader>
  dropped: ReturnType<typeof droppedLoader>
  /** Those of a position: an answer's parts are all read at the one that it began with. */
  at(n: number): LoadersAt
}

export function openLoaders(ask: Ask): Loaders {
  const byPosition = new Map<number, LoadersAt>()
  return {
    recordNote: recordNoteLoader(ask),
    body: bodyLoader(ask),
    erasure: erasureLoader(ask),
    dropped: droppedLoader(ask),
    at(n) {
      let loaders = byPosition.get(n)
      if (!loaders) {
        loaders = {
          entity: entityLoader(ask, n),
          links: linksLoader(ask, n),
          merges: mergesLoader(ask, n),
          derived: derivedLoader(ask, n),
          runs: runsLoader(ask, n),
        }
        byPosition.set(n, loaders)
      }
      return loaders
    },
  }
}
