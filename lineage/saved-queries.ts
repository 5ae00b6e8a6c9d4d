import { type EntitiesRead, type EntityColumns, entitiesAt, entityColumns } from './entities.ts'
import { type Ask, query } from './graph.ts'
import { AT_POSITION, LOG_STATE, type LogState, stateOf } from './position.ts'

/** An entity is a saved query by its id: just this form is a seek in the index of ids. */
const IS_SAVED = `e.id > 'urn:selvedge:savedquery:' AND e.id < 'urn:selvedge:savedquery;'`

const SAVED = query<EntityColumns & LogState & { n: number }>(`
  // saved queries
  ${AT_POSITION}
  CALL (n) {
    MATCH (e:Entity {tenant: $tenant})
      WHERE ${IS_SAVED} AND e.first < n AND (e.action = 'assert' OR e.seq >= n)
    RETURN collect(e) AS found
  }
  RETURN ${LOG_STATE}, ${entityColumns('found')}`)

const STANDING = query<{ count: number }>(`
  // how many saved queries stand
  MATCH (e:Entity {tenant: $tenant})
    WHERE ${IS_SAVED} AND e.action = 'assert' AND e.erased IS NULL
  RETURN count(e) AS count`)

const VERSION = query<{ seq: number }>(`
  // a version of a saved query
  MATCH (record:Record {tenant: $tenant, id: $id})
    WHERE record.seq < $to AND record.version = $version AND record.action = 'assert'
  RETURN record.seq AS seq`)

/**
 * The saved queries that stand at `n` (`null`: now), in the order of their names; `undefined` where there
 * is no such tenant. A tenant has so few that all are read at once.
 */
export async function savedQueries(ask: Ask, n: number | null): Promise<EntitiesRead | undefined> {
  const [row] = await ask(SAVED, { n })
  if (!row) return undefined
  const entities = await entitiesAt(ask, row, row.n)
  // One that is erased has no name any more.
  const standing = entities.filter(({ retired, name }) => !retired && name !== '')
  return { ...stateOf(row), entities: standing.sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

/** How many saved queries the tenant has, those removed and erased not counted. */
export const savedQueriesStanding = async (ask: Ask) => (await ask(STANDING))[0]!.count

/** The place of the record that is this version of a saved query, where that is before `to`. */
export const versionOfSavedQuery = async (
  ask: Ask,
  asked: { id: string; version: number; to: number },
): Promise<number | undefined> => (await ask(VERSION, asked))[0]?.seq
