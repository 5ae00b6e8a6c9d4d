import { tenantUnknown } from '../../ledger/problems.ts'
import { type Graph, query } from '../../lineage/graph.ts'
import { readLog } from '../../lineage/log.ts'
import type { ErasureBody } from './erasure.ts'

/** An erasure as an operator looks at it. */
export type Listed = { id: string; at: string } & Partial<ErasureBody>

const ERASURES = query<{ id: string; at: string; fields: string | null }>(`
  // erasures with their bodies
  MATCH (e:Entity {tenant: $tenant}) WHERE e.id STARTS WITH 'urn:selvedge:erasure:'
  MATCH (told:Record {tenant: $tenant, seq: e.seq})
  MATCH (first:Record {tenant: $tenant, seq: e.first})
  RETURN e.id AS id, first.at AS at, told.fields AS fields ORDER BY e.first`)

/**
 * Every erasure of a tenant, the oldest first.
 *
 * @throws {Problem} `TENANT_UNKNOWN`
 */
export async function listErasures({ tenant, read }: Graph): Promise<Listed[]> {
  if (!(await readLog(read))) throw tenantUnknown(tenant)
  const rows = await read(ERASURES)
  return rows.map(({ id, at, fields }) => {
    const { ground, reason, status, pendingUntil, confirmedAt, ...what } = JSON.parse(
      fields ?? '{}',
    ) as Partial<ErasureBody>
    const { entity, records, by, actor } = what
    return { id, at, ground, reason, status, pendingUntil, confirmedAt, entity, records, by, actor }
  })
}
