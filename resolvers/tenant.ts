import { SERVICE } from '../lineage/graph.ts'
import { tenantNames } from '../lineage/tenants.ts'
import type { Context } from './context.ts'
import { spendPage } from './entity.ts'
import { keyFor } from './record.ts'

export interface TenantEntry {
  name: string
}

export async function listTenants(
  { first, after }: { first: number; after?: string | null },
  context: Context,
): Promise<TenantEntry[]> {
  spendPage(first, context)
  const { read } = context.services.database.graph(SERVICE)
  const names = await tenantNames(read, { first, after: after ?? '' })
  return names.map((name) => ({ name }))
}

/** @throws {Problem} `TENANT_NAME_INVALID`, `TENANT_EXISTS`. */
export async function createTenant(
  { name }: { name: string },
  { services, caller }: Context,
  path: { key: string | number },
): Promise<TenantEntry> {
  const { subject } = caller
  await services.ledger.createTenant({ tenant: name, subject, key: keyFor(caller, path) })
  return { name }
}
