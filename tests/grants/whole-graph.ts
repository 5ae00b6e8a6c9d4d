import neo4j from 'neo4j-driver'
import { afterAll } from 'vitest'
import { OPEN } from '../../lineage/kinds.ts'
import { testNeo4j } from '../setup/database.ts'

export interface RawNode {
  id: string
  kind: string
  name: string
  retired: boolean
  alias: string | null
}

export interface RawEdge {
  relation: string
  from: string
  to: string
}

/** Everything that a tenant has, as it is stored: read past every handle of ours. */
export interface WholeGraph {
  nodes: Map<string, RawNode>
  edges: RawEdge[]
}

const { uri, username, password } = testNeo4j()
const driver = neo4j.driver(uri, neo4j.auth.basic(username, password), {
  disableLosslessIntegers: true,
})
afterAll(() => driver.close())

export async function wholeGraph(tenant: string): Promise<WholeGraph> {
  const nodes = await driver.executeQuery(
    `MATCH (e:Entity {tenant: $tenant})
     RETURN e.id AS id, e.kind AS kind, e.name AS name, e.action = 'retire' AS retired, e.alias AS alias`,
    { tenant },
  )
  const edges = await driver.executeQuery(
    `MATCH (a:Entity {tenant: $tenant})-[r]->(b) WHERE r.until = $open
     RETURN type(r) AS relation, a.id AS from, b.id AS to`,
    { tenant, open: OPEN },
  )
  const list = nodes.records.map((record) => record.toObject() as RawNode)
  return {
    nodes: new Map(list.map((node) => [node.id, node])),
    edges: edges.records.map((record) => record.toObject() as RawEdge),
  }
}

const LINEAGE = new Set(['USED', 'WAS_GENERATED_BY', 'WAS_DERIVED_FROM', 'PART_OF'])

export interface Question {
  root: string
  direction: string
  depth: number
  /** What may be seen; everything, where it is left out. */
  kinds?: readonly string[]
}

export interface Expected {
  root: string
  /** Distance by id. */
  nodes: Map<string, number>
  /** `relation from to`, sorted. */
  edges: string[]
  hidden: number
}

const canonical = ({ nodes }: WholeGraph, id: string): string => {
  const alias = nodes.get(id)?.alias
  return alias ? canonical({ nodes, edges: [] }, alias) : id
}

/**
 * What may be seen of a graph, filtered out of all of it in the plainest way: hop by hop over the list
 * of all edges. `null` where the root is not there, or may not be seen itself.
 */
export function seen(
  graph: WholeGraph,
  { root, direction, depth, kinds }: Question,
): Expected | null {
  const start = canonical(graph, root)
  const may = (id: string) => !kinds || kinds.includes(graph.nodes.get(id)!.kind)
  if (!graph.nodes.has(start) || !may(start)) return null
  const nodes = new Map<string, number>()
  const edges = new Set<string>()
  const hidden = new Set<string>()
  const ways = direction === 'BOTH' ? ['UPSTREAM', 'DOWNSTREAM'] : [direction]
  for (const way of ways) {
    const [near, far] = way === 'UPSTREAM' ? (['from', 'to'] as const) : (['to', 'from'] as const)
    const found = new Map([[start, 0]])
    for (let hop = 0; hop < depth; hop++) {
      for (const edge of graph.edges) {
        if (!LINEAGE.has(edge.relation) && (kinds || edge.relation !== 'BASED_ON')) continue
        if (found.get(edge[near]) !== hop) continue
        if (!may(edge[far])) {
          hidden.add(edge[far])
          continue
        }
        edges.add(`${edge.relation} ${edge.from} ${edge.to}`)
        if (!found.has(edge[far])) found.set(edge[far], hop + 1)
      }
    }
    for (const [id, at] of found) nodes.set(id, Math.min(at, nodes.get(id) ?? at))
  }
  return { root: start, nodes, edges: [...edges].sort(), hidden: hidden.size }
}

/** How far an entity is from the root of a grant, each way that it goes. */
export function placeOf(graph: WholeGraph, { direction, ...grant }: Question, id: string) {
  const ways = direction === 'BOTH' ? ['UPSTREAM', 'DOWNSTREAM'] : [direction]
  return new Map(
    ways.flatMap((way) => {
      const at = seen(graph, { ...grant, direction: way })?.nodes.get(id)
      return at === undefined ? [] : [[way, at] as const]
    }),
  )
}
