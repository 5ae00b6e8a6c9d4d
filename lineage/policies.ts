import { type Ask, type Graph, query } from './graph.ts'
import { lockLog } from './log.ts'
import { IS_POLICY, LOG_NOW, type LogState } from './position.ts'

/** A policy in force, with the fields of its record as JSON text. */
export interface PolicyRow {
  id: string
  name: string
  version: number
  seq: number
  at: string
  fields: string
}

const STATE = query<LogState>(`
  // version of the policies
  MATCH (log:Log {tenant: $tenant})
  RETURN ${LOG_NOW}`)

const IN_FORCE = query<PolicyRow>(`
  // policies in force
  MATCH (p:Entity {tenant: $tenant})
    WHERE ${IS_POLICY} AND p.action = 'assert' AND p.erased IS NULL
  MATCH (record:Record {tenant: $tenant, seq: p.seq})
  RETURN p.id AS id, p.name AS name, p.version AS version, p.seq AS seq, record.at AS at,
    coalesce(record.fields, '{}') AS fields
  ORDER BY name`)

/** The version where a tenant has never had a policy of its own. */
export const NO_POLICIES = 'none'

/** Reads the state of the log with what it says of the policies; `undefined` where there is no such tenant. */
export async function policiesState(ask: Ask): Promise<LogState | undefined> {
  const [row] = await ask(STATE)
  return row
}

/**
 * Which policies of a tenant are in force: another text for others. Every change of a policy is a
 * record after all others, so the last one tells which state it is.
 */
export function policiesVersion(state: LogState | undefined): string {
  const [count, last] = state?.policies?.[0] ?? [0, null]
  return state === undefined || count === 0 ? NO_POLICIES : `${state.epoch}:${count}:${last}`
}

/**
 * Reads the policies in force, with their version. Under the log's lock: a commit is applied piece by
 * piece, and policies that were read halfway would be taken for whole for as long as they stay.
 */
export const policiesInForce = (graph: Graph) =>
  graph.write(async ({ run }) => {
    await lockLog(run)
    const [state, policies] = await Promise.all([policiesState(run), run(IN_FORCE)])
    return { version: policiesVersion(state), policies }
  })
