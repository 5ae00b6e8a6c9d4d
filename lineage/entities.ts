import { type Ask, query } from './graph.ts'
import { inOrderOfIds, newestRecordFirst } from './index-order.ts'
import { type Kind, kindInUrn } from './kinds.ts'
import { AT_POSITION, inForce, LOG_STATE, type LogState, stateOf } from './position.ts'

/** An entity as it was at a position. */
export interface EntityAt {
  id: string
  kind: Kind
  /** Empty, as is the name, where they are erased. */
  namespace: string
  name: string
  version: number
  /** The position of its record in force then. */
  seq: number
  retired: boolean
  /** The id that it became another name of, or `null`. */
  aliasOf: string | null
  /** The size of the log that it was read at: what is asked of it further is read there too. */
  at: number
}

/** Entities as parallel columns, which decode in a third of the time of rows. */
export interface EntityColumns {
  ids: string[]
  kinds: Kind[]
  namespaces: string[]
  names: string[]
  versions: number[]
  seqs: number[]
  retireds: boolean[]
  aliases: (string | null)[]
}

/** The columns over a list of nodes, to stand in a RETURN. */
export const entityColumns = (nodes: string) => `[x IN ${nodes} | x.id] AS ids,
    [x IN ${nodes} | x.kind] AS kinds,
    [x IN ${nodes} | x.namespace] AS namespaces,
    [x IN ${nodes} | x.name] AS names,
    [x IN ${nodes} | x.version] AS versions,
    [x IN ${nodes} | x.seq] AS seqs,
    [x IN ${nodes} | x.action = 'retire'] AS retireds,
    [x IN ${nodes} | x.alias] AS aliases`

const AS_OF = query<{
  id: string
  version: number
  seq: number
  retired: boolean
  alias: string | null
  nameless: boolean
}>(`
  // entities as of a position
  WITH toInteger($n) AS n
  UNWIND $ids AS id
  MATCH (e:Entity {tenant: $tenant, id: id})
  CALL (e, n) {
    MATCH (record:Record {tenant: $tenant, id: e.id}) WHERE record.seq < n
    RETURN record ${newestRecordFirst('record')} LIMIT 1
  }
  CALL (e, n) {
    MATCH (said:Record {tenant: $tenant, id: e.id}) WHERE said.seq < n AND said.action <> 'erase'
    RETURN said.action AS action ${newestRecordFirst('said')} LIMIT 1
  }
  OPTIONAL MATCH (e)-[x:ALIAS_OF]->(canonical) WHERE ${inForce('x')}
  RETURN id, record.version AS version, record.seq AS seq, action = 'retire' AS retired,
    canonical.id AS alias, coalesce(record.erased < n, false) AS nameless`)

const BY_IDS = query<EntityColumns & LogState & { n: number }>(`
  // entities by ids
  ${AT_POSITION}
  CALL (n) {
    UNWIND $ids AS id
    MATCH (e:Entity {tenant: $tenant, id: id}) WHERE e.first < n
    RETURN collect(e) AS found
  }
  RETURN ${LOG_STATE}, ${entityColumns('found')}`)

const IN_ORDER = query<EntityColumns & LogState & { n: number }>(`
  // entities in the order of their ids
  ${AT_POSITION}
  CALL (n) {
    MATCH (e:Entity {tenant: $tenant}) WHERE e.id > $after AND e.id < $before AND e.first < n
    WITH e ${inOrderOfIds('e')} LIMIT toInteger($first)
    RETURN collect(e) AS found
  }
  RETURN ${LOG_STATE}, ${entityColumns('found')}`)

/**
 * Lays columns out as entities. Those that changed since `n` are read again as of then, by one more
 * read, which a reader of the newest position hardly ever needs.
 */
export async function entitiesAt(ask: Ask, columns: EntityColumns, n: number): Promise<EntityAt[]> {
  const entities = columns.ids.map((id, i) => entityOf(columns, id, i, n))
  const changed = entities.filter(({ seq }) => seq >= n)
  if (changed.length === 0) return entities
  const rows = await ask(AS_OF, { ids: changed.map(({ id }) => id), n })
  const then = new Map(rows.map((row) => [row.id, row]))
  return entities.map((entity) => {
    const row = entity.seq >= n ? then.get(entity.id) : undefined
    return row ? { ...entity, ...pastOf(row) } : entity
  })
}

/** A name that was erased by then, and given again since, was not there. */
const pastOf = ({
  version,
  seq,
  retired,
  alias,
  nameless,
}: {
  version: number
  seq: number
  retired: boolean
  alias: string | null
  nameless: boolean
}) => ({
  version,
  seq,
  retired,
  aliasOf: alias,
  ...(nameless && { namespace: '', name: '' }),
})

const entityOf = (columns: EntityColumns, id: string, i: number, at: number): EntityAt => ({
  id,
  kind: columns.kinds[i]!,
  namespace: columns.namespaces[i]!,
  name: columns.names[i]!,
  version: columns.versions[i]!,
  seq: columns.seqs[i]!,
  retired: columns.retireds[i]!,
  aliasOf: columns.aliases[i] ?? null,
  at,
})

/** Entities, and the state of the log that they were read from. */
export interface EntitiesRead extends LogState {
  entities: EntityAt[]
}

/**
 * Those of the entities that exist at `n` (`null`: now), in no particular order; `undefined` where
 * there is no such tenant.
 */
export async function entitiesByIds(
  ask: Ask,
  ids: readonly string[],
  n: number | null,
): Promise<EntitiesRead | undefined> {
  const [row] = await ask(BY_IDS, { ids, n })
  return row && { ...stateOf(row), entities: await entitiesAt(ask, row, row.n) }
}

/**
 * Up to `first` entities at `n`, of one kind or of all, in the order of their ids, which says nothing
 * but never changes; `undefined` where there is no such tenant.
 *
 * @param after Opens after this id.
 */
export async function entitiesInOrder(
  ask: Ask,
  asked: { kind?: Kind; after?: string; first: number },
  n: number | null,
): Promise<EntitiesRead | undefined> {
  const [from, before] = asked.kind
    ? [`urn:selvedge:${kindInUrn(asked.kind)}:`, `urn:selvedge:${kindInUrn(asked.kind)};`]
    : ['urn:selvedge:', 'urn:selvedge;']
  const after = asked.after !== undefined && asked.after > from ? asked.after : from
  const [row] = await ask(IN_ORDER, { after, before, first: asked.first, n })
  return row && { ...stateOf(row), entities: await entitiesAt(ask, row, row.n) }
}
