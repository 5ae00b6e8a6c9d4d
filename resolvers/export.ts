import { exportBundle } from '../domains/evidence/export.ts'
import type { Position } from '../lineage/position.ts'
import { checkQuestion } from '../lineage/traversal.ts'
import type { Direction } from '../lineage/traversal-texts.ts'
import type { Context } from './context.ts'
import { checkId } from './entity.ts'
import { fieldsOf } from './facet.ts'
import { requireOfLog } from './pin.ts'
import { keyFor } from './record.ts'

/** What an export's body says of its bundle. */
export interface ExportBody {
  question: { root: string; direction: Direction; depth: number }
  asOf: number
  stateSize?: number
  size: number
  records: number
  file: { sha256: string; bytes: number }
  withhold?: string[]
}

/** What is asked for. */
interface ExportArgs {
  root: string
  direction: Direction
  depth: number
  asOf?: number | null
  epoch?: number | null
  withhold?: readonly string[] | null
}

/** An export just made, or made before under the same key. */
export interface Exported {
  id: string
  position: Position
  replayed: boolean
}

export const exportUrl = (id: string) => `/exports/${id}`

export const exportBody = async (
  entity: Parameters<typeof fieldsOf>[0],
  context: Context,
): Promise<Partial<ExportBody>> => (await fieldsOf(entity, context)) as Partial<ExportBody>

/**
 * Exports the answer to a lineage question as a stitched bundle.
 *
 * @throws {Problem} `LINEAGE_ROOT_UNKNOWN`, `LINEAGE_DEPTH_OUT_OF_RANGE`, `EXPORT_TOO_LARGE`,
 *   `EXPORT_WITHHOLD_INVALID`, `EXPORT_WITHHOLD_UNMATCHED`,
 *   `POSITION_NOT_REACHED`, `POSITION_LOST`, `STATE_TOO_OLD`.
 */
export async function makeExport(
  { root, direction, depth, asOf, epoch, withhold }: ExportArgs,
  context: Context,
  place: { key: string | number },
): Promise<Exported> {
  checkId(root)
  checkQuestion({ depth, first: 1 })
  if (asOf != null && epoch != null) await requireOfLog(context.graph, { epoch, seq: asOf })
  const { services, tenant, caller } = context
  const { id, position, replayed } = await exportBundle(services, {
    tenant,
    subject: caller.subject,
    key: keyFor(caller, place),
    root,
    direction,
    depth,
    asOf,
    withhold: withhold ?? [],
  })
  context.pin.reached(position)
  return { id, position, replayed }
}
