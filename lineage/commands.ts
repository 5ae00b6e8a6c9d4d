import { type Ask, query, serviceQuery } from './graph.ts'

/** What is kept of a command that was carried out: positions, never answers (docs/specs/log.md). */
export interface CommandRow {
  principal: string
  key: string
  /** The hash of the request, so that the same key with another request is told apart. */
  request: string
  /** For each outcome in order: the entity, its record's position and version, and whether it is new. */
  ids: string[]
  seqs: number[]
  versions: number[]
  changed: boolean[]
  size: number
  at: string
}

const FIND_COMMANDS = query<CommandRow>(`
  // commands by key
  UNWIND $keys AS wanted
  MATCH (c:Command {tenant: $tenant, principal: wanted.principal, key: wanted.key})
  RETURN c.principal AS principal, c.key AS key, c.request AS request, c.ids AS ids, c.seqs AS seqs,
    c.versions AS versions, c.changed AS changed, c.size AS size, c.at AS at`)

const SAVE_COMMANDS = query(`
  // save commands
  UNWIND $commands AS row
  CREATE (c:Command {tenant: $tenant, principal: row.principal, key: row.key}) SET c += row`)

const FORGET_COMMANDS = query<{ forgotten: number }>(`
  // forget old commands
  MATCH (c:Command {tenant: $tenant}) WHERE c.at < $before
  WITH c LIMIT 10000 DETACH DELETE c
  RETURN count(*) AS forgotten`)

const OVERDUE = serviceQuery<{ name: string }>(`
  // tenants with old commands
  MATCH (entry:TenantEntry {tenant: $tenant})
  WHERE EXISTS { MATCH (c:Command {tenant: entry.name}) WHERE c.at < $before }
  RETURN entry.name AS name`)

export const findCommands = (ask: Ask, keys: readonly { principal: string; key: string }[]) =>
  ask(FIND_COMMANDS, { keys })

export const saveCommands = (ask: Ask, commands: readonly CommandRow[]) =>
  ask(SAVE_COMMANDS, { commands })

/** Deletes commands older than the instant `before`, at most 10,000 at a time; says how many. */
export const forgetCommands = async (ask: Ask, before: string) =>
  (await ask(FORGET_COMMANDS, { before }))[0]?.forgotten ?? 0

/** The tenants that have such commands; asked in the scope of the service. */
export const tenantsWithCommands = async (ask: Ask, before: string) =>
  (await ask(OVERDUE, { before })).map(({ name }) => name)
