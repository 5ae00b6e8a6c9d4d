import type { Ask } from '../../lineage/graph.ts'
import { rootUnknown } from '../../lineage/problems.ts'
import { type RecordSlice, recordsAsOf } from '../../lineage/record-slice.ts'
import { checkQuestion, MOST_NODES, type Question, readLineage } from '../../lineage/traversal.ts'
import { bodiesTooLarge, exportTooLarge } from './problems.ts'

/** A bundle of more records than this is refused: its verifier would need more memory than a browser has. */
export const MOST_RECORDS = 10_000

/** The most characters of all bodies together; a verifier reads one entry of at most 64 MiB. */
export const MOST_TEXT = 32_000_000
const RECORDS_A_READ = 250

/** The records that answer a question, as they were in force at one position. */
export interface Slice {
  /** The canonical root, where an alias was asked for. */
  root: string
  asOf: number
  records: RecordSlice[]
}

/**
 * Reads the whole answer to a lineage question at one position.
 *
 * @throws {Problem} `LINEAGE_ROOT_UNKNOWN`, `EXPORT_TOO_LARGE`, `LINEAGE_DEPTH_OUT_OF_RANGE`.
 */
export async function readSlice(ask: Ask, question: Question): Promise<Slice> {
  checkQuestion({ depth: question.depth, first: MOST_NODES })
  const ids: string[] = []
  let after: { distance: number; id: string } | undefined
  let asOf: number | null = null
  let root: string | null = null
  for (;;) {
    const page = await readLineage(ask, question, { first: MOST_NODES, after }, asOf)
    if (!page?.root) throw rootUnknown(question.root)
    if (page.total > MOST_RECORDS) throw exportTooLarge(page.total, MOST_RECORDS)
    asOf = page.n
    root = page.root
    ids.push(...page.nodes.map(({ entity }) => entity.id))
    const last = page.nodes.at(-1)
    if (page.beyond === 0 || !last) break
    after = { distance: last.distance, id: last.entity.id }
  }
  return { root, asOf, records: await readRecords(ask, ids, asOf) }
}

/** Reads bodies some at a time, so that what is too much is refused before it is all in memory. */
async function readRecords(ask: Ask, ids: readonly string[], asOf: number): Promise<RecordSlice[]> {
  const records: RecordSlice[] = []
  let text = 0
  for (let from = 0; from < ids.length; from += RECORDS_A_READ) {
    const some = await recordsAsOf(ask, ids.slice(from, from + RECORDS_A_READ), asOf)
    text += some.reduce((sum, { fields }) => sum + (fields?.length ?? 0), 0)
    if (text > MOST_TEXT) throw bodiesTooLarge(MOST_TEXT)
    records.push(...some)
  }
  return records.sort((a, b) => a.seq - b.seq)
}
