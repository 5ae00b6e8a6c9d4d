import { type Database, query } from '../../lineage/graph.ts'
import { type Kind, OPEN, RELATIONS, type Relation } from '../../lineage/kinds.ts'

/** One version of an entity: the position of its record, and whether that retired it. */
export interface WorldVersion {
  seq: number
  action: 'assert' | 'retire'
}

export interface WorldNode {
  id: string
  kind: Kind
  versions: WorldVersion[]
}

export interface WorldEdge {
  relation: Relation
  from: string
  to: string
  since: number
  until: number
}

/** A graph as the write path would leave it, for tests that read only: seeded directly, and so fast. */
export interface World {
  size: number
  nodes: WorldNode[]
  edges: WorldEdge[]
}

const SEED_LOG = query(`
  // seed a log
  MERGE (log:Log {tenant: $tenant})
  SET log.size = $size, log.applied = $size, log.epoch = 0, log.origin = 'test/' + $tenant`)

const SEED_NODES = query(`
  // seed entities
  UNWIND $rows AS row
  CREATE (e:Entity {tenant: $tenant, id: row.id}) SET e += row`)

const SEED_RECORDS = query(`
  // seed records
  UNWIND $rows AS row
  CREATE (record:Record {tenant: $tenant, seq: row.seq}) SET record += row`)

const SEED_EDGES = Object.fromEntries(
  RELATIONS.map((relation) => [
    relation,
    query(`
  // seed ${relation} edges
  UNWIND $rows AS row
  MATCH (a:Entity {tenant: $tenant, id: row.from})
  MATCH (b:Entity {tenant: $tenant, id: row.to})
  CREATE (a)-[:${relation} {tenant: $tenant, since: row.since, until: row.until}]->(b)`),
  ]),
)

export const hashId = (kind: Kind, i: number) =>
  `urn:selvedge:${kind.toLowerCase()}:h:${String(i).padStart(43, 'A')}`

/** A node that was asserted once. */
export const node = (i: number, seq = 0, kind: Kind = 'Dataset'): WorldNode => ({
  id: hashId(kind, i),
  kind,
  versions: [{ seq, action: 'assert' }],
})

/** An edge in force from `since` on. */
export const edge = (from: WorldNode, to: WorldNode, since = 0): WorldEdge => ({
  relation: 'WAS_DERIVED_FROM',
  from: from.id,
  to: to.id,
  since,
  until: OPEN,
})

export async function seedWorld(database: Database, tenant: string, world: World) {
  const entities = world.nodes.map(({ id, kind, versions }) => ({
    id,
    kind,
    namespace: 'test',
    name: id.slice(-6),
    version: versions.length,
    seq: versions.at(-1)!.seq,
    first: versions[0]!.seq,
    action: versions.at(-1)!.action,
    leaf: '',
    out: '',
    alias:
      world.edges.find(
        ({ relation, from, until }) => relation === 'ALIAS_OF' && from === id && until === OPEN,
      )?.to ?? null,
  }))
  const records = world.nodes.flatMap(({ id, versions }) =>
    versions.map(({ seq, action }, i) => ({ id, seq, action, version: i + 1 })),
  )
  await database.graph(tenant).write(async ({ run }) => {
    await run(SEED_LOG, { size: world.size })
    await run(SEED_NODES, { rows: entities })
    await run(SEED_RECORDS, { rows: records })
    for (const [relation, text] of Object.entries(SEED_EDGES)) {
      const rows = world.edges.filter((one) => one.relation === relation)
      if (rows.length > 0) await run(text, { rows: rows.map(({ relation: _, ...row }) => row) })
    }
  })
}
