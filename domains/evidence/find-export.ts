import type { Objects, StoredObject } from '../../core/objects.ts'
import { erasedAmong } from '../../lineage/erasures.ts'
import type { Ask } from '../../lineage/graph.ts'
import { query } from '../../lineage/graph.ts'
import { exportErased, exportLost, exportUnknown } from './problems.ts'

const EXPORT_FILE = query<{ fields: string | null; erased: number | null }>(`
  // file of an export
  MATCH (e:Entity:Export {tenant: $tenant, id: $id})
  MATCH (record:Record {tenant: $tenant, seq: e.seq})
  RETURN record.fields AS fields, record.erased AS erased`)

/** An export's file, to be streamed. */
export interface ExportFile extends StoredObject {
  sha256: string
}

/**
 * Finds the file of an export of this tenant.
 *
 * @throws {Problem} `EXPORT_UNKNOWN`, also for another tenant's; `EXPORT_LOST` where the record is
 *   there and the file is not; `EXPORT_ERASED` where a body in it has been erased since, whether or
 *   not the file is gone already.
 */
export async function findExport(ask: Ask, objects: Objects, id: string): Promise<ExportFile> {
  const [row] = await ask(EXPORT_FILE, { id })
  if (row?.erased != null) throw exportErased(id, row.erased)
  const fields = JSON.parse(row?.fields ?? '{}') as { file?: { sha256: string }; holds?: number[] }
  const [erased] = await erasedAmong(ask, fields.holds ?? [])
  if (erased) throw exportErased(id, erased.by)
  if (!fields.file) throw exportUnknown()
  const found = await objects.get(fields.file.sha256)
  if (!found) throw exportLost(id)
  return { sha256: fields.file.sha256, ...found }
}
