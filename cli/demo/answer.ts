import type { Client } from '../client.ts'
import type { TreeEdge, TreeNode } from './tree.ts'

/** The dataset that the demo asks about: what lies upstream of it is most of the food-delivery pipeline. */
export const ROOT = {
  kind: 'Dataset',
  namespace: 'food_delivery',
  name: 'public.popular_orders_day_of_week',
} as const

/** As far upstream as a question may go. */
export const DEPTH = 20

const FIND = `query Find($kind: Kind!, $namespace: String!, $name: String!) {
  entity(kind: $kind, namespace: $namespace, name: $name) { id }
}`

const UPSTREAM = `query Upstream($root: ID!, $depth: Int!) {
  lineage(root: $root, direction: UPSTREAM, depth: $depth) {
    nodes { distance entity { id kind name } }
    edges { relation from to }
    total
    truncated
    position
  }
}`

interface UpstreamData {
  lineage: {
    nodes: { distance: number; entity: TreeNode }[]
    edges: TreeEdge[]
    total: number
    truncated: boolean
    position: string
  }
}

/** The id of the demo's dataset: each tenant has its own. */
export async function findRoot(client: Client): Promise<string> {
  const { entity } = await client.graphql<{ entity: { id: string } | null }>(FIND, ROOT)
  if (!entity) throw new Error(`the server does not know the dataset ${ROOT.name}`)
  return entity.id
}

/** What lies upstream of it, as GraphQL answers. */
export async function askUpstream(client: Client, root: string) {
  const { lineage } = await client.graphql<UpstreamData>(UPSTREAM, { root, depth: DEPTH })
  const nodes = lineage.nodes.map((node) => node.entity)
  return { ...lineage, nodes, hops: Math.max(...lineage.nodes.map((node) => node.distance)) }
}

const EXPORT = `mutation Export($root: ID!, $depth: Int!) {
  exportBundle(root: $root, direction: UPSTREAM, depth: $depth) { url }
}`

/** The same answer as a bundle: recorded as an export, and fetched. */
export async function exportUpstream(client: Client, root: string) {
  const variables = { root, depth: DEPTH }
  const { exportBundle } = await client.graphql<{ exportBundle: { url: string } }>(
    EXPORT,
    variables,
  )
  const { url } = exportBundle
  return { url, bytes: await client.get(url) }
}
