import neo4j, { type Driver } from 'neo4j-driver'

/** How fast the database itself answers: the limit that everything above it is measured against. */
export const openRaw = (connection: { uri: string; username: string; password: string }): Driver =>
  neo4j.driver(connection.uri, neo4j.auth.basic(connection.username, connection.password), {
    disableLosslessIntegers: true,
  })

/** The fastest text known for "everything within four hops, with edges": columns and adjacency lists. */
const COLUMNS = `
  MATCH (a:Entity {tenant: $tenant, id: $id})
  CALL (a) {
    MATCH p = (a)-[:USED|WAS_GENERATED_BY*0..4]->(n) WHERE all(x IN nodes(p) WHERE x.tenant = $tenant)
    WITH n, min(length(p)) AS d LIMIT toInteger($max)
    RETURN collect(n.id) AS ids, collect(n.kind) AS kinds, collect(n.name) AS names,
      collect(d) AS depths, collect(CASE WHEN d < 4 THEN n END) AS inner
  }
  CALL (inner) {
    UNWIND inner AS x MATCH (x)-[:USED|WAS_GENERATED_BY]->(y)
    WITH x, collect(y.id) AS ys RETURN collect(x.id) AS src, collect(ys) AS tgt
  }
  RETURN ids, kinds, names, depths, src, tgt`

export interface Columns {
  ids: string[]
  kinds: string[]
  names: string[]
  depths: number[]
  src: string[]
  tgt: string[][]
}

/** One auto-commit query in READ mode. */
export async function rawLineage(driver: Driver, tenant: string, id: string): Promise<Columns> {
  const session = driver.session({ defaultAccessMode: neo4j.session.READ })
  try {
    const { records } = await session.run(COLUMNS, { tenant, id, max: 500 })
    return records[0]!.toObject() as Columns
  } finally {
    await session.close()
  }
}

export async function rawRows<Row>(
  driver: Driver,
  text: string,
  params: Record<string, unknown>,
): Promise<Row[]> {
  const session = driver.session()
  try {
    return (await session.run(text, params)).records.map((record) => record.toObject() as Row)
  } finally {
    await session.close()
  }
}
