import type { Findable } from './findable.ts'
import { type Ask, query } from './graph.ts'
import { KINDS, type Kind, OPEN, OUT_EDGES, type Relation } from './kinds.ts'

/** What is set on an entity's node; the tenant is added here. */
export interface EntityRow {
  id: string
  kind: Kind
  namespace: string
  name: string
  version: number
  seq: number
  first: number
  /** Of its last record that is no erasure: an erasure takes the body and leaves the rest as it is. */
  action: 'assert' | 'retire'
  leaf: string
  out: string
  alias: string | null
  /** The position of the record that erased what it last said of itself; `null` while it says anything. */
  erased: number | null
}

/** What is written of an entity: by what it is found only where that may have changed. */
export type EntityWrite = EntityRow & Partial<Findable>

/** An entity as the write path reads it under the lock: its last record, body and out-edges in force. */
export interface StoredEntity extends EntityRow {
  /** The body as JSON text of field name to value; `{}` where there is none. */
  fields: string
  /** Out-edges in force: relation, the other's id, the leaf it was linked at, and its run time. */
  links: [rel: Relation, id: string, leaf: string | null, time: string | null][]
}

const ENTITIES = query<StoredEntity>(`
  // entities to write
  UNWIND $ids AS id
  MATCH (e:Entity {tenant: $tenant, id: id})
  MATCH (record:Record {tenant: $tenant, seq: e.seq})
  RETURN e.id AS id, e.kind AS kind, e.namespace AS namespace, e.name AS name, e.version AS version,
    e.seq AS seq, e.first AS first, e.action AS action, e.leaf AS leaf, e.out AS out, e.alias AS alias,
    e.erased AS erased, coalesce(record.fields, '{}') AS fields,
    [(e)-[x]->(other) WHERE x.until = ${OPEN} | [type(x), other.id, x.leaf, x.time]] AS links`)

const INCOMING = query<{ rel: Relation; id: string; time: string | null }>(`
  // in-edges in force
  MATCH (e:Entity {tenant: $tenant, id: $id})<-[x]-(other)
  WHERE x.until = ${OPEN} AND other.tenant = $tenant
  RETURN type(x) AS rel, other.id AS id, x.time AS time`)

const RUN_TIMES = query<{ id: string; time: string }>(`
  // latest run time of each dataset of a job
  MATCH (job:Entity {tenant: $tenant, id: $job})<-[of:RUN_OF]-(run)
  WHERE of.until = ${OPEN} AND run.tenant = $tenant AND NOT run.id IN $except
  MATCH (run)-[x:RUN_USED|RUN_GENERATED]->(dataset)
  WHERE x.until = ${OPEN} AND type(x) = $rel
  UNWIND split(x.time, ',') AS part
  WITH dataset, split(part, '@') AS dated WHERE size(dated) = 1 OR dated[1] = job.id
  RETURN dataset.id AS id, max(dated[0]) AS time`)

/** Those of the entities that exist, in no particular order. */
export const storedEntities = async (ask: Ask, ids: readonly string[]) =>
  ids.length === 0 ? [] : ask(ENTITIES, { ids })

/** Every edge in force that leads to the entity, from its owner's side. */
export const incomingEdges = (ask: Ask, id: string) => ask(INCOMING, { id })

/**
 * For every dataset that a run of the job read (or wrote), the time of the last event that said so;
 * the runs in `except` are left out.
 *
 * The time on the edge of a run that has several jobs is `time@job` for each, joined by commas.
 */
export const runTimes = (
  ask: Ask,
  asked: { job: string; rel: 'RUN_USED' | 'RUN_GENERATED'; except: readonly string[] },
) => ask(RUN_TIMES, asked)

/** What is kept of a leaf. `fields` and `secret` are the body, apart from the header for erasure's sake. */
export interface RecordRow {
  seq: number
  type: 'record' | 'key' | 'state' | 'epoch'
  header: string
  leaf: string
  at: string
  id?: string
  kind?: string
  version?: number
  action?: string
  fields?: string
  secret?: string
  /** In a record that erases: the entity that says on what ground. */
  erasure?: string
  /** In a record that erases and leaves its entity without a body: the first of its kind, or itself. */
  erased?: number
}

export interface EdgeRow {
  rel: Relation
  from: string
  to: string
  since: number
  until: number
  leaf: string | null
  time: string | null
}

const CREATE_ENTITIES = Object.fromEntries(
  KINDS.map((kind) => [kind, createEntities(kind)]),
) as Record<Kind, ReturnType<typeof createEntities>>

function createEntities(kind: Kind) {
  return query(`
  // create ${kind} entities
  UNWIND $rows AS row
  CREATE (e:Entity:${kind} {tenant: $tenant, id: row.id}) SET e += row`)
}

const CHANGE_ENTITIES = query(`
  // change entities
  UNWIND $rows AS row
  MATCH (e:Entity {tenant: $tenant, id: row.id}) SET e += row`)

const CREATE_RECORDS = query(`
  // create records
  UNWIND $rows AS row
  CREATE (record:Record {tenant: $tenant, seq: row.seq}) SET record += row`)

/** State records have a label more: the last one at a position is looked for. */
const CREATE_STATES = query(`
  // create state records
  UNWIND $rows AS row
  CREATE (record:Record:StateRecord {tenant: $tenant, seq: row.seq}) SET record += row`)

/** Asked by relation once: a relationship's type cannot be a parameter. */
const edgeTexts = new Map<string, ReturnType<typeof query>>()

const written = new Set([...Object.values(OUT_EDGES).flatMap(Object.keys), 'ALIAS_OF'])

for (const rel of written) {
  const ends = `
  MATCH (a:Entity {tenant: $tenant, id: row.from})
  MATCH (b:Entity {tenant: $tenant, id: row.to})`
  edgeTexts.set(
    `create ${rel}`,
    query(`
  // create ${rel} edges
  UNWIND $rows AS row${ends}
  CREATE (a)-[x:${rel} {tenant: $tenant, since: row.since, until: row.until, leaf: row.leaf, time: row.time}]->(b)`),
  )
  edgeTexts.set(
    `change ${rel}`,
    query(`
  // close or date ${rel} edges
  UNWIND $rows AS row${ends}
  MATCH (a)-[x:${rel}]->(b) WHERE x.until = ${OPEN}
  SET x.until = row.until, x.time = row.time`),
  )
}

export const createRecords = async (ask: Ask, rows: readonly RecordRow[]) => {
  const [states, others] = [
    rows.filter(({ type }) => type === 'state'),
    rows.filter(({ type }) => type !== 'state'),
  ]
  await Promise.all([
    others.length > 0 && ask(CREATE_RECORDS, { rows: others }),
    states.length > 0 && ask(CREATE_STATES, { rows: states }),
  ])
}

export const changeEntities = (ask: Ask, rows: readonly EntityWrite[]) =>
  rows.length === 0 ? [] : ask(CHANGE_ENTITIES, { rows })

/** Creates nodes, a text for each kind that occurs. */
export const createEntityNodes = (ask: Ask, rows: readonly EntityWrite[]) =>
  Promise.all(
    [...Map.groupBy(rows, ({ kind }) => kind)].map(([kind, some]) =>
      ask(CREATE_ENTITIES[kind], { rows: some }),
    ),
  )

/** Writes edges, a text for each relation that occurs: new ones, or the end and time of those in force. */
export const writeEdges = (ask: Ask, verb: 'create' | 'change', rows: readonly EdgeRow[]) =>
  Promise.all(
    [...Map.groupBy(rows, ({ rel }) => rel)].map(([rel, some]) => {
      const text = edgeTexts.get(`${verb} ${rel}`)
      if (!text) throw new Error(`${rel} has no text yet: add it to the table`)
      return ask(text, { rows: some.map(({ rel: _, ...row }) => row) })
    }),
  )
