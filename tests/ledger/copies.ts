/** Runs any Cypher, past the one door. */
export type Raw = (
  cypher: string,
  params?: Record<string, unknown>,
) => Promise<Record<string, unknown>[]>

interface Copy {
  nodes: { labels: string[]; key: string; props: object }[]
  edges: { type: string; from: string; to: string; props: object }[]
}

const LABELS = [
  ...(['Entity', 'Record', 'Log', 'Tile', 'Command', 'Actor', 'Page', 'Merge'] as const),
  ...(['UsageEvent', 'UsageWindow', 'Delivery', 'DeadLetter'] as const),
] as const

/** All that is stored of a tenant, as a backup would have it. */
export async function copyOf(raw: Raw, tenant: string): Promise<Copy> {
  const nodes = await raw(
    `MATCH (n:${LABELS.join('|')} {tenant: $tenant})
    RETURN labels(n) AS labels, elementId(n) AS key, properties(n) AS props`,
    { tenant },
  )
  const edges = await raw(
    `MATCH (a:Entity {tenant: $tenant})-[x]->(b)
    RETURN type(x) AS type, a.id AS from, b.id AS to, properties(x) AS props`,
    { tenant },
  )
  return { nodes, edges } as unknown as Copy
}

/** Sets a tenant back to a copy; the register knows nothing of it. */
export async function setBack(raw: Raw, tenant: string, { nodes, edges }: Copy) {
  await erase(raw, tenant)
  for (const [labels, some] of Map.groupBy(nodes, (node) => node.labels.join(':'))) {
    await raw(`UNWIND $rows AS row CREATE (n:${labels}) SET n = row.props`, { rows: some })
  }
  for (const [type, some] of Map.groupBy(edges, (edge) => edge.type)) {
    await raw(
      `UNWIND $rows AS row
      MATCH (a:Entity {tenant: $tenant, id: row.from}) MATCH (b:Entity {tenant: $tenant, id: row.to})
      CREATE (a)-[x:${type}]->(b) SET x = row.props`,
      { rows: some, tenant },
    )
  }
}

/** Leaves nothing of a tenant, as before it was created. */
export async function erase(raw: Raw, tenant: string) {
  await raw(`MATCH (n:${LABELS.join('|')} {tenant: $tenant}) DETACH DELETE n`, { tenant })
  await raw('MATCH (entry:TenantEntry {name: $tenant}) DETACH DELETE entry', { tenant })
}
