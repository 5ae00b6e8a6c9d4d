import { changeRows } from '../../lineage/changes.ts'
import type { Graph } from '../../lineage/graph.ts'
import type { Kind } from '../../lineage/kinds.ts'
import { formatPosition, isOfLog } from '../../lineage/position.ts'
import { pageOutOfRange, positionLost } from '../../lineage/problems.ts'
import { checkQuestion } from '../../lineage/traversal.ts'
import { parseLeaf, type RecordHeader } from '../../proofs/leaf.ts'
import type { ChangesAsked, ChangesPage, RecordedChange } from './changes.ts'
import { changesUnder } from './under.ts'

/** The most changes on a page: each may have a header of 65,535 bytes. */
export const MOST_CHANGES = 200

/** How many leaves are looked through for one page. */
const STRETCH = 2_000

/**
 * Reads what was recorded from a position on, a page at a time: each record once, in the order of the
 * log, none left out. Told is what is applied in full (docs/decisions/0007), so that whoever goes on
 * after `through` misses nothing, whichever server he asks and however many write. Records of entities
 * are changes; keys, states and epochs of the log are passed over.
 *
 * Whether a change lies under a root is decided by the log alone, whenever it is asked: where its
 * entity belongs to the lineage of the root just before the record, or just after it.
 *
 * @returns `undefined` where there is no such tenant. A page may be empty, and have one after it.
 * @throws {Problem} `POSITION_LOST` where a restore has cut off what was seen;
 *   `LINEAGE_PAGE_OUT_OF_RANGE`, `LINEAGE_DEPTH_OUT_OF_RANGE`.
 */
export async function readChanges(
  { read }: Pick<Graph, 'read'>,
  { after, first, kinds = null, under = null }: ChangesAsked,
): Promise<ChangesPage | undefined> {
  if (!Number.isInteger(first) || first < 1 || first > MOST_CHANGES) {
    throw pageOutOfRange(first, MOST_CHANGES)
  }
  if (under) checkQuestion({ depth: under.depth, first: 1 })
  const stretch = { from: after.seq, to: after.seq + STRETCH, first }
  // What changes the lineage of a root may be of any kind.
  const found = await changeRows(read, { ...stretch, kinds: under ? null : kinds })
  if (!found) return undefined
  if (!isOfLog(after, found)) throw positionLost(formatPosition(after), found.epoch)
  const { epoch } = found
  const all = found.rows.map(
    ({ seq, namespace, name, erased, erasure, ...row }): RecordedChange => {
      const header = parseLeaf(row.header) as RecordHeader
      const entity = { id: header.id, kind: header.kind as Kind, namespace, name }
      return { position: { epoch, seq: seq + 1 }, header, entity, erased, erasure }
    },
  )
  const isFull = all.length === first
  const looked = isFull ? all.at(-1)!.position.seq : Math.min(stretch.to, found.n)
  const end = { epoch, seq: Math.max(found.n, after.seq) }
  if (!under) return { changes: all, through: { epoch, seq: Math.max(looked, after.seq) }, end }
  const { seqs, stopped } = await changesUnder(
    read,
    under,
    all.map(({ header }) => header),
  )
  return {
    changes: all.filter(
      ({ header, entity }) => seqs.has(header.seq) && (kinds?.includes(entity.kind) ?? true),
    ),
    through: { epoch, seq: Math.max(stopped ?? looked, after.seq) },
    end,
  }
}
