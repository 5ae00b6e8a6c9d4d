import { type Ask, type Database, query, SERVICE, serviceQuery } from './graph.ts'
import { inIndexOrder } from './index-order.ts'

const TENANTS = query<{ name: string }>(`
  // tenants by name
  MATCH (entry:TenantEntry {tenant: $tenant}) WHERE entry.name > $after
  RETURN entry.name AS name
  ${inIndexOrder('entry', ['tenant', 'name'], 'ASC')} LIMIT toInteger($first)`)

const ENTER = query(`
  // enter a tenant
  MERGE (entry:TenantEntry {tenant: $service, name: $tenant}) SET entry.lock = $lock`)

const UNSIGNED = serviceQuery<{ name: string }>(`
  // tenants whose log goes beyond its checkpoint, or has no state record yet
  MATCH (entry:TenantEntry {tenant: $tenant})
  MATCH (log:Log {tenant: entry.name}) WHERE log.size > coalesce(log.signed, 0) OR log.stateSize IS NULL
  RETURN entry.name AS name`)

/** Found by an index that has these logs alone, so that thousands of idle ones cost nothing. */
const GROWN = serviceQuery<{ name: string }>(`
  // tenants whose log has grown since its checkpoint
  MATCH (log:Log) USING INDEX log:Log(unsigned) WHERE log.unsigned = true AND log.size > coalesce(log.signed, 0)
  MATCH (entry:TenantEntry {tenant: $tenant, name: log.tenant})
  RETURN entry.name AS name`)

const ACTORS = query<{ subject: string; actor: string }>(`
  // actors by subject
  UNWIND $subjects AS subject
  MATCH (a:Actor {tenant: $tenant, subject: subject})
  RETURN a.subject AS subject, a.actor AS actor`)

const SAVE_ACTORS = query(`
  // save actors
  UNWIND $actors AS row
  CREATE (a:Actor {tenant: $tenant, subject: row.subject, actor: row.actor})`)

/**
 * Lists the tenant among those of the service, and locks that entry until the transaction ends: of two
 * foundings at once the second finds the log of the first.
 */
export const enterTenant = (ask: Ask) => ask(ENTER, { lock: crypto.randomUUID() })

/** The names of up to `first` tenants after `after`, in order; asked in the scope of the service. */
export const tenantNames = async (ask: Ask, { after, first }: { after: string; first: number }) =>
  (await ask(TENANTS, { after, first })).map(({ name }) => name)

const NAMES_A_PAGE = 1_000

/** The names of all tenants, in order. */
export async function* allTenants(database: Database): AsyncGenerator<string> {
  for (let after = ''; ; ) {
    const names = await tenantNames(database.graph(SERVICE).read, { after, first: NAMES_A_PAGE })
    yield* names
    if (names.length < NAMES_A_PAGE) return
    after = names.at(-1)!
  }
}

/**
 * The tenants with leaves that no published checkpoint covers, and those whose log was made before
 * there were state records; asked in the scope of the service.
 */
export const unsignedTenants = async (ask: Ask) => (await ask(UNSIGNED)).map(({ name }) => name)

/** The former alone, of logs to which a release that notes it has appended; asked likewise. */
export const grownTenants = async (ask: Ask) => (await ask(GROWN)).map(({ name }) => name)

/**
 * The pseudonyms that subjects have, which is what headers carry. The mapping is stored apart from the
 * log, so that it can be erased.
 */
export const readActors = async (ask: Ask, subjects: Iterable<string>) => {
  const rows = await ask(ACTORS, { subjects: [...new Set(subjects)] })
  return new Map(rows.map(({ subject, actor }) => [subject, actor]))
}

/** Keeps the pseudonyms of subjects that had none. */
export const saveActors = async (ask: Ask, actors: ReadonlyMap<string, string>) => {
  if (actors.size === 0) return
  await ask(SAVE_ACTORS, { actors: [...actors].map(([subject, actor]) => ({ subject, actor })) })
}
