import type { Ask } from '../../lineage/graph.ts'
import { rootUnknown } from '../../lineage/problems.ts'
import { type RecordSlice, recordsAsOf } from '../../lineage/record-slice.ts'
import { checkQuestion, MOST_NODES, type Question, readLineage } from '../../lineage/traversal.ts'
import { bodiesTooLarge, exportTooLarge } from './problems.ts'

/**
 * What one bundle holds at most: records, for its verifier would otherwise need more memory than a
 * browser has, and characters of all bodies together, for a verifier reads a line of at most 64 MiB.
 */
export const EXPORT_LIMITS = { records: 10_000, text: 32_000_000 }
/** How many records are read at a time: their bodies may be large. */
export const RECORDS_A_READ = 250

/** How far an export is: what it does, and how much of that is done. */
export interface ExportStep {
  stage: 'lineage' | 'records' | 'proof' | 'bundle'
  done: number
  of: number
}

export type TellExport = (step: ExportStep) => void

/** The records that answer a question, as they were in force at one position. */
export interface Slice {
  /** The canonical root, where an alias was asked for. */
  root: string
  records: RecordSlice[]
}

/**
 * Reads the whole answer to a lineage question at position `at`.
 *
 * @throws {Problem} `LINEAGE_ROOT_UNKNOWN`, `EXPORT_TOO_LARGE`, `LINEAGE_DEPTH_OUT_OF_RANGE`.
 */
export async function readSlice(
  ask: Ask,
  question: Question,
  at: number,
  tell: TellExport = () => {},
  limits = EXPORT_LIMITS,
): Promise<Slice> {
  checkQuestion({ depth: question.depth, first: MOST_NODES })
  const ids: string[] = []
  let after: { distance: number; id: string } | undefined
  let root: string | null = null
  for (;;) {
    const page = await readLineage(ask, question, { first: MOST_NODES, after }, at)
    if (!page?.root) throw rootUnknown(question.root)
    if (page.total > limits.records) throw exportTooLarge(page.total, limits.records)
    root = page.root
    ids.push(...page.nodes.map(({ entity }) => entity.id))
    tell({ stage: 'lineage', done: ids.length, of: page.total })
    const last = page.nodes.at(-1)
    if (page.beyond === 0 || !last) break
    after = { distance: last.distance, id: last.entity.id }
  }
  return { root, records: await readRecords(ask, { ids, at, most: limits.text, tell }) }
}

/** Reads bodies some at a time, so that what is too much is refused before it is all in memory. */
async function readRecords(
  ask: Ask,
  { ids, at, most, tell }: { ids: string[]; at: number; most: number; tell: TellExport },
): Promise<RecordSlice[]> {
  const records: RecordSlice[] = []
  let text = 0
  for (let from = 0; from < ids.length; from += RECORDS_A_READ) {
    const some = await recordsAsOf(ask, ids.slice(from, from + RECORDS_A_READ), at)
    text += some.reduce((sum, { fields }) => sum + (fields?.length ?? 0), 0)
    if (text > most) throw bodiesTooLarge(most)
    records.push(...some)
    tell({ stage: 'records', done: records.length, of: ids.length })
  }
  return records.sort((a, b) => a.seq - b.seq)
}
