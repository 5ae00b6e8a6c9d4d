import { type Ask, query, serviceQuery } from './graph.ts'
import { OPEN } from './kinds.ts'

/** Two entities that turned out to be one, whose downstream entities are being moved over. */
export interface MergeRow {
  /** The entity that is going to be another name of the canonical one. */
  alias: string
  canonical: string
  /** How many parts of the work are done. */
  part: number
}

/** Which two entities are being joined. */
export type MergedNames = Pick<MergeRow, 'alias' | 'canonical'>

/** What a command does about a merge. */
export type MergeStep =
  | { step: 'begin'; alias: string; canonical: string }
  | { step: 'advance' | 'end'; alias: string }

/** The same with the position of the command's last record, or of the last before it where it has none. */
export type DatedStep = MergeStep & { at: number }

const OPEN_MERGES = query<MergeRow>(`
  // merges under way
  MATCH (m:Merge {tenant: $tenant}) WHERE m.alias >= '' AND m.until = ${OPEN}
  RETURN m.alias AS alias, m.canonical AS canonical, m.part AS part ORDER BY m.since, m.alias`)

const MERGING = serviceQuery<{ name: string }>(`
  // tenants with merges under way
  MATCH (entry:TenantEntry {tenant: $tenant})
  MATCH (log:Log {tenant: entry.name}) WHERE log.merges > 0
  RETURN entry.name AS name`)

const MERGES_OF = query<MergedNames>(`
  // merges of entities at a position
  MATCH (m:Merge {tenant: $tenant})
  WHERE (m.alias IN $ids OR m.canonical IN $ids) AND m.since < $n AND m.until >= $n
  RETURN m.alias AS alias, m.canonical AS canonical ORDER BY m.since, m.alias`)

const SAVE_MERGES = query(`
  // save the steps of merges
  MATCH (log:Log {tenant: $tenant})
  FOREACH (row IN $begun | CREATE (m:Merge {tenant: $tenant, alias: row.alias, canonical: row.canonical,
    since: row.at, until: ${OPEN}, part: 0}))
  WITH log, coalesce(log.merges, 0) + size($begun) - size($ended) AS merges
  SET log.merges = CASE merges WHEN 0 THEN null ELSE merges END
  WITH log
  UNWIND $advanced AS alias
  MATCH (m:Merge {tenant: $tenant, alias: alias}) SET m.part = m.part + 1`)

const END_MERGES = query(`
  // end merges
  UNWIND $ended AS row
  MATCH (m:Merge {tenant: $tenant, alias: row.alias}) SET m.until = row.at`)

const OWNERS = query<{ id: string; text: number }>(`
  // owners of in-edges in force
  MATCH (e:Entity {tenant: $tenant, id: $id})<-[x]-(owner)
  WHERE x.until = ${OPEN} AND type(x) <> 'ALIAS_OF' AND owner.tenant = $tenant AND NOT owner.id IN $except
  WITH DISTINCT owner ORDER BY owner.id LIMIT toInteger($first)
  OPTIONAL MATCH (record:Record {tenant: $tenant, seq: owner.seq})
  RETURN owner.id AS id, size(coalesce(record.fields, '')) AS text`)

/** The tenant's merges under way, oldest first. */
export const openMerges = (ask: Ask) => ask(OPEN_MERGES)

/** The tenants that have any; asked in the scope of the service. */
export const mergingTenants = async (ask: Ask) => (await ask(MERGING)).map(({ name }) => name)

/** The merges that any of the entities took part in at `n`, be it as either. */
export const mergesOf = (ask: Ask, ids: readonly string[], n: number) => ask(MERGES_OF, { ids, n })

/** Keeps what a transaction did about merges; the log counts those under way. */
export async function saveMerges(ask: Ask, steps: readonly DatedStep[]) {
  if (steps.length === 0) return
  const begun = steps.filter((step) => step.step === 'begin')
  const ended = steps.filter((step) => step.step === 'end')
  const advanced = steps.filter((step) => step.step === 'advance').map(({ alias }) => alias)
  await ask(SAVE_MERGES, { begun, ended, advanced })
  if (ended.length > 0) await ask(END_MERGES, { ended })
}

/** Up to `first` entities with an edge in force to this one, in the order of their ids, and how long their bodies are. */
export const ownersOf = (
  ask: Ask,
  asked: { id: string; except: readonly string[]; first: number },
) => ask(OWNERS, asked)
