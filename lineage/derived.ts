import { type Ask, query } from './graph.ts'
import { inForce } from './position.ts'

/** The datasets that are derived from one. */
export interface Derived {
  id: string
  derived: string[]
}

const DERIVED = query<Derived>(`
  // datasets derived from datasets
  WITH toInteger($n) AS n
  UNWIND $ids AS id
  MATCH (e:Entity {tenant: $tenant, id: id})
  CALL (e, n) {
    MATCH (e)<-[x:WAS_DERIVED_FROM]-(far) WHERE ${inForce('x')} AND far.tenant = $tenant
    RETURN collect(far.id) AS derived
  }
  RETURN id, derived`)

/** What is derived from each at `n`, in no particular order. */
export const derivedFrom = (ask: Ask, ids: readonly string[], n: number) => ask(DERIVED, { ids, n })
