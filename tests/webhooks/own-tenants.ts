import type { Patience } from '../../domains/webhooks/after.ts'
import { type Database, type Params, type Query, SERVICE } from '../../lineage/graph.ts'
import { parseProxies } from '../../server/proxies.ts'

/** The receivers of tests listen on loopback. */
export const LOOPBACK = parseProxies('127.0.0.0/8,::1')!

/** No test waits as long as an endpoint in need does. */
export const SOON: Patience = { attempts: 3, firstMs: 20, mostMs: 100, failingMs: 3_600_000 }

/**
 * The database, where the deliverer finds the webhooks of some tenants alone: other files' servers share
 * it, and deliver for all that are listed. So these are on no list, and looked for by name.
 */
export const ofThese = (database: Database, tenants: readonly string[]): Database => ({
  ...database,
  graph(tenant, until) {
    const graph = database.graph(tenant, until)
    if (tenant !== SERVICE) return graph
    return {
      ...graph,
      read: <Row>(query: Query<Row>, params: Params = {}) => {
        const text = query.text.replace(
          'MATCH (entry:TenantEntry {tenant: $tenant})',
          'UNWIND $tenants AS name WITH {name: name} AS entry',
        )
        return graph.read({ ...query, text }, { ...params, tenants })
      },
    }
  },
})
