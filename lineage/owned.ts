import { type EntitiesRead, type EntityColumns, entitiesAt, entityColumns } from './entities.ts'
import { type Ask, query } from './graph.ts'
import { newestRecordFirst } from './index-order.ts'
import type { Kind } from './kinds.ts'
import { AT_POSITION, inForce, LOG_STATE, type LogState, stateOf } from './position.ts'

/** Whose things are asked for, and which of them: all conditions that are given must hold. */
export interface OwnedAsked {
  owner: string
  kinds: readonly Kind[] | null
  /** Those that no licence is named for. */
  noLicence: boolean
  /** Those that nobody has assessed. */
  noAssessment: boolean
  /** Those of whose assessments each had expired by then, in RFC 3339; `null` for all. */
  expiredBy: string | null
  first: number
  /** Opens after this id. */
  after: string
}

/**
 * `"expiresAt":"` stands in a body as that member alone: within a text JSON has a backslash before each
 * quotation mark.
 */
const OWNED = query<EntityColumns & LogState & { n: number }>(`
  // what a principal answers for
  ${AT_POSITION}
  CALL (n) {
    MATCH (p:Entity {tenant: $tenant, id: $owner})<-[x:WAS_ATTRIBUTED_TO]-(e)
    WHERE ${inForce('x')} AND e.tenant = $tenant AND e.id > $after
      AND ($kinds IS NULL OR e.kind IN $kinds)
    CALL (e, n) {
      OPTIONAL MATCH (e)-[x:LICENSED_UNDER]->(licence) WHERE ${inForce('x')}
      RETURN count(licence) AS licences
    }
    WITH e, n WHERE NOT $noLicence OR licences = 0
    CALL (e, n) {
      OPTIONAL MATCH (e)-[x:ASSESSED_BY]->(packet) WHERE ${inForce('x')}
      RETURN collect(packet.id) AS packets
    }
    WITH e, n, packets WHERE (NOT $noAssessment OR size(packets) = 0)
      AND ($expiredBy IS NULL OR (size(packets) > 0 AND all(packet IN packets WHERE
        datetime(head(COLLECT {
          MATCH (record:Record {tenant: $tenant, id: packet}) WHERE record.seq < n
          RETURN split(split(record.fields, '"expiresAt":"')[1], '"')[0]
          ${newestRecordFirst('record')} LIMIT 1
        })) <= datetime($expiredBy))))
    WITH e ORDER BY e.id LIMIT toInteger($first)
    RETURN collect(e) AS found
  }
  RETURN ${LOG_STATE}, ${entityColumns('found')}`)

/**
 * Up to `first` of the things that a principal answers for at `n` (`null`: now), in the order of their
 * ids; `undefined` where there is no such tenant. Each of them is looked at.
 */
export async function ownedEntities(
  ask: Ask,
  asked: OwnedAsked,
  n: number | null,
): Promise<EntitiesRead | undefined> {
  const [row] = await ask(OWNED, { ...asked, n })
  return row && { ...stateOf(row), entities: await entitiesAt(ask, row, row.n) }
}
