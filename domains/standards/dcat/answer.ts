import type { Described } from '../models/answer.ts'

/** A dataset or a source as a catalogue lists it, with what its edges name. */
export interface Listed extends Described {
  kind: 'Dataset' | 'Source'
  licenses: readonly Described[]
  /** Those who answer for it. */
  principals: readonly Described[]
  /** Ids: what it was derived from, and the sources that it comes from. */
  derivedFrom: readonly string[]
  /** The jobs that write it. */
  jobs: readonly Job[]
}

/** A job that wrote something, with the ids of what it reads. */
export interface Job {
  id: string
  /** Empty, as is the name, where they are erased. */
  namespace: string
  name: string
  used: readonly string[]
}

/** A catalogue, or a page of one, as it was at one position. */
export interface CatalogueAnswer {
  /** The tenant, and the id of its own entity. */
  tenant: { id: string; name: string }
  /** The entity whose lineage is listed; `null` where everything is. */
  root: string | null
  listed: readonly Listed[]
  position: string
}
