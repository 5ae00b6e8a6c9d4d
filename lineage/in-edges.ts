import { type Ask, query } from './graph.ts'
import type { Relation } from './kinds.ts'

/** The edges that lead to one entity, each with the leaf of the record that linked it. */
export interface InEdges {
  id: string
  edges: [relation: Relation, from: string, leaf: string][]
}

const IN_EDGES = query<InEdges>(`
  // in-edges of entities with the records that linked them
  UNWIND $ids AS id
  MATCH (e:Entity {tenant: $tenant, id: id})
  CALL (e) {
    MATCH (e)<-[x]-(far)
    WHERE x.since < $position AND x.until >= $position AND type(x) IN $rels AND far.tenant = $tenant
    MATCH (record:Record {tenant: $tenant, seq: x.since})
    RETURN collect([type(x), far.id, record.leaf]) AS edges
  }
  RETURN id, edges`)

/** The in-edges in force at a position, of these relations, in no particular order. */
export const inEdges = (
  ask: Ask,
  ids: readonly string[],
  asked: { position: number; rels: readonly Relation[] },
) => (ids.length === 0 ? Promise.resolve([]) : ask(IN_EDGES, { ids, ...asked }))
