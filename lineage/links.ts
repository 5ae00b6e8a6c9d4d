import { type Ask, query } from './graph.ts'
import type { Relation } from './kinds.ts'
import { inForce } from './position.ts'

/** Where the out-edges of one entity lead. */
export interface Links {
  id: string
  links: [relation: Relation, id: string][]
}

const LINKS = query<Links>(`
  // out-edges of entities
  WITH toInteger($n) AS n
  UNWIND $ids AS id
  MATCH (e:Entity {tenant: $tenant, id: id})
  CALL (e, n) {
    MATCH (e)-[x]->(far) WHERE ${inForce('x')} AND far.tenant = $tenant
    RETURN collect([type(x), far.id]) AS links
  }
  RETURN id, links`)

/** The out-edges in force at `n`, in no particular order. */
export const linksOf = (ask: Ask, ids: readonly string[], n: number) => ask(LINKS, { ids, n })
