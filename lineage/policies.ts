import { type Ask, type Graph, query } from './graph.ts'
import { lockLog } from './log.ts'
import { APPLIED, type LogState } from './position.ts'

/** Which policies of a tenant are in force: another text for others. */
export interface PoliciesVersion extends LogState {
  version: string
}

/** A policy in force, with the fields of its record as JSON text. */
export interface PolicyRow {
  id: string
  name: string
  version: number
  seq: number
  at: string
  fields: string
}

/** Every change of a policy is a record after all others, so the last one tells which state it is. */
const VERSION = query<LogState & { count: number; last: number | null }>(`
  // version of the policies
  MATCH (log:Log {tenant: $tenant})
  OPTIONAL MATCH (p:Entity {tenant: $tenant})
    WHERE p.id > 'urn:selvedge:policy:' AND p.id < 'urn:selvedge:policy;'
  WITH log, count(p) AS count, max(p.seq) AS last
  RETURN ${APPLIED} AS size, log.epoch AS epoch, coalesce(log.kept, []) AS kept, count, last`)

const POLICIES = query<PolicyRow>(`
  // policies in force
  MATCH (p:Entity {tenant: $tenant})
    WHERE p.id > 'urn:selvedge:policy:' AND p.id < 'urn:selvedge:policy;'
      AND p.action = 'assert' AND p.erased IS NULL
  MATCH (record:Record {tenant: $tenant, seq: p.seq})
  RETURN p.id AS id, p.name AS name, p.version AS version, p.seq AS seq, record.at AS at,
    coalesce(record.fields, '{}') AS fields
  ORDER BY name`)

/** The version where a tenant has never had a policy of its own. */
export const NO_POLICIES = 'none'

/** Reads which policies are in force; `undefined` where there is no such tenant. */
export async function policiesVersion(ask: Ask): Promise<PoliciesVersion | undefined> {
  const [row] = await ask(VERSION)
  if (!row) return undefined
  const { count, last, ...state } = row
  return { ...state, version: count === 0 ? NO_POLICIES : `${row.epoch}:${count}:${last}` }
}

/**
 * Reads the policies in force, with their version. Under the log's lock: a commit is applied piece by
 * piece, and policies that were read halfway would be taken for whole for as long as they stay.
 */
export const policiesInForce = (graph: Graph) =>
  graph.write(async ({ run }) => {
    await lockLog(run)
    const [found, policies] = await Promise.all([policiesVersion(run), run(POLICIES)])
    return { version: found?.version ?? NO_POLICIES, policies }
  })
