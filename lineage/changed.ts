import { type EntityAt, type EntityColumns, entitiesAt, entityColumns } from './entities.ts'
import { type Ask, query } from './graph.ts'
import type { Kind, Relation } from './kinds.ts'
import { AT_POSITION, LOG_STATE, type LogState, stateOf } from './position.ts'

/** An entity at the later of two positions, and the last of its records between them. */
export type ChangedEntity = EntityAt & { last: number }

export interface ChangedRead extends LogState {
  changed: ChangedEntity[]
}

/**
 * Every entity once, in the order of its last record before `n`. What is looked through is a stretch
 * of the log, and an entity with many records in it is looked up once for each.
 */
const CHANGED = query<EntityColumns & LogState & { n: number; lasts: number[] }>(`
  // entities changed in a stretch of the log
  ${AT_POSITION}
  CALL (n) {
    MATCH (record:Record {tenant: $tenant}) WHERE record.seq >= $from AND record.seq < $to
      AND ($kinds IS NULL OR record.kind IN $kinds)
    MATCH (e:Entity {tenant: $tenant, id: record.id})
    WHERE e.seq = record.seq OR (e.seq >= n AND NOT EXISTS {
      MATCH (later:Record {tenant: $tenant, id: record.id})
      WHERE later.seq > record.seq AND later.seq < n
    })
    WITH e, record.seq AS last ORDER BY last LIMIT toInteger($first)
    RETURN collect(e) AS found, collect(last) AS lasts
  }
  RETURN ${LOG_STATE}, lasts, ${entityColumns('found')}`)

/**
 * Up to `first` entities whose last record before `n` stands in `[from, to)`, in that order.
 * `undefined` where there is no such tenant.
 */
export async function changedEntities(
  ask: Ask,
  asked: { from: number; to: number; kinds: readonly Kind[] | null; first: number },
  n: number | null,
): Promise<ChangedRead | undefined> {
  const [row] = await ask(CHANGED, { ...asked, n })
  if (!row) return undefined
  const entities = await entitiesAt(ask, row, row.n)
  return { ...stateOf(row), changed: entities.map((one, i) => ({ ...one, last: row.lasts[i]! })) }
}

/** An out-edge that was in force at one of two positions and not at the other, or was linked anew. */
export interface TurnedEdge {
  relation: Relation
  to: string
  since: number
}

interface TurnedEdges {
  id: string
  edges: [relation: Relation, to: string, since: number][]
}

const TURNED = query<TurnedEdges>(`
  // out-edges that came or went between two positions
  UNWIND $ids AS id
  MATCH (e:Entity {tenant: $tenant, id: id})
  CALL (e) {
    MATCH (e)-[x]->(far) WHERE far.tenant = $tenant AND (
      (x.since >= $from AND x.since < $to AND x.until >= $to) OR
      (x.since < $from AND x.until >= $from AND x.until < $to))
    RETURN collect([type(x), far.id, x.since]) AS edges
  }
  RETURN id, edges`)

/** In no particular order; those with a `since` of `from` or later came, and the others went. */
export const turnedEdges = async (
  ask: Ask,
  asked: { ids: readonly string[]; from: number; to: number },
): Promise<Map<string, TurnedEdge[]>> => {
  const rows = asked.ids.length === 0 ? [] : await ask(TURNED, asked)
  return new Map(
    rows.map(({ id, edges }) => [
      id,
      edges.map(([relation, to, since]) => ({ relation, to, since })),
    ]),
  )
}
