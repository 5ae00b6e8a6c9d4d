import { type Ask, query, serviceQuery } from './graph.ts'

const TENANTS = query<{ name: string }>(`
  // tenants by name
  MATCH (entry:TenantEntry {tenant: $tenant}) WHERE entry.name > $after
  RETURN entry.name AS name ORDER BY name LIMIT toInteger($first)`)

const ENTER = query(`
  // enter a tenant
  MERGE (entry:TenantEntry {tenant: $service, name: $tenant}) SET entry.lock = $lock`)

const UNSIGNED = serviceQuery<{ name: string }>(`
  // tenants whose log goes beyond its checkpoint
  MATCH (entry:TenantEntry {tenant: $tenant})
  MATCH (log:Log {tenant: entry.name}) WHERE log.size > coalesce(log.signed, 0)
  RETURN entry.name AS name`)

const ACTORS = query<{ subject: string; actor: string }>(`
  // actors by subject
  UNWIND $rows AS row
  MERGE (a:Actor {tenant: $tenant, subject: row.subject})
  ON CREATE SET a.actor = row.actor
  RETURN a.subject AS subject, a.actor AS actor`)

/**
 * Lists the tenant among those of the service, and locks that entry until the transaction ends: of two
 * foundings at once the second finds the log of the first.
 */
export const enterTenant = (ask: Ask) => ask(ENTER, { lock: crypto.randomUUID() })

/** The names of up to `first` tenants after `after`, in order; asked in the scope of the service. */
export const tenantNames = async (ask: Ask, { after = '', first = 1_000 }) =>
  (await ask(TENANTS, { after, first })).map(({ name }) => name)

/** The tenants with leaves that no published checkpoint covers; asked in the scope of the service. */
export const unsignedTenants = async (ask: Ask) => (await ask(UNSIGNED)).map(({ name }) => name)

/**
 * The pseudonym of each subject, which is what headers carry. `proposed` is kept for a subject that
 * has none yet; the mapping is stored apart from the log, so that it can be erased.
 */
export const actorsOf = async (ask: Ask, proposed: ReadonlyMap<string, string>) => {
  const rows = [...proposed].map(([subject, actor]) => ({ subject, actor }))
  const actors = await ask(ACTORS, { rows })
  return new Map(actors.map(({ subject, actor }) => [subject, actor]))
}
